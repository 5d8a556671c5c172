import TestSupport
import Basics
import Testing

@testable import Slices

/// Made tracks, whose true places are known: whatever stamps and clocks do, slices are placed
/// within 20 ms of the truth, and gaps are found where they are.
@Suite("Places under jitter and drift")
struct PlacementPropertyTests {
  static let bound = 0.020

  static func place(_ made: MadeTrack) -> Session {
    Session.place([FoundTrack(uid: "1", kind: .audio, slices: made.slices)])
  }

  static func track(_ session: Session) throws -> Track {
    try #require(session.participants.first?.audio)
  }

  @Test("three hours with one clock are one run", arguments: [-100e-6, 0, 37e-6, 100e-6, 300e-6])
  func longRun(drift: Double) throws {
    for seed in UInt64(1)...5 {
      var generator = Seeded(seed: seed)
      let made = MadeTrack(
        [.init(start: 0, count: 720)], drift: drift, jitter: 0.030, using: &generator)
      let session = Self.place(made)
      #expect(made.error(of: session) <= Self.bound)
      let track = try Self.track(session)
      #expect(track.runs.count == 1)
      #expect(abs(track.driftPpm - drift * 1e6) < 2)
      let slices = track.slices
      #expect(zip(slices, slices.dropFirst()).allSatisfy { abs(($0.end - $1.start).flicks) <= 2 })
    }
  }

  @Test("short tracks invent no drift", arguments: [2, 4, 10, 40])
  func short(count: Int) throws {
    for seed in UInt64(1)...20 {
      var generator = Seeded(seed: seed)
      let made = MadeTrack(
        [.init(start: 0, count: count)], jitter: 0.030, using: &generator)
      let track = try Self.track(Self.place(made))
      #expect(track.runs.count == 1)
      // Over its length, the drift moves nothing by more than the jitter.
      #expect(abs(track.driftPpm * 1e-6) * Double(count) * 15 < 0.030)
    }
  }

  @Test(
    "stamps without jitter are believed to the millisecond that they count",
    arguments: [3, 5, 10, 20, 80], [-100e-6, 0, 100e-6])
  func cleanStamps(count: Int, drift: Double) throws {
    for seed in UInt64(1)...5 {
      var generator = Seeded(seed: seed)
      let made = MadeTrack(
        [.init(start: 7.3, count: count)], drift: drift, using: &generator)
      #expect(made.error(of: Self.place(made)) <= Self.millisecond)
    }
  }

  /// One of a stamp, and what is left of a drift that so few of them tell.
  private static let millisecond = 0.0012

  @Test(
    "gaps are found by timestamps, not by stamps", arguments: [(0.090, 1), (0.110, 2)])
  func gaps(hole: Double, runs: Int) throws {
    for seed in UInt64(1)...10 {
      var generator = Seeded(seed: seed)
      let made = MadeTrack(
        [.init(start: 0, count: 60, holes: [31: hole])], drift: 50e-6, jitter: 0.030,
        using: &generator)
      let session = Self.place(made)
      let track = try Self.track(session)
      #expect(track.runs.count == runs)
      #expect(made.error(of: session) <= Self.bound)
      let at = track.slices[31].start - track.slices[30].end
      #expect(abs(at.seconds - hole) < 0.012)
    }
  }

  @Test("four hours with twenty absences", arguments: [true, false])
  func absences(clockRunsOn: Bool) throws {
    for seed in UInt64(1)...10 {
      var generator = Seeded(seed: seed)
      let presences = (0..<21).map { index in
        MadeTrack.Presence(start: Double(index) * 690, count: 40 + index % 5)
      }
      let bases = presences.map { _ in Double.random(in: 0...50_000, using: &generator) }
      let made = MadeTrack(presences, drift: 100e-6, jitter: 0.030, using: &generator) {
        own, presence, _ in clockRunsOn ? own : own - presences[presence].start + bases[presence]
      }
      let session = Self.place(made)
      #expect(made.error(of: session) <= Self.bound)
      let track = try Self.track(session)
      #expect(track.runs.count == 21)
      #expect(abs(track.driftPpm - 100) < (clockRunsOn ? 1 : 12))
      #expect(session.participants[0].segments().count == 21)
    }
  }

  @Test("timestamps wrap twice in 54 hours")
  func wraps() throws {
    var generator = Seeded(seed: 3)
    let wrap = TrackClock.wrap.seconds
    // Ten-minute slices with an absence across the second wrap.
    let made = MadeTrack(
      [.init(start: 0, count: 310, length: 600), .init(start: 190_000, count: 8, length: 600)],
      drift: 20e-6, jitter: 0.030, using: &generator
    ) { own, _, _ in (own + 80_000).truncatingRemainder(dividingBy: wrap) }
    let session = Self.place(made)
    #expect(made.error(of: session) <= Self.bound)
    #expect(try Self.track(session).runs.count == 2)
    #expect(session.duration > MediaTime(seconds: 194_000))
  }

