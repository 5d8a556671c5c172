import Basics
import Testing

@testable import Slices

@Suite("Names of an archive's files")
struct SliceNameTests {
  static let sid = "38f8e3cfdc474cd56fc1ceba380d7e1a"
  static let time = UTCTime(milliseconds: 1_568_983_885_485)  // 2019-09-20T12:51:25.485Z
  static func name(
    _ text: String, backup: Int? = nil, sid: String = sid, cname: String = "class",
    uid: String? = nil, content: SliceName.Content? = nil, tail: SliceName.Tail = .none,
    ext: String
  ) -> (String, SliceName) {
    (
      text,
      SliceName(
        backup: backup, sid: sid, cname: cname, uid: uid, content: content, tail: tail, ext: ext)
    )
  }

  static let names: [(String, SliceName)] = [
    name("\(sid)_class__uid_s_123__uid_e_audio.m3u8", uid: "123", content: .audio, ext: "m3u8"),
    name("\(sid)_class__uid_s_123__uid_e_video.m3u8", uid: "123", content: .video, ext: "m3u8"),
    name("\(sid)_class__uid_s_123__uid_e_av.m3u8", uid: "123", content: .av, ext: "m3u8"),
    name("\(sid)_class__uid_s_123__uid_e_av.mpd", uid: "123", content: .av, ext: "mpd"),
    name(
      "\(sid)_class__uid_s_123__uid_e_video_20190920125125485.ts", uid: "123", content: .video,
      tail: .utc(time), ext: "ts"),
    name(
      "\(sid)_class__uid_s_123__uid_e_audio_20190920125125485.webm", uid: "123", content: .audio,
      tail: .utc(time), ext: "webm"),
    name(
      "\(sid)_class__uid_s_123__uid_e_audio_20190920125125485.mka", uid: "123", content: .audio,
      tail: .utc(time), ext: "mka"),
    name(
      "F96E79FF11174D318A17016C0B6762EA_379181037419__uid_s_21__uid_e_video_20190920125125485.jpg",
      sid: "F96E79FF11174D318A17016C0B6762EA", cname: "379181037419", uid: "21", content: .video,
      tail: .utc(time), ext: "jpg"),
    name("\(sid)_class__uid_s_123__uid_e_0.mp4", uid: "123", tail: .index(0), ext: "mp4"),
    name("\(sid)_class__uid_s_123__uid_e_av.mp4", uid: "123", content: .av, ext: "mp4"),
    name(
      "\(sid)_class__uid_s_123__uid_e_av_20190920125125485.mkv", uid: "123", content: .av,
      tail: .utc(time), ext: "mkv"),
    name(
      "\(sid)_class__uid_s_123__uid_e_audio_2.m4a", uid: "123", content: .audio, tail: .index(2),
      ext: "m4a"),
    name(
      "\(sid)_class__uid_s_123__uid_e_video_22194679897_3.m3u8", uid: "123", content: .video,
      tail: .update(tick: 22_194_679_897, index: 3), ext: "m3u8"),
    name(
      "\(sid)_class__uid_s_123__uid_e_audio_999999_999.m3u8", uid: "123", content: .audio,
      tail: .update(tick: 999_999, index: 999), ext: "m3u8"),
    name(
      "bak0_\(sid)_class__uid_s_123__uid_e_video_20190920125125485.ts", backup: 0, uid: "123",
      content: .video, tail: .utc(time), ext: "ts"),
    name(
      "bak2_\(sid)_class__uid_s_1__uid_e_audio.m3u8", backup: 2, uid: "1", content: .audio,
      ext: "m3u8"),
    name("bak1_\(sid)_class_0.mp4", backup: 1, tail: .index(0), ext: "mp4"),
    name(
      "972b2f73e8408e687e2819a2d9e70693_ride_17822__uid_s_1000__uid_e_video.m3u8",
      sid: "972b2f73e8408e687e2819a2d9e70693", cname: "ride_17822", uid: "1000", content: .video,
      ext: "m3u8"),
    name(
      "sid713476478245_cnameagora__uid_s_123__uid_e_video.m3u8", sid: "sid713476478245",
      cname: "cnameagora", uid: "123", content: .video, ext: "m3u8"),
    name(
      "\(sid)__a__b___uid_s_Zoë O'Hara_1.2__uid_e_audio.m3u8", cname: "_a__b_",
      uid: "Zoë O'Hara_1.2", content: .audio, ext: "m3u8"),
    name("\(sid)_class__uid_s____uid_e_audio.ts", uid: "_", content: .audio, ext: "ts"),
    name("\(sid)_class.m3u8", ext: "m3u8"),
    name("\(sid)_class_20190920125125485.ts", tail: .utc(time), ext: "ts"),
    name("\(sid)_class_0.mp4", tail: .index(0), ext: "mp4"),
    name("\(sid)_class_1.mp3", tail: .index(1), ext: "mp3"),
    name("\(sid)_class_av.mp4", content: .av, ext: "mp4"),
    name(
      "\(sid)_class_22194679897_3.m3u8", tail: .update(tick: 22_194_679_897, index: 3), ext: "m3u8"),
    name("\(sid)_ride_17822.m3u8", cname: "ride_17822", ext: "m3u8"),
    name("\(sid)_ride_17822.mp4", cname: "ride_17822", ext: "mp4"),
    name(
      "c4pk53hkereoo61dcmk0_krtc2.m3u8", sid: "c4pk53hkereoo61dcmk0", cname: "krtc2", ext: "m3u8"),
  ]

