import Basics
import Posix
import Slices
import TestSupport
import Testing

extension LiveTests {
  @Suite(.serialized) struct AsSentTests {
    /// Nine ways at once: SRT both ways, RTMP both ways, RTP of two kinds, RTSP, UDP, a file.
    @Test(.timeLimit(.minutes(4)))
    func everyProtocolIsRecordedAsSentAndInSync() async throws {
      let folder = try TemporaryFolder()
      var clip = Clip(.h264, .aac, seconds: 10)
      (clip.gop, clip.width, clip.height) = (15, 160, 96)
      let h264 = try clip.make(in: folder.path, name: "h264")
      (clip.video, clip.audio) = (.vp8, .opus)
      let vp8 = try clip.make(in: folder.path, name: "vp8")

      let ports = try (0..<5).map { _ in try Ports.free() }
      let (rtp, rtp8) = (try Ports.freeForRTP(), try Ports.freeForRTP())
      try Sender.describe(h264, port: rtp, at: folder.path("h264.sdp"))
      try Sender.describe(vp8, port: rtp8, at: folder.path("vp8.sdp"))
      let server = try RTSPServer(h264, in: folder)
      // Those that are called are there before the call.
      let called = [
        try Sender(h264, to: .srt(port: ports[1], isListener: true)),
        try Sender(h264, to: .rtmp(port: ports[3], key: "key", isListener: true)),
      ]
      for port in [ports[1], ports[3]] { try Ports.waitForListener(on: port) }
      let recording = try LiveRecording(
        [
          ("srt-listener", "srt://127.0.0.1:\(ports[0])?mode=listener"),
          ("srt-caller", "srt://127.0.0.1:\(ports[1])?mode=caller"),
          ("rtmp-listener", "rtmp://127.0.0.1:\(ports[2])/live/key?listen=1"),
          ("rtmp-pull", "rtmp://127.0.0.1:\(ports[3])/live/key"),
          ("rtp-h264", folder.path("h264.sdp")), ("rtp-vp8", folder.path("vp8.sdp")),
          ("rtsp", server.url), ("udp", "udp://127.0.0.1:\(ports[4])"),
          ("file", h264),
        ], options: ["--slice", "5", "--realtime"], in: folder)
      for port in [ports[0], ports[2], ports[4], rtp + 2, rtp8 + 2] {
        try Ports.waitForListener(on: port)
      }
      let senders =
        called + [
          try Sender(h264, to: .srt(port: ports[0])),
          try Sender(h264, to: .rtmp(port: ports[2], key: "key")),
          try Sender(h264, to: .rtp(port: rtp)), try Sender(vp8, to: .rtp(port: rtp8)),
          try Sender(h264, to: .udp(port: ports[4])),
        ]
      try recording.waitForSources([
        "srt-listener", "srt-caller", "rtmp-listener", "rtmp-pull", "rtp-h264", "rtp-vp8", "rtsp",
        "udp", "file",
      ])
      Wait.seconds(9)
      for sender in senders { _ = try sender.process.wait(seconds: 30) }
      Wait.seconds(0.5)
      let archive = try recording.stop()

      #expect(archive.tracks.count == 9)
      archive.checkIndexes()
      // The server sends the file over and over.
      let looped = folder.path("looped.mp4")
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-stream_loop", "3", "-i", h264, "-c", "copy", looped])
      let merged = try archive.merge()
      try await inParallel(archive.tracks.keys.sorted()) { uid in
        let sent = uid == "rtp-vp8" ? vp8 : uid == "rtsp" ? looped : h264
        try archive.checkSlices(of: uid)
        try archive.checkIsAsSent(uid, sent, atLeast: uid == "rtsp" ? 0.2 : 0.9)
        for kind in TrackKind.allCases { #expect(archive.slices(uid, kind).count >= 2, "\(uid)") }
        try checkSync(try #require(merged[uid], "\(uid)"), atLeast: 7)
        try checkJoinedIndex(archive, uid)
      }
      try checkSessionFile(archive)
    }

    /// What joins a uid's tracks opens in other programs, with all its packets.
    private func checkJoinedIndex(_ archive: Archived, _ uid: String) throws {
      let ending = uid == "rtp-vp8" ? "_av.mpd" : "_av.m3u8"
      let names = try listFolder(archive.path).filter {
        $0.contains("__uid_s_\(uid)__") && $0.hasSuffix(ending)
      }
      #expect(names.count == 1, "\(uid): \(names)")
      let name = try #require(names.first)
      for kind in [Elementary.Kind.video, .audio] {
        let listed = try PacketTimes(kind, of: "\(archive.path)/\(name)").times.count
        let kept = try archive.slices(uid, kind == .video ? .video : .audio).map {
          try PacketTimes(kind, of: $0).times.count
        }
        #expect(listed == kept.reduce(0, +), "\(uid) \(kind)")
      }
    }

    private func checkSessionFile(_ archive: Archived) throws {
      let session = try SessionFile(archive.path)
      #expect(session.version == 1)
      #expect(session.cname == "room")
      #expect(archive.path.hasSuffix("/\(session.sid)"))
      #expect(Set(session.tracks.map(\.uid)) == Set(archive.tracks.keys))
      for track in session.tracks {
        let isVP8 = track.uid == "rtp-vp8"
        if track.type == "video" {
          #expect(track.codec == (isVP8 ? "vp8" : "h264"))
          #expect(track.width == 160 && track.height == 96, "\(track.uid)")
        } else {
          #expect(track.codec == (isVP8 ? "opus" : "aac"))
          #expect(track.sampleRate == 48_000, "\(track.uid)")
          // RTP announces Opus as stereo, whatever it is (RFC 7587 §7).
          #expect(track.channels == (isVP8 ? 2 : 1), "\(track.uid)")
        }
      }
      for uid in archive.tracks.keys {
        #expect(session.events(of: uid).first == "join", "\(uid)")
      }
    }
  }
}
