import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

/// HLS and DASH presentations, and loose files: twins of what is found in the world.
@Suite struct PresentationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Makes a presentation of a clip with the `ffmpeg` program; its folder.
  private func present(_ clip: Clip, _ options: [String], as index: String) throws -> String {
    let source = try clip.make(in: folder.path)
    let out = folder.path("out")
    try makeFolder(out)
    try output(
      of: "ffmpeg", ["-v", "error", "-i", source, "-c", "copy"] + options + [index], folder: out)
    return out
  }

  private func expectWhole(_ session: Session, seconds: Double, uid: String) throws {
    #expect(session.participants.map(\.uid) == [uid])
    // A last chunk of a few samples may lie behind the end that the MPD says.
    let problems = session.problems.filter { $0.message != "left out: no index lists it" }
    #expect(problems.isEmpty, "\(problems)")
    #expect(abs(session.duration.seconds - seconds) < 0.06, "\(session.duration)")
    let beeps = try ReadTrack(#require(session.track(uid, .audio)))
    let flashes = try ReadTrack(#require(session.track(uid, .video)))
    #expect(flashes.marks.count == Int(seconds))
    #expect(abs(beeps.sum - seconds) < 0.06)
    let zero = flashes.marks[0]
    #expect(
      flashes.marks.enumerated().allSatisfy { abs($0.element - zero - Double($0.offset)) < 0.005 })
    for kind in TrackKind.allCases { #expect(session.track(uid, kind)?.runs.count == 1) }
  }

  @Test(arguments: [
    ["-hls_segment_type", "mpegts"], ["-hls_segment_type", "fmp4"],
    ["-hls_flags", "single_file"], ["-hls_segment_type", "fmp4", "-hls_flags", "single_file"],
    ["-hls_flags", "program_date_time"],
  ])
  func `HLS of every kind opens`(options: [String]) throws {
    let out = try present(
      Clip(seconds: 12), ["-f", "hls", "-hls_time", "4", "-hls_list_size", "0"] + options,
      as: "talk.m3u8")
    try expectWhole(openSession(at: out), seconds: 12, uid: "talk")
    try expectWhole(openSession(at: "\(out)/talk.m3u8"), seconds: 12, uid: "talk")
  }

  @Test func `The best variant is taken, with its audio`() throws {
    let out = try present(
      Clip(seconds: 8),
      ["-map", "0:v", "-map", "0:a", "-f", "hls", "-hls_time", "4", "-hls_list_size", "0"]
        + ["-var_stream_map", "v:0,agroup:a a:0,agroup:a,default:yes"]
        + ["-master_pl_name", "talk.m3u8"], as: "v%v.m3u8")
    try expectWhole(openSession(at: out), seconds: 8, uid: "talk")
  }

  @Test(arguments: [
    (Clip(seconds: 8), ["-use_template", "1", "-use_timeline", "1"]),
    (Clip(seconds: 8), ["-use_template", "1", "-use_timeline", "0"]),
    (Clip(seconds: 8), ["-use_template", "0"]),
    (Clip(seconds: 8), ["-single_file", "1"]),
    (Clip(.vp8, .opus, seconds: 8), ["-dash_segment_type", "webm"]),
  ])
  func `DASH of every kind opens`(clip: Clip, options: [String]) throws {
    let out = try present(clip, ["-f", "dash", "-seg_duration", "4"] + options, as: "talk.mpd")
    try expectWhole(openSession(at: out), seconds: 8, uid: "talk")
  }

  @Test func `Absent slices are gaps of their length`() throws {
    let out = try present(
      Clip(seconds: 16), ["-f", "hls", "-hls_time", "4", "-hls_list_size", "0"], as: "talk.m3u8")
    let text = try Files.text("\(out)/talk.m3u8")
    try writeFile(
      "\(out)/talk.m3u8", text.replacing("talk1.ts", with: "#EXT-X-GAP\ntalk1.ts").utf8)
    let session = try openSession(at: out)
    for track in session.participants.flatMap(\.tracks) {
      #expect(track.gaps.count == 1)
      #expect(abs((track.gaps.first?.duration.seconds ?? 0) - 4) < 0.05)
    }
    #expect(session.problems.map(\.message) == ["absent: its index says so"])
    #expect(session.problems.allSatisfy { !$0.isLoss })
  }

  @Test func `Nothing is fetched, and no index leads astray`() throws {
    let text = """
      #EXTM3U
      #EXTINF:4,
      http://127.0.0.1:9/a.ts
      #EXTINF:4,
      ../../secret.ts
      #EXTINF:4,
      /dev/zero
      #EXT-X-ENDLIST
      """
    let index = try folder.write("list.m3u8", text)
    let failure = #expect(throws: Failure.self) { try openSession(at: index) }
    #expect(failure?.subject == "http://127.0.0.1:9/a.ts")
    #expect(failure?.reason == "a remote address, which is not fetched (and 2 more problems)")
    // A list in a slice's clothes is none.
    _ = try folder.write("sly.ts", "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    #expect(throws: Failure.self) { try openSession(at: folder.path("sly.ts")) }
    let clip = try Clip(nil, .aac, seconds: 2).make(in: folder.path)
    try writeFile(index, (text + "\n#EXTINF:2,\n\(splitPath(clip).name)\n").utf8)
    let session = try openSession(at: index)
    #expect(
      session.problems.map(\.message) == [
        "a remote address, which is not fetched", "outside of what the index may name", "missing",
      ])
  }

  @Test func `Loose files lie at the time of their making`() throws {
    for (name, time) in [("a", "10:00:00.000000Z"), ("b", "10:00:05.000000Z")] {
      let clip = try Clip(seconds: 4).make(in: folder.path, name: "source-\(name)")
      try makeFolder(folder.path("loose"))
      try output(
        of: "ffmpeg",
        ["-v", "error", "-i", clip, "-c", "copy", "-metadata", "creation_time=2026-03-01T\(time)"]
          + [folder.path("loose/\(name).mp4")])
    }
    let session = try openSession(at: folder.path("loose"))
    #expect(session.participants.map(\.uid) == ["a", "b"])
    #expect(session.start.description == "2026-03-01T10:00:00.000Z")
    #expect(abs(session.duration.seconds - 9) < 0.05)
    #expect(abs((session.track("b", .video)?.start.seconds ?? 0) - 5) < 0.05)
    try output(
      of: "ffmpeg",
      ["-v", "error", "-i", folder.path("loose/a.mp4"), "-c", "copy", "-map_metadata", "-1"]
        + [folder.path("loose/c.mkv")])
    let without = try openSession(at: folder.path("loose"))
    #expect(without.participants.map(\.uid) == ["a", "b", "c"])
    #expect(abs(without.duration.seconds - 4) < 0.05)
  }
}
