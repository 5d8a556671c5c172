import TestSupport
import Testing

/// Senders are received by libav's own listeners, as they were sent.
///
/// Those by RTP and RTSP are judged by the recorder's tests: not every release of the `ffmpeg` program
/// takes what libavformat's own RTP sender sends.
@Suite(.serialized) struct SenderTests {
  @Test(arguments: ["srt", "rtmp", "udp"])
  func `What is sent arrives`(protocolName: String) throws {
    let folder = try TemporaryFolder()
    let file = try Clip(seconds: 3).make(in: folder.path)
    let port = try Ports.free()
    let (listen, target): ([String], Sender.Target) =
      switch protocolName {
      case "srt": (["-i", "srt://127.0.0.1:\(port)?mode=listener"], .srt(port: port))
      case "rtmp":
        (
          ["-listen", "1", "-i", "rtmp://127.0.0.1:\(port)/live/key"], .rtmp(port: port, key: "key")
        )
      default: (["-i", "udp://127.0.0.1:\(port)?timeout=1500000"], .udp(port: port))
      }
    let got = folder.path("got.ts")
    let listener = try ChildProcess(
      "ffmpeg", ["-nostdin", "-v", "error"] + listen + ["-c", "copy", got])
    try Ports.waitForListener(on: port)
    let sender = try Sender(file, to: target)
    #expect(try sender.process.wait(seconds: 20).isSuccess)
    _ = try listener.wait(seconds: 20)

    let content = try Content(got)
    #expect(content.flashes.count >= 2 && content.beeps.count >= 2)
    #expect(try #require(content.largestOffset) < Content.promisedOffset)
    for kind in [Elementary.Kind.video, .audio] {
      let whole = try Elementary(kind, of: file)
      // SRT's first packets may come before the listener has taken the connection.
      let part = try Elementary(kind, of: got)
      #expect(part.units.count * 10 >= whole.units.count * 8)
      #expect(part.difference(from: whole) == nil)
    }
  }
}
