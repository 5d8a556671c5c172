import Basics
import Glibc
import Posix
import TestSupport
import Testing

/// Ten thousand pictures into one folder, and a run that is killed on the way.
@Suite struct ManySnapshotsTests {
  private func pictures(in folder: String) throws -> [String] {
    try listFolder(folder).filter { $0.hasSuffix(".jpg") && !$0.hasPrefix(".") }
  }

  @Test func aKilledRunLeavesWholePicturesAndTheNextMakesTheRest() throws {
    let folder = try TemporaryFolder()
    var video = CodedVideo()
    (video.seconds, video.slice) = (1000, 20)
    try video.make(in: folder.path("archive"))
    let out = folder.path("out")
    let words = [
      "snapshot", folder.path("archive"), "-o", out, "--interval", "0.1", "--width", "128",
    ]
    let first = try ChildProcess(Products.rushes, words)
    let hasBegun = try Wait.until(atMost: 120) {
      isFolder(out) ? try pictures(in: out).count > 2000 : false
    }
    #expect(hasBegun && first.isRunning)
    first.send(SIGKILL)
    #expect(try first.wait(seconds: 10).signal == SIGKILL)
    let before = try pictures(in: out)
    #expect(before.count > 2000 && before.count < 10_000)
    var stamps: [String: Int64] = [:]
    for name in before {
      let bytes = try readFile("\(out)/\(name)")
      #expect(bytes.starts(with: [0xff, 0xd8]) && bytes.suffix(2) == [0xff, 0xd9], "\(name)")
      stamps[name] = fileChanged("\(out)/\(name)")
    }
    let second = try run(Products.rushes, words, seconds: 300)
    #expect(second.end.isSuccess, "\(second.standardError)")
    #expect(try pictures(in: out).count == 10_000)
    let changed = before.filter { fileChanged("\(out)/\($0)") != stamps[$0] }
    #expect(changed == [])
    #expect(try listFolder(out).filter { $0.hasSuffix(".part") } == [])
    let report = try Files.text("\(out)/rushes-report.json")
    #expect(report.split(separator: "\n").filter { $0.contains("\"sha256\"") }.count == 10_000)
  }
}
