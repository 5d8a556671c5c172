import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

@Suite struct ManySlicesTests {
  @Test(
    .enabled(
      if: environment("RUSHES_SANITIZED") == nil,
      "AddressSanitizer's own memory is many times what is measured here"))
  func `Ten thousand slices need few files and little memory`() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("1", [.init(start: 0, slices: 5000)])
    sender.length = 8
    sender.frameRate = 1
    let made = try SessionMaker.make([sender], in: folder.path)
    let begin = steadyNow()
    // More than 64 open files at once would be refused.
    let child = try ChildProcess(
      "sh",
      ["-c", "ulimit -n 64; exec \"$0\" inspect --json --strict \"$1\""]
        + [Products.rushes, made.folder])
    var most = 0
    _ = Wait.until(atMost: 100) {
      let usage = Usage(of: child)
      most = max(most, usage?.residentBytes ?? 0)
      return usage == nil
    }
    let end = try child.wait(seconds: 100)
    print("10 000 slices inspected in \(steadyNow() - begin) s, \(most >> 20) MiB")
    #expect(end.isSuccess, "\(child.standardError)")
    #expect(
      child.standardOutput.contains("\"slices\":5000")
        || child.standardOutput.contains("\"slices\": 5000"))
    #expect(child.standardOutput.contains("40000"))
    #expect(most > 1 << 20)
    #expect(most < 100 << 20)
  }
}