  @Test("are read and written the same way", arguments: names)
  func roundTrip(text: String, name: SliceName) {
    #expect(SliceName(parsing: text) == name)
    #expect(name.text == text)
  }

  @Test(
    "are nothing else",
    arguments: [
      "", ".", "_", "movie.mp4", "talk_1.ts", "playlist.m3u8", "abc__uid_s_1__uid_e_audio.ts",
      "\(sid)", "\(sid)_", "\(sid)_.ts", "\(sid)_class", "\(sid)x_class.m3u8",
      "\(sid)_class__uid_s_1__uid_e_", "\(sid)_class__uid_s_1__uid_e_.ts",
      "\(sid)_class__uid_s_1__uid_e_other.ts", "\(sid)_class__uid_s___uid_e_audio.ts",
      "\(sid)___uid_s_1__uid_e_audio.ts", "_class__uid_s_1__uid_e_audio.ts",
      "\(sid)_class__uid_s_1__uid_e_audio", "\(sid)_class__uid_s_1__uid_e_audio.",
      "\(sid)_class__uid_s_1__uid_e_audio.ts.part", "\(sid)_class__uid_s_1__uid_e_video_01.ts",
      "\(sid)_class__uid_s_1__uid_e_video_20191320125125485.ts",
      "\(sid)_class__uid_s_1__uid_e_video_1_2_3.ts", "a/\(sid)_class.m3u8",
      "bak_\(sid)_class__uid_s_1__uid_e_audio.ts\u{0}",
    ])
  func refused(text: String) {
    #expect(SliceName(parsing: text) == nil)
  }

  @Test("of a session are read again once its channel is known")
  func reading() throws {
    let plain = try #require(SliceName(parsing: "\(Self.sid)_room_7.mp4"))
    #expect(plain.cname == "room" && plain.tail == .index(7))
    let asked = try #require(plain.reading(asChannel: "room_7"))
    #expect(asked.cname == "room_7" && asked.tail == .none && asked.text == plain.text)
    #expect(plain.reading(asChannel: "hall") == nil)
    #expect(plain.reading(asChannel: "ro") == nil)
    let long = try #require(SliceName(parsing: "\(Self.sid)_ride_17822.mp4"))
    #expect(long.reading(asChannel: "ride")?.tail == .index(17822))
  }

  @Test("are hidden while they are written")
  func unfinished() {
    let name = "\(Self.sid)_class__uid_s_1__uid_e_audio.m3u8"
    #expect(SliceName.unfinished(name) == ".\(name).part")
    #expect(SliceName.finished(".\(name).part") == name)
    for other in ["", ".part", "..part", name, ".\(name)", "\(name).part"] {
      #expect(SliceName.finished(other) == nil)
    }
  }

  @Test(
    "take no uid that would break them",
    arguments: [
      ("", "it is empty"), ("a/b", "it contains '/'"), ("a\nb", "it contains a control character"),
      ("a\u{0}", "it contains a control character"), ("a__uid_s_b", "it contains '__uid_s_'"),
      ("a__uid_e_b", "it contains '__uid_e_'"), ("alice", nil), ("Zoë @home", nil), ("_", nil),
    ])
  func usable(uid: String, reason: String?) {
    #expect(SliceName.problem(uid: uid) == reason)
    #expect(SliceName.problem(cname: uid) == reason)
  }

  @Test("take no three parts that would not come back")
  func usableTogether() {
    #expect(SliceName.problem(sid: Self.sid, cname: "class", uid: "1") == nil)
    #expect(SliceName.problem(sid: "a_b", cname: "class", uid: "1") == "sid 'a_b': it contains '_'")
    #expect(SliceName.problem(sid: Self.sid, cname: "", uid: "1") == "cname '': it is empty")
    #expect(
      SliceName.problem(sid: Self.sid, cname: "c", uid: String(repeating: "u", count: 200))
        == "its slices would have names of 284 bytes, more than 255")
    #expect(
      SliceName.problem(sid: Self.sid, cname: "c", uid: "_uid_s_1")
        == "sid '\(Self.sid)', cname 'c' and uid '_uid_s_1' cannot be told apart in a file name")
    #expect(
      SliceName.problem(sid: "bak1", cname: "c", uid: "1")
        == "sid 'bak1', cname 'c' and uid '1' cannot be told apart in a file name")
  }
}
