import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

/// Archives as recording services leave them behind.
@Suite struct ArchiveKindsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func sender(_ slices: Int = 4) -> MadeSender {
    var sender = MadeSender("1", [.init(start: 0, slices: slices)])
    sender.length = 8
    return sender
  }

  private func messages(_ session: Session) -> [String] {
    session.problems.map { "\(splitPath($0.path).name): \($0.message)" }
  }

  @Test func `Damage is named, and the rest stays`() throws {
    var sender = sender(6)
    sender.video = nil
    sender.damage = [0: .missing, 1: .empty, 2: .noise, 3: .truncated]
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    let names = made.slices.map { splitPath($0.path).name }
    let found = messages(session)
    #expect(found.count == 4)
    #expect(found.contains("\(names[0]): missing"))
    #expect(found.contains("\(names[1]): empty"))
    #expect(found.contains { $0.hasPrefix("\(names[2]): unreadable: ") }, "\(found)")
    #expect(found.contains { $0.hasPrefix("\(names[3]): truncated: ") }, "\(found)")
    #expect(session.problems.allSatisfy { $0.isLoss })
    // The session begins with the first slice that can be read, 24 s in.
    #expect((session.start - made.start).seconds == 24)
    let track = try #require(session.track("1", .audio))
    #expect(track.gaps.count == 1)
    #expect(abs(session.duration.seconds - 24) < 0.03)
  }

  @Test func `A wrong EXTINF is corrected by the slice`() throws {
    let made = try SessionMaker.make([sender()], in: folder.path)
    for index in try listFolder(made.folder) where index.hasSuffix(".m3u8") {
      let text = try Files.text("\(made.folder)/\(index)")
      try writeFile(
        "\(made.folder)/\(index)",
        text.split(separator: "\n").map { $0.hasPrefix("#EXTINF") ? "#EXTINF:7" : String($0) }
          .joined(separator: "\n").utf8)
    }
    let session = try openSession(at: made.folder)
    #expect(session.track("1", .audio)?.runs.count == 1)
    #expect(abs(session.duration.seconds - 32) < 0.03)
    #expect(session.problems.count == 8)
    #expect(
      session.problems.allSatisfy { $0.message == "its index says 7.000 s, it lasts 8.000 s" })
    #expect(session.problems.allSatisfy { !$0.isLoss })
  }

  @Test func `A lost index is rebuilt from names`() throws {
    var sender = sender()
    sender.presences = [.init(start: 0, slices: 3), .init(start: 60, slices: 2)]
    let made = try SessionMaker.make([sender], in: folder.path, style: .lost)
    let session = try openSession(at: made.folder)
    #expect(session.sid == made.sid)
    #expect(abs(session.duration.seconds - 76) < 0.03)
    let error = try session.error(made, "1", .video)
    #expect(error < 0.002)
    #expect(session.problems.count == 10)
    #expect(session.problems.allSatisfy { $0.message == "its track has no index" && !$0.isLoss })
  }

  @Test func `Failover recorders' overlaps are cut, nothing is lost or doubled`() throws {
    var first = sender(3)
    first.presences = [.init(start: 0, slices: 3)]
    var second = first
    second.presences = [.init(start: 20, slices: 3)]
    second.firstTimestamp = 5000
    second.backup = 0
    let made = try SessionMaker.make([first, second], in: folder.path)
    let session = try openSession(at: made.folder)
    #expect(session.participants.map(\.uid) == ["1"])
    #expect(abs(session.duration.seconds - 44) < 0.03)
    for kind in TrackKind.allCases {
      let track = try #require(session.track("1", kind))
      #expect(track.runs.count == 1)
      let read = try ReadTrack(track)
      #expect(abs((read.marks.first ?? 1)) < 0.05)
      #expect(read.marks.last ?? 0 > 42.9)
      let steps = zip(read.marks, read.marks.dropFirst()).map { $1 - $0 }
      #expect(steps.allSatisfy { abs($0 - 1) < 0.035 }, "\(read.marks)")
    }
  }

  @Test func `Of several sessions one must be named`() throws {
    let made = try SessionMaker.make([sender(1)], in: folder.path)
    let other = String(made.sid.reversed())
    for name in try listFolder(made.folder) {
      let text = try readFile("\(made.folder)/\(name)")
      let new = name.replacing(made.sid, with: other)
      let bytes =
        name.hasSuffix("m3u8")
        ? Array(String(decoding: text, as: UTF8.self).replacing(made.sid, with: other).utf8) : text
      try writeFile("\(made.folder)/\(new)", bytes)
    }
    let failure = #expect(throws: Failure.self) { try openSession(at: made.folder) }
    #expect(
      failure?.description
        == "\(made.folder): cannot open: it holds 2 sessions (\(min(made.sid, other)), "
        + "\(max(made.sid, other))); name one of them behind it, as in "
        + "\(made.folder)/\(min(made.sid, other))")
    let named = try openSession(at: "\(made.folder)/\(other)")
    #expect(named.sid == other)
    #expect(try openSession(at: made.folder, sid: other) == named)
    let index = "\(made.folder)/\(made.sid)_\(made.cname)__uid_s_1__uid_e_audio.m3u8"
    let session = try openSession(at: index)
    #expect(session.sid == made.sid)
    #expect(session.participants.flatMap(\.tracks).map(\.kind) == [.audio])
    let missing = #expect(throws: Failure.self) { try openSession(at: made.folder, sid: "none") }
    #expect(missing?.reason.hasPrefix("it holds no session 'none', only ") == true)
  }

  @Test func `The larger of an index and its latest backup counts`() throws {
    let made = try SessionMaker.make([sender(3)], in: folder.path)
    let index = "\(made.sid)_\(made.cname)__uid_s_1__uid_e_video"
    let text = try Files.text("\(made.folder)/\(index).m3u8")
    try writeFile("\(made.folder)/\(index)_22194679897_3.m3u8", text.utf8)
    let short = text.split(separator: "\n").prefix(6).joined(separator: "\n")
    try writeFile("\(made.folder)/\(index).m3u8", short.utf8)
    let session = try openSession(at: made.folder)
    #expect(session.problems.isEmpty, "\(session.problems)")
    #expect(session.track("1", .video)?.slices.count == 3)
  }

  @Test func `A uid's joined index stands in for those of its tracks`() throws {
    let made = try SessionMaker.make([sender(3)], in: folder.path)
    let stem = "\(made.folder)/\(made.sid)_\(made.cname)__uid_s_1__uid_e_"
    let audio = try Files.text(stem + "audio.m3u8")
    let video = try Files.text(stem + "video.m3u8")
    removeFile(stem + "audio.m3u8")
    removeFile(stem + "video.m3u8")
    let lines = video.split(separator: "\n").dropLast() + audio.split(separator: "\n").dropFirst(3)
    try writeFile(stem + "av.m3u8", lines.joined(separator: "\n").utf8)
    let session = try openSession(at: made.folder)
    #expect(session.track("1", .audio)?.slices.count == 3)
    #expect(session.track("1", .video)?.slices.count == 3)
    #expect(session.problems.allSatisfy { !$0.isLoss && $0.message.hasPrefix("out of order") })
  }

  @Test func `A recording of the whole channel is uid 0`() throws {
    let clip = try Clip(.h264, .aac, seconds: 24).make(in: folder.path)
    let stem = "\(SessionMaker.sid)_class_a"
    let out = folder.path("mix")
    try makeFolder(out)
    try output(
      of: "ffmpeg",
      ["-v", "error", "-i", clip, "-c", "copy", "-f", "hls", "-hls_time", "8"]
        + ["-hls_list_size", "0", "-hls_segment_filename", "\(out)/s%d.ts", "\(out)/\(stem).m3u8"])
    var text = try Files.text("\(out)/\(stem).m3u8")
    for index in 0..<3 {
      let utc = SessionMaker.start + MediaTime(milliseconds: Int64(index) * 8000)
      text = text.replacing("s\(index).ts", with: "\(stem)_\(utc.digits).ts")
      try rename("\(out)/s\(index).ts", to: "\(out)/\(stem)_\(utc.digits).ts")
    }
    try writeFile("\(out)/\(stem).m3u8", text.utf8)
    let session = try openSession(at: out)
    #expect(session.cname == "class_a")
    #expect(session.participants.map(\.uid) == ["0"])
    // The slices' stamps are whole seconds, their first samples are not.
    #expect(abs((session.start - SessionMaker.start).seconds) < 0.025)
    for kind in TrackKind.allCases { #expect(session.track("0", kind)?.runs.count == 1) }
    #expect(abs(session.duration.seconds - 24) < 0.05)
  }
}
