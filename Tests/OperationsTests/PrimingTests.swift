import Archive
import Basics
import Plan
import TestSupport
import Testing

@testable import Operations

/// What encoders put before the first sample, which is not heard.
@Suite struct PrimingTests {
  @Test(arguments: [
    (VideoCodec.h264, AudioCodec.aac, "mp4", Container.mp4),
    (.h264, .opus, "mp4", .mp4),
    (.vp8, .opus, "webm", .webm),
  ])
  func aCopyKeepsItAndItsTime(
    video: VideoCodec, audio: AudioCodec, ending: String, container: Container
  ) throws {
    let folder = try TemporaryFolder()
    let source = folder.path("source.\(ending)")
    try Clip(video, audio, seconds: 4).make(at: source)
    let session = try openSession(at: source)
    let (path, report) = try mergeAll(session, into: folder, container)
    #expect(try Elementary(.audio, of: path) == Elementary(.audio, of: source))
    // Both count from the first picture: nothing is heard earlier or later against it.
    let before =
      try PacketTimes(.audio, of: source).times[0]
      - PacketTimes(.video, of: source).times[0]
    let after =
      try PacketTimes(.audio, of: path).times[0]
      - PacketTimes(.video, of: path).times[0]
    #expect(abs(before - after) <= Self.roundingOfWebM)
    #expect(report.tracks.allSatisfy { $0.start.seconds <= Self.preSkip })
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
  }

  /// WebM counts in whole milliseconds: one on the way in, one on the way out.
  private static let roundingOfWebM = 0.002

  /// By so much FFmpeg 5.1 lets the sound of a WebM file come too early, and a bit for rounding.
  private static let preSkip = 0.008
}
