import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

/// Public test media, where the folder is there.
///
/// It is looked for beside the checkout, or where `RUSHES_MEDIA` says. A made twin of each is tested elsewhere, always.
@Suite struct PublicMediaTests {
  static let folder = environment("RUSHES_MEDIA") ?? Repository.path("../shared/media")

  private func open(_ path: String) throws -> Session? {
    let full = "\(Self.folder)/\(path)"
    guard fileExists(full) else {
      print("skipped: \(path) is not here")
      return nil
    }
    return try openSession(at: full)
  }

  @Test func `A list with absent slices`() throws {
    guard let session = try open("shaka-player/hls-gap") else { return }
    #expect(session.participants.map(\.uid) == ["playlist"])
    let track = try #require(session.track("playlist", .video))
    #expect(track.runs.count == 2)
    #expect(abs((track.gaps.first?.duration.seconds ?? 0) - 4.004) < 0.001)
    #expect(session.duration.milliseconds == 28_028)
    #expect(session.problems.map { splitPath($0.path).name } == ["1.ts", "5.ts"])
    #expect(try ReadTrack(track).places.count == 1440)
  }

  @Test(arguments: [
    ("shaka-player/hls-ts-muxed-aac-h264", "aac", 36.0, 864),
    ("shaka-player/hls-ts-muxed-opus-h264", "opus", 19.140, 450),
  ])
  func `Slices with both tracks`(path: String, codec: String, seconds: Double, pictures: Int)
    throws
  {
    guard let session = try open(path) else { return }
    let audio = try #require(session.track("playlist", .audio))
    let video = try #require(session.track("playlist", .video))
    #expect(audio.formats.map(\.codec) == [codec])
    #expect(audio.runs.count == 1)
    #expect(abs(session.duration.seconds - seconds) < 0.01)
    #expect(try ReadTrack(video).places.count == pictures)
    #expect(abs(try ReadTrack(audio).sum - seconds) < 0.05)
  }

  @Test func `Periods of WebM and MP4`() throws {
    guard let session = try open("shaka-player/dash-multitype-variant") else { return }
    let track = try #require(session.track("dash", .video))
    #expect(track.runs.count == 1)
    let read = try ReadTrack(track)
    #expect(read.formats.map(\.codec) == ["vp9", "h264", "vp9"])
    let changes = read.places.filter { $0.startsFormat }.map { $0.pts.milliseconds }
    #expect(changes == [0, 2069, 4204])
  }

  @Test func `Sizes that change in mid-stream`() throws {
    guard let session = try open("haishinkit/change_video_resolution.ts") else { return }
    let track = try #require(session.track("change_video_resolution", .video))
    #expect(track.formats.map(\.width) == [640, 1280, 1920])
    let read = try ReadTrack(track)
    #expect(read.formats.map(\.width) == [640, 1280, 1920])
    #expect(
      track.changes.map(\.position) == read.places.dropFirst().filter(\.startsFormat).map(\.pts))
    #expect(abs(session.duration.seconds - 20.847) < 0.001)
  }

  @Test func `A stream that begins without a key frame`() throws {
    guard let session = try open("mediabunny/no-initial-keyframe.ts") else { return }
    let track = try #require(session.track("no-initial-keyframe", .video))
    #expect(track.slices.map(\.slice.startsWithKeyFrame) == [false])
    let read = try ReadTrack(track)
    #expect(read.places.first?.pts.milliseconds == 2136)
    #expect(read.problems.count == 1)
  }

  @Test func `Key frames without labels`() throws {
    guard let session = try open("mediabunny/missing-keyframe-labels.ts") else { return }
    let track = try #require(session.track("missing-keyframe-labels", .video))
    let read = try ReadTrack(track)
    #expect(read.places.count == 600)
    #expect(read.marks.count == 2)
  }

  @Test func `Segments near the wrap of the clock`() throws {
    guard let session = try open("http-streaming/segments") else { return }
    #expect(session.track("videoMaxOffset", .video)?.end.milliseconds == 67)
    #expect(session.track("audioMaxOffset", .audio)?.end.milliseconds == 128)
    #expect(session.problems.map { splitPath($0.path).name } == ["encrypted.ts", "zeroLength.ts"])
  }

  @Test func `WebM damaged on purpose`() throws {
    let folder = "\(Self.folder)/libwebm/invalid"
    guard fileExists(folder) else { return print("skipped: libwebm is not here") }
    for name in try listFolder(folder) {
      // A result or an error, and no crash.
      if let session = try? openSession(at: "\(folder)/\(name)") {
        for track in session.participants.flatMap(\.tracks) { _ = try ReadTrack(track) }
      }
    }
  }
}
