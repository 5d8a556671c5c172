import Basics
import Posix
import TestSupport
import Testing

/// `rushes convert` on files of several kinds.
@Suite struct ConvertTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a", "b"] { try makeFolder(folder.path(name)) }
    var clip = Clip(.h264, .aac, seconds: 2)
    (clip.width, clip.height, clip.frameRate) = (64, 64, 10)
    try clip.make(at: folder.path("a/talk.ts"))
    try clip.make(at: folder.path("b/talk.mkv"))
    clip.video = .vp8
    clip.audio = .opus
    try clip.make(at: folder.path("web.webm"))
    _ = try folder.write("bad.ts", "no media")
  }

  private func convert(_ words: String...) throws -> (code: Int32?, error: String) {
    let result = try run(Products.rushes, ["convert"] + words, folder: folder.path)
    return (result.end.exitCode, result.standardError)
  }

  private func made(in name: String) throws -> [String] {
    try listFolder(folder.path(name)).filter { !$0.hasPrefix(".") && !$0.hasSuffix(".json") }
  }

  @Test func everyFileGetsItsNameAndOneThatFailsStopsNoOther() throws {
    let result = try convert(
      "a/talk.ts", "bad.ts", "b/talk.mkv", "web.webm", "-o", "out", "--format", "mp4")
    #expect(result.code == 65)
    #expect(result.error.contains("bad.ts"))
    #expect(try made(in: "out") == ["talk.mp4", "talk_2.mp4", "web.mp4"])
    for name in try made(in: "out") {
      let content = try Content(folder.path("out/\(name)"))
      #expect(content.flashes.count == 2 && content.complaints == [], "\(name)")
      #expect(content.largestOffset.map { $0 < 0.02 } == true, "\(name)")
    }
    let report = try Files.text(folder.path("out/rushes-report.json"))
    #expect(report.contains("\"picturesEncoded\": 0"))
  }

  @Test func soundIsCopiedWhereTheFormatHoldsIt() throws {
    #expect(try convert("a/talk.ts", "-o", "talk.m4a").code == 0)
    #expect(try convert("a/talk.ts", "-o", "talk.mp3").code == 0)
    for (name, codec) in [("talk.m4a", "aac"), ("talk.mp3", "mp3")] {
      let probe = try Probe(folder.path(name))
      #expect(probe.streams.map(\.codec) == [codec])
      #expect(abs(probe.duration - 2) < 0.1, "\(name) lasts \(probe.duration) s")
    }
  }

  @Test func thePictureOfAFileIsItsFirst() throws {
    #expect(try convert("web.webm", "-o", "web.jpg").code == 0)
    let probe = try Probe(folder.path("web.jpg"))
    #expect(probe.streams.map(\.codec) == ["mjpeg"] && probe.streams[0].width == 64)
  }
}
