import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// Indexes with segments of their own.
@Suite struct SegmentTests {
  /// 40 s of a participant's clip, with pictures that refer to later ones.
  private func session(in folder: TemporaryFolder) throws -> Session {
    var clip = Clip(.h264, .aac, seconds: 40)
    (clip.width, clip.height, clip.bFrames) = (160, 96, 2)
    return try openSession(at: try clip.make(in: folder.path))
  }

  @Test(arguments: [Container.hls, .dash], [false, true])
  func anIndexAndItsSegmentsPlayAsOne(_ container: Container, isCopy: Bool) throws {
    let folder = try TemporaryFolder()
    let session = try session(in: folder)
    var options = isCopy ? TranscodeOptions() : quickly { $0.bitrate = 100 }
    options.video.preset = isCopy ? nil : .veryfast
    try makeFolder(folder.path("out"))
    let (path, report) = try transcodeFirst(
      session, into: folder, options, container, name: "out/a")
    #expect((report.picturesEncoded == 0) == isCopy)
    #expect(abs(report.duration.seconds - 40) < 0.05)

    // Named by the UTC of their beginning, each at least as long as a recorder's.
    let names = try listFolder(folder.path("out")).sorted()
    let stem = container == .hls ? "a_" : "a_video_"
    let ending = container == .hls ? ".ts" : ".m4s"
    let utcs = names.filter { $0.hasPrefix(stem) && $0.hasSuffix(ending) }
      .compactMap { UTCTime(stamp: $0.dropFirst(stem.count).dropLast(ending.count)) }
    #expect(utcs.map { ($0 - session.start).seconds.rounded() } == [0, 15, 30])
    #expect(names.count == (container == .hls ? 4 : 9))

    // A player finds everything once, in time, and has nothing to complain of.
    let content = try Content(
      path, options: container == .hls ? ["-allowed_extensions", "ALL"] : [])
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 1200)
    #expect(content.flashes.count == 40)
    #expect(content.beeps.count == 40)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    let steps = zip(content.pictures, content.pictures.dropFirst()).map { $1 - $0 }
    #expect(steps.allSatisfy { abs($0 - 1.0 / 30) < 0.001 })

    // What is read back is the same session.
    let again = try openSession(at: path)
    #expect(again.problems.isEmpty)
    #expect(again.participants.first?.tracks.map(\.slices.count) == [3, 3])
    #expect(again.participants.first?.tracks.map(\.gaps.count) == [0, 0])
    #expect(abs(again.duration.seconds - 40) < 0.1)
    // To the jitter of stamps: sound begins inside a segment, not with it.
    #expect(abs((again.start - session.start).seconds) <= 0.03)
  }

  @Test func everySegmentOfHLSStandsAlone() throws {
    let folder = try TemporaryFolder()
    let (path, _) = try transcodeFirst(
      try session(in: folder), into: folder, quickly(), .hls, name: "a")
    let text = String(decoding: try readFile(path), as: UTF8.self)
    guard case .media(let playlist) = Playlist.parse(text).playlist else {
      Issue.record("no media playlist")
      return
    }
    #expect(playlist.isEnded)
    #expect(playlist.type == "VOD")
    #expect(abs(playlist.entries.map(\.duration.seconds).reduce(0, +) - 40) < 0.05)
    let counts = try playlist.entries.map { entry in
      let content = try Content(folder.path(entry.media.uri))
      #expect(content.complaints.isEmpty)
      return content.pictures.count
    }
    #expect(counts.reduce(0, +) == 1200)
    // A part begins a moment after the source's key frame.
    #expect(counts.count == 3 && counts.dropLast().allSatisfy { (450...460).contains($0) })
  }

  @Test func aPresentationTellsBrowsersItsCodecs() throws {
    let folder = try TemporaryFolder()
    let session = try session(in: folder)
    let short = Stretch(start: .zero, end: MediaTime(seconds: 1))
    func codecs(_ codec: VideoOptions.Codec) throws -> [String] {
      var options = quickly { $0.codec = codec }
      options.audio.codec = codec == .av1 ? .opus : .auto
      let (path, _) = try transcodeFirst(
        session, into: folder, options, .dash, name: codec.rawValue, over: short)
      let parsed = MPD.parse(String(decoding: try readFile(path), as: UTF8.self))
      return try #require(parsed.mpd).representations.map(\.codecs)
    }
    // Profile, constraints and level of what the encoders make of 160x96 at 30 fps.
    #expect(try codecs(.h264) == ["avc1.42C00B", "mp4a.40.2"])
    #expect(try codecs(.h265) == ["hev1.1.6.L30.90", "mp4a.40.2"])
    #expect(try codecs(.vp9) == ["vp09.00.10.08", "mp4a.40.2"])
    #expect(try codecs(.av1) == ["av01.0.00M.08", "opus"])
  }

  @Test func soundAloneHasSegmentsToo() throws {
    let folder = try TemporaryFolder()
    let session = try openSession(at: try Clip(nil, .aac, seconds: 40).make(in: folder.path))
    for container in [Container.hls, .dash] {
      let (path, _) = try transcodeFirst(
        session, into: folder, TranscodeOptions(), container, name: "a-\(container)")
      #expect(try openSession(at: path).participants.first?.audio?.slices.count == 3)
      let content = try Content(path)
      #expect(content.complaints.isEmpty)
      #expect(content.beeps.count == 40)
    }
  }
}
