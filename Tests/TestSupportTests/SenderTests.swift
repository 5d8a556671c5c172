import TestSupport
import Testing

/// Every sender is received by libav's own listener, as it was sent.
@Suite(.serialized) struct SenderTests {
  @Test(arguments: ["srt", "rtmp", "udp", "rtsp"])
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
      case "udp": (["-i", "udp://127.0.0.1:\(port)?timeout=1500000"], .udp(port: port))
      default:
        (
          ["-rtsp_flags", "listen", "-i", "rtsp://127.0.0.1:\(port)/test"],
          .rtsp(port: port, name: "test")
        )
      }
    // Debian 13's program writes AAC that came by RTP into TS files without headers.
    let got = folder.path(protocolName == "rtsp" ? "got.mkv" : "got.ts")
    let listener = try ChildProcess(
      "ffmpeg", ["-nostdin", "-v", "error"] + listen + ["-c", "copy", got])
    try Ports.waitForListener(on: port)
    let sender = try Sender(file, to: target)
    #expect(try sender.process.wait(seconds: 20).isSuccess)
    _ = try listener.wait(seconds: 20)

    let content = try Content(got)
    #expect(content.flashes.count >= 2 && content.beeps.count >= 2)
    // libav's RTSP listener aligns its streams only from their first sender reports on.
    let limit = protocolName == "rtsp" ? 0.2 : Content.promisedOffset
    #expect(try #require(content.largestOffset) < limit)
    for kind in [Elementary.Kind.video, .audio] {
      let whole = try Elementary(kind, of: file)
      // SRT's first packets may come before the listener has taken the connection.
      let part = try Elementary(kind, of: got)
      #expect(part.units.count * 10 >= whole.units.count * 8)
      #expect(part.difference(from: whole) == nil)
    }
  }

  @Test func `RTP arrives by the description written before`() throws {
    let folder = try TemporaryFolder()
    let file = try Clip(.vp8, .opus, seconds: 4).make(in: folder.path)
    let port = try Ports.freeForRTP()
    let description = folder.path("rtp.sdp")
    try Sender.describe(file, port: port, at: description)
    #expect(try Files.text(description).contains("VP8/90000"))
    let got = folder.path("got.webm")
    let receiver = try ChildProcess(
      "ffmpeg",
      ["-nostdin", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-i", description]
        + ["-c", "copy", got])
    try Ports.waitForListener(on: port + 2)
    // The receiver looks at a first signal between packets only, at a second one at once.
    let sender = try Sender(file, to: .rtp(port: port))
    Wait.seconds(3.5)
    receiver.send(2)
    Wait.seconds(0.3)
    receiver.send(2)
    _ = try receiver.wait(seconds: 10)
    try sender.leave()
    for kind in [Elementary.Kind.video, .audio] {
      let difference = try Elementary(kind, of: got).difference(from: Elementary(kind, of: file))
      #expect(difference == nil)
    }
  }

  @Test func `A presentation can be pulled by RTSP, again and again`() throws {
    let folder = try TemporaryFolder()
    let file = try Clip(.h264, .aac, seconds: 4).make(in: folder.path)
    let server = try RTSPServer(file, in: folder)
    for name in ["first.mkv", "second.mkv"] {
      let got = folder.path(name)
      try output(
        of: "ffmpeg", ["-nostdin", "-v", "error", "-i", server.url, "-t", "3", "-c", "copy", got])
      let part = try Elementary(.audio, of: got)
      #expect(part.units.count > 60)
      #expect(part.difference(from: try Elementary(.audio, of: file)) == nil)
      #expect(try Content(got).flashes.count >= 1)
    }
  }
}
