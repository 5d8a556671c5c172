import TestSupport
import Basics
import Testing

@testable import Slices

@Suite("A folder's names")
struct ListingTests {
  static let sid = "38f8e3cfdc474cd56fc1ceba380d7e1a"
  static let other = "972b2f73e8408e687e2819a2d9e70693"
  static let names = [
    "\(sid)_a_1__uid_s_10__uid_e_video_20260301093015000.ts",
    "\(sid)_a_1__uid_s_10__uid_e_video_20260301093000000.ts",
    "\(sid)_a_1__uid_s_10__uid_e_video.m3u8",
    "\(sid)_a_1__uid_s_10__uid_e_video_22194679897_3.m3u8",
    "bak0_\(sid)_a_1__uid_s_10__uid_e_video.m3u8",
    "\(sid)_a_1__uid_s_9__uid_e_audio_20260301093000000.ts",
    "\(sid)_a_1__uid_s_9__uid_e_av.mpd",
    "\(sid)_a_1__uid_s_9__uid_e_0.mp4",
    "\(sid)_a_1.mp4",
    "\(other)_b.m3u8",
    "\(other)_b_20260301093000000.ts",
    ".\(sid)_a_1__uid_s_9__uid_e_audio_20260301093015000.ts.part",
    "session.json", "notes.txt",
  ]

  @Test("are sorted into recordings, tracks and indexes", arguments: 0..<5)
  func sorted(seed: Int) throws {
    var generator = Seeded(seed: UInt64(seed))
    let listing = Listing(Self.names.shuffled(using: &generator))
    #expect(listing.strangers == ["notes.txt", "session.json"])
    #expect(
      listing.unfinished.map(\.text) == [
        "\(Self.sid)_a_1__uid_s_9__uid_e_audio_20260301093015000.ts"
      ])
    #expect(listing.recordings.map(\.sid) == [Self.sid, Self.other])
    #expect(listing.recordings.map(\.cname) == ["a_1", "b"])
    let lines = listing.recordings.flatMap(\.tracks).map { track in
      "\(track.key.uid ?? "-") \(track.key.content?.rawValue ?? "-") "
        + "\(track.key.backup.map(String.init) ?? "-"): \(track.indexes.count) "
        + "\(track.slices().count) \(track.others.count)"
    }
    #expect(
      lines == [
        "- - -: 0 0 1", "9 - -: 0 0 1", "9 audio -: 0 1 0", "9 av -: 1 0 0", "10 video -: 2 2 0",
        "10 video 0: 1 0 0", "- - -: 1 1 0",
      ])
    let video = try #require(listing.recordings.first?.tracks.first { $0.slices().count == 2 })
    #expect(video.slices().map(\.text) == [Self.names[1], Self.names[0]])
  }

  static let indexes: [([(String, Int64)], String)] = [
    ([("", 100)], ""), ([("_22194679897_3", 100)], "_22194679897_3"),
    ([("", 100), ("_22194679897_3", 100)], ""),
    ([("", 100), ("_22194679897_3", 101)], "_22194679897_3"),
    ([("", 100), ("_22194679897_9", 900), ("_22194679897_10", 50)], ""),
    ([("_9_2", 1), ("_7_10", 2), ("_8_10", 3), ("", 0)], "_8_10"),
  ]

  @Test("hold several indexes of a track, of which the larger counts", arguments: indexes)
  func chosen(files: [(String, Int64)], expected: String) throws {
    let stem = "\(Self.sid)_c__uid_s_1__uid_e_video"
    for files in [files, files.reversed()] {
      let indexes = try files.map { suffix, size in
        (name: try #require(SliceName(parsing: "\(stem)\(suffix).m3u8")), size: size)
      }
      #expect(SliceName.chosen(among: indexes)?.text == "\(stem)\(expected).m3u8")
    }
    #expect(SliceName.chosen(among: []) == nil)
  }
}
