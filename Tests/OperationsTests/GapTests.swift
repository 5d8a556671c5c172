import Archive
import Basics
import Plan
import Slices
import TestSupport
import Testing

@testable import Operations

/// Merges everything of a session into one file.
func merged(
  _ session: Session, into path: String, _ container: Container,
  _ options: MergeOptions = MergeOptions(), stretch: Stretch? = nil, only: Stretch? = nil
) throws -> OutputReport {
  let output = Output(
    path: path, container: container, uids: session.participants.map(\.uid),
    stretch: stretch ?? Stretch(start: .zero, end: session.duration), only: only)
  let context = OperationContext(
    parallel: Parallel(width: 2), isCancelled: { false }, progress: { _ in })
  let step = Step(id: "m", session: session, operation: .merge(options), outputs: [output])
  return try make(output, of: step, context)
}

/// A user who was there from 0 to 16 s and from 40 to 56 s.
private func archive(
  _ folder: TemporaryFolder, _ change: (inout MadeSender) -> Void = { _ in }
) throws -> Session {
  var sender = MadeSender("7", [.init(start: 0, slices: 2), .init(start: 40, slices: 2)])
  sender.length = 8
  sender.frameRate = 10
  change(&sender)
  let made = try SessionMaker.make([sender], in: folder.path("archive"))
  return try openSession(at: made.folder)
}

@Suite struct GapTests {
  private static let there = Array(0..<16) + Array(40..<56)

  @Test(arguments: [Container.mp4, .mov, .mkv, .ts, .flv])
  func aHeldGapHasSilenceAndLastsAsLongAsTheSession(_ container: Container) throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder)
    let path = folder.path("merged.\(container.rawValue)")
    let report = try merged(session, into: path, container)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    let start = content.start
    let delay = container == .ts ? start : 0
    #expect(content.flashes.map { Int(($0 - delay).rounded()) } == Self.there)
    // The last packet before a gap begins with the beep that the user was leaving in.
    #expect(
      content.beeps.map { Int(($0 - delay).rounded()) }.filter { $0 != 16 } == Self.there)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(abs(report.duration.seconds - 56) < 0.05)
    #expect(report.picturesEncoded == 0 && report.encoded.isEmpty)
    // Samples that nobody timed still last as long as the session.
    let samples = try decodedSeconds(path)
    #expect(abs(samples - 56) < 0.05)
    // TS and FLV do not tell how long the last picture lasts.
    if ![.ts, .flv].contains(container) {
      #expect(abs(try Probe(path).duration - 56) < 0.05)
    }
  }

  @Test func aGapOfOpusHasSilenceToo() throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder) {
      ($0.video, $0.audio) = (.vp8, .opus)
    }
    let path = folder.path("merged.webm")
    _ = try merged(session, into: path, .webm)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.map { Int($0.rounded()) } == Self.there)
    #expect(abs(try decodedSeconds(path) - 56) < 0.05)
  }

  @Test func aCutLeavesAbsencesOut() throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder)
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4, MergeOptions(fill: .cut))
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.map { Int($0.rounded()) } == Array(0..<32))
    #expect(content.beeps.map { Int($0.rounded()) } == Array(0..<32))
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(abs(report.duration.seconds - 32) < 0.05)
    #expect(abs(try Probe(path).duration - 32) < 0.05)
    #expect(report.copied.map { $0.start.seconds.rounded() } == [0, 40])
  }

  @Test(arguments: [VideoCodec.h264, .vp8])
  func aBlackGapIsOneEncodedPicture(_ codec: VideoCodec) throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder) {
      $0.video = codec
      $0.audio = codec == .h264 ? .aac : .opus
    }
    let container: Container = codec == .h264 ? .mp4 : .webm
    let path = folder.path("merged.\(container.rawValue)")
    let report = try merged(session, into: path, container, MergeOptions(fill: .black))
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 32 * 10 + 1)
    #expect(content.pictures.contains { abs($0 - 16) < 0.002 })
    #expect(content.flashes.map { Int($0.rounded()) } == Self.there)
    #expect(report.picturesEncoded == 1)
    #expect(try luma(path, at: 30) <= 17)
    #expect(abs(try Probe(path).duration - 56) < 0.05)
  }

  @Test func anImageComesAfterAWhile() throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder)
    let image = folder.path("away.png")
    try output(
      of: "ffmpeg",
      ["-v", "error", "-f", "lavfi", "-i", "color=white:s=64x64", "-frames:v", "1"]
        + [image])
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4, MergeOptions(fill: .image(image)))
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.contains { abs($0 - 19.5) < 0.01 })
    #expect(report.picturesEncoded == 1)
    #expect(try luma(path, at: 18) < 100)
    #expect(try luma(path, at: 30) > 220)
    #expect(throws: Failure.self) {
      try merged(session, into: path, .mp4, MergeOptions(fill: .image(folder.path("no.png"))))
    }
  }

  /// A segment's file that begins with the session has nothing of the segments before.
  @Test func aSegmentAtItsPlaceInTheSessionIsAlone() throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder)
    let path = folder.path("merged.mp4")
    let segment = try #require(session.participants.first?.segments().last)
    _ = try merged(session, into: path, .mp4, only: segment)
    let content = try Content(path)
    #expect(content.flashes.map { Int($0.rounded()) } == Array(40..<56))
    #expect(content.beeps.map { Int($0.rounded()) } == Array(40..<56))
    #expect(abs(try Probe(path).duration - 56) < 0.05)
  }

  @Test func aFileThatBeginsBeforeItsUserIsSilentAndDark() throws {
    let folder = try TemporaryFolder()
    let session = try archive(folder) { $0.presences = [.init(start: 0, slices: 1)] }
    let path = folder.path("merged.mp4")
    let stretch = Stretch(start: .zero - MediaTime(seconds: 5), end: MediaTime(seconds: 10))
    _ = try merged(session, into: path, .mp4, stretch: stretch)
    let content = try Content(path)
    #expect(content.flashes.map { Int($0.rounded()) } == Array(5..<13))
    #expect(content.beeps.map { Int($0.rounded()) }.filter { $0 != 13 } == Array(5..<13))
    #expect(abs(try decodedSeconds(path) - 15) < 0.05)
    #expect(abs(try Probe(path).duration - 15) < 0.05)
  }
}

/// How many seconds of sound a file's packets decode to, whatever their timestamps say.
private func decodedSeconds(_ path: String) throws -> Double {
  let child = try ChildProcess(
    "ffmpeg",
    ["-nostdin", "-v", "error", "-i", path, "-map", "0:a:0", "-af", "asetpts=N/SR/TB"]
      + ["-ac", "1", "-ar", "8000", "-f", "u8", "pipe:1"])
  _ = try child.wait(seconds: 60)
  return Double(child.standardOutputBytes.count) / 8000
}

/// The mean brightness of the picture that is shown at a time.
private func luma(_ path: String, at seconds: Double) throws -> Int {
  let child = try ChildProcess(
    "ffmpeg",
    ["-nostdin", "-v", "error", "-i", path, "-vf", "fps=10,trim=start=\(seconds),scale=1:1"]
      + ["-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"])
  _ = try child.wait(seconds: 60)
  return child.standardOutputBytes.first.map(Int.init) ?? -1
}