  @Test("timestamps start again in every slice")
  func restarts() throws {
    for seed in UInt64(1)...10 {
      var generator = Seeded(seed: seed)
      let made = MadeTrack(
        [.init(start: 0, count: 200, holes: [80: 0.060, 120: 30])], drift: 30e-6, jitter: 0.015,
        using: &generator
      ) { _, _, _ in 1.4 }
      let session = Self.place(made)
      let track = try Self.track(session)
      #expect(track.runs.count == 2)
      #expect(made.error(of: session) <= Self.bound)
    }
  }

  @Test("a hole before a slice whose timestamps start again", arguments: [0.090, 0.140, 0.180])
  func hole(seconds: Double) {
    for seed in UInt64(1)...20 {
      var generator = Seeded(seed: seed)
      let made = MadeTrack(
        [.init(start: 0, count: 200, holes: [80: seconds])], drift: 30e-6, jitter: 0.030,
        using: &generator
      ) { _, _, _ in 0 }
      #expect(made.error(of: Self.place(made)) <= Self.bound)
    }
  }

  @Test("slices whose lengths do not add up follow their stamps")
  func shortened() throws {
    var generator = Seeded(seed: 8)
    var made = MadeTrack(
      [.init(start: 0, count: 200)], jitter: 0.010, using: &generator
    ) { _, _, _ in 0 }
    for index in made.slices.indices {
      made.slices[index].duration -= MediaTime(milliseconds: 21)
    }
    let session = Self.place(made)
    #expect(made.error(of: session) <= 0.050)
  }

  @Test("two recorders of one sender leave no second out and double none")
  func failover() throws {
    for seed in UInt64(1)...10 {
      var generator = Seeded(seed: seed)
      // The first recorder is away for ten minutes; the second starts 90 s before and stays.
      var made = MadeTrack(
        [.init(start: 0, count: 100), .init(start: 2100, count: 100)], drift: 80e-6, jitter: 0.030,
        using: &generator)
      let second = MadeTrack(
        [.init(start: 1410, count: 100)], drift: 80e-6, jitter: 0.030, using: &generator
      ) { own, _, _ in own + 3333 }
      let sid = SliceNameTests.sid
      for (index, slice) in second.slices.enumerated() {
        var copy = slice
        copy.resource.path = "/x/bak0_\(sid)_c__uid_s_1__uid_e_audio_\(index).ts"
        made.truth[copy.resource.path] = second.truth[slice.resource.path]
        made.slices.append(copy)
      }
      let session = Self.place(made)
      #expect(made.error(of: session) <= Self.bound)
      let track = try Self.track(session)
      #expect(track.runs.count == 1)
      let slices = track.slices
      // The recorders' fits differ by a few milliseconds where one takes over from the other.
      #expect(
        zip(slices, slices.dropFirst()).allSatisfy {
          abs(($1.extent.start - $0.extent.end).seconds) < 0.020
        })
      #expect(slices.filter { $0.slice.first.seconds > 4000 && $0.clip != nil }.count <= 2)
    }
  }

  @Test("two participants whose clocks run apart")
  func twoClocks() {
    var generator = Seeded(seed: 5)
    let fast = MadeTrack(
      [.init(start: 0, count: 960)], drift: -50e-6, jitter: 0.030, using: &generator)
    let slow = MadeTrack(
      [.init(start: 3, count: 960)], drift: 50e-6, jitter: 0.030, using: &generator)
    let session = Session.place([
      FoundTrack(uid: "slow", kind: .audio, slices: slow.slices),
      FoundTrack(uid: "fast", kind: .audio, slices: fast.slices),
    ])
    for (uid, made) in [("slow", slow), ("fast", fast)] {
      var part = session
      part.participants = session.participants.filter { $0.uid == uid }
      #expect(made.error(of: part) <= Self.bound)
    }
  }

  @Test("anything at all gives a session")
  func anything() {
    var generator = Seeded(seed: 11)
    let numbers: [Int64] = [0, 1, -1, .max, .min, 15_000, 67_344_087_122_560, 1 << 40]
    for _ in 0..<300 {
      let slices = (0..<Int.random(in: 0...12, using: &generator)).map { index in
        func number() -> Int64 {
          numbers[Int.random(in: 0..<numbers.count, using: &generator)]
        }
        return Slice(
          resource: .init(path: index % 3 == 0 ? "bak\(index % 2)_x" : "\(index)"),
          utc: Bool.random(using: &generator) ? UTCTime(milliseconds: number() >> 12) : nil,
          first: MediaTime(flicks: number()), duration: MediaTime(flicks: number()),
          format: Format(codec: "vp8"), isDiscontinuous: Bool.random(using: &generator))
      }
      let session = Session.place([FoundTrack(uid: "1", kind: .video, slices: slices)])
      #expect(session.participants.count == (slices.isEmpty ? 0 : 1))
    }
  }
}
