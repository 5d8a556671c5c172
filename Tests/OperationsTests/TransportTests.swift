import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// TS made of TS: packets are moved, not taken apart.
@Suite struct TransportTests {
  private func session(
    _ folder: TemporaryFolder, _ change: (inout MadeSender) -> Void = { _ in }
  ) throws -> Session {
    var sender = MadeSender("7", [.init(start: 0, slices: 2), .init(start: 40, slices: 2)])
    (sender.length, sender.frameRate) = (8, 10)
    change(&sender)
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    return try openSession(at: made.folder)
  }

  private func join(_ session: Session, at path: String) throws -> OutputReport? {
    let output = Output(
      path: path, container: .ts, uids: session.participants.map(\.uid),
      stretch: Stretch(start: .zero, end: session.duration))
    let context = OperationContext(
      parallel: Parallel(width: 1), isCancelled: { false }, progress: { _ in })
    return try joinTransport(session, MergeOptions(), output, at: path, context)
  }

  @Test(arguments: [
    (VideoCodec.h264, AudioCodec.aac, 0), (.h264, .aac, 2), (.h265, .aac, 0),
  ])
  func slicesAreJoinedWithTheirGaps(_ video: VideoCodec, _ audio: AudioCodec, _ bFrames: Int) throws
  {
    let folder = try TemporaryFolder()
    let session = try session(folder) {
      ($0.video, $0.audio, $0.bFrames) = (video, audio, bFrames)
      $0.firstTimestamp = 95_440
    }
    let path = folder.path("joined.ts")
    let report = try #require(try join(session, at: path))
    #expect(abs(report.duration.seconds - 56) < 0.05)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 320)
    let there = Array(0..<16) + Array(40..<56)
    #expect(content.flashes.map { Int(($0 - 1.4).rounded()) } == there)
    #expect(
      content.beeps.map { Int(($0 - 1.4).rounded()) }.filter { $0 != 16 } == there)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    let slices = try #require(session.participants.first?.video).slices
    #expect(
      try Elementary(.video, of: path) == Elementary(.video, of: slices.map(\.slice.resource.path)))
  }

  /// As ISO 13818-1 wants them: counters without steps, a clock that comes often, never runs back,
  /// and is before everything that it is the clock of.
  @Test func countersAndClockAreRightAtTheJoints() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder)
    let path = folder.path("joined.ts")
    _ = try #require(try join(session, at: path))
    let bytes = try readFile(path)
    #expect(bytes.count % 188 == 0)
    var counters: [Int: UInt8] = [:]
    var clocks: [Int64] = []
    var steps = 0
    for at in stride(from: 0, to: bytes.count, by: 188) {
      #expect(bytes[at] == 0x47)
      let pid = Int(bytes[at + 1] & 0x1f) << 8 | Int(bytes[at + 2])
      if bytes[at + 3] & 0x10 != 0 {
        if let last = counters[pid], (last + 1) & 15 != bytes[at + 3] & 15 { steps += 1 }
        counters[pid] = bytes[at + 3] & 15
      }
      if bytes[at + 3] & 0x20 != 0, bytes[at + 4] > 0, bytes[at + 5] & 0x10 != 0 {
        let base = bytes[at + 6..<at + 10].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        clocks.append(base << 1 | Int64(bytes[at + 10] >> 7))
      }
    }
    #expect(steps == 0)
    let intervals = zip(clocks, clocks.dropFirst()).map { $1 - $0 }
    #expect(intervals.allSatisfy { $0 > 0 && $0 <= 9000 })
    #expect(Set(counters.keys) == [0, 0x1000, 0x100, 0x101])
  }

  @Test func whatIsNotPlainIsWrittenAnew() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) {
      $0.sizes = [2: (96, 64)]
      $0.damage = [1: .noise]
    }
    #expect(try join(session, at: folder.path("joined.ts")) == nil)
    let path = folder.path("merged.ts")
    let report = try merged(session, into: path, .ts)
    #expect(report.picturesEncoded == 160 || report.picturesEncoded == 80)
    #expect(try Content(path).complaints.isEmpty)
  }
}
