import TestSupport
import Basics
import Testing

@testable import Slices

@Suite("Places on the session clock")
struct PlacementTests {
  static let utc = UTCTime(milliseconds: 1_772_357_400_000)  // 2026-03-01T09:30:00Z

  /// A slice of `length` ms that starts `at` ms after `utc` by its name, and at `first` by its own
  /// timestamps.
  static func slice(
    at: Int64?, first: Int64, length: Int64 = 15_000, path: String? = nil,
    isDiscontinuous: Bool = false
  ) -> Slice {
    Slice(
      resource: .init(path: path ?? "\(at ?? -1)-\(first).ts"),
      utc: at.map { UTCTime(milliseconds: utc.milliseconds + $0) },
      first: MediaTime(milliseconds: first), duration: MediaTime(milliseconds: length),
      format: Format(codec: "aac"), isDiscontinuous: isDiscontinuous)
  }

  static func place(_ slices: [Slice], uid: String = "1", kind: TrackKind = .audio) -> Session {
    Session.place([FoundTrack(uid: uid, kind: kind, slices: slices)])
  }

  /// Start and end of each slice of each run of the first track, in milliseconds.
  static func runs(_ session: Session) -> [[[Int64]]] {
    (session.participants.first?.tracks.first?.runs ?? []).map { run in
      run.slices.map { [$0.extent.start.milliseconds, $0.extent.end.milliseconds] }
    }
  }

  @Test("of neighbours are one run, exact to the flick")
  func neighbours() {
    let session = Self.place((0..<4).map { Self.slice(at: $0 * 15_000, first: 1400 + $0 * 15_000) })
    #expect(session.start == Self.utc)
    #expect(
      Self.runs(session) == [
        [[0, 15_000], [15_000, 30_000], [30_000, 45_000], [45_000, 60_000]]
      ])
    #expect(session.duration == MediaTime(milliseconds: 60_000))
    #expect(session.participants[0].audio?.driftPpm == 0)
  }

  @Test("do not depend on the order of the list")
  func order() {
    let slices = (0..<40).map { Self.slice(at: $0 * 15_007 + ($0 % 7) * 9, first: $0 * 15_000) }
    var generator = Seeded(seed: 1)
    let session = Self.place(slices)
    for _ in 0..<5 {
      #expect(Self.place(slices.shuffled(using: &generator)) == session)
    }
  }

  @Test(
    "are apart by more than 100 ms, or there is no gap",
    arguments: [(90, 1), (100, 1), (110, 2), (0, 1), (-90, 1)])
  func gap(hole: Int64, runs: Int) {
    let second = 15_000 + hole
    let session = Self.place([
      Self.slice(at: 0, first: 0), Self.slice(at: second, first: second),
      Self.slice(at: second + 15_000, first: second + 15_000),
    ])
    #expect(session.participants[0].audio?.runs.count == runs)
    #expect(session.participants[0].audio?.slices[1].start == MediaTime(milliseconds: second))
    #expect(session.duration == MediaTime(milliseconds: second + 30_000))
  }

  @Test("go by the names' UTC where the timestamps run on regardless")
  func stalled() {
    let session = Self.place([
      Self.slice(at: 0, first: 0), Self.slice(at: 15_000, first: 15_000),
      Self.slice(at: 48_000, first: 30_000), Self.slice(at: 63_000, first: 45_000),
    ])
    #expect(
      Self.runs(session) == [
        [[0, 15_000], [15_000, 30_000]], [[48_000, 63_000], [63_000, 78_000]],
      ])
  }

  @Test("ignore one stamp that is wrong")
  func stray() {
    let stamps: [Int64] = [0, 15_000, 30_700, 45_000, 60_000]
    let session = Self.place(
      stamps.enumerated().map { Self.slice(at: $1, first: Int64($0) * 15_000) })
    #expect(session.participants[0].audio?.runs.count == 1)
    #expect(session.participants[0].audio?.slices[2].start == MediaTime(milliseconds: 30_000))
  }

  @Test("do not begin with a first stamp that came late")
  func lateStart() {
    let stamps: [Int64] = [2000, 15_000, 30_000, 45_000]
    let session = Self.place(
      stamps.enumerated().map { Self.slice(at: $1, first: Int64($0) * 15_000) })
    #expect(session.start == Self.utc)
    #expect(
      Self.runs(session) == [
        [[0, 15_000], [15_000, 30_000], [30_000, 45_000], [45_000, 60_000]]
      ])
  }

  @Test("of slices whose timestamps start again are end to start")
  func restarts() {
    let session = Self.place((0..<80).map { Self.slice(at: $0 * 15_000 + ($0 % 3) * 20, first: 0) })
    let track = session.participants[0].audio
    #expect(track?.runs.count == 1)
    #expect(track?.driftPpm == 0)
    #expect(session.duration == MediaTime(milliseconds: 1_200_000))
    let slices = track?.slices ?? []
    #expect(zip(slices, slices.dropFirst()).allSatisfy { $0.end == $1.start })
  }

  @Test("two slices 135 s apart leave a gap of 120 s")
  func apart() {
    for first in [Int64(0), 135_000] {
      let session = Self.place([
        Self.slice(at: 0, first: 0), Self.slice(at: 135_000, first: first, path: "b.ts"),
      ])
      #expect(Self.runs(session) == [[[0, 15_000]], [[135_000, 150_000]]])
      #expect(
        session.participants[0].audio?.gaps == [
          Stretch(start: MediaTime(milliseconds: 15_000), end: MediaTime(milliseconds: 135_000))
        ])
    }
  }

  @Test("without a UTC follow the timestamps, from zero")
  func noUTC() {
    let session = Session.place(
      [
        FoundTrack(
          uid: "1", kind: .video,
          slices: [
            Self.slice(at: nil, first: 112_700, path: "v1"),
            Self.slice(at: nil, first: 127_700, path: "v2"),
            Self.slice(at: nil, first: 150_700, path: "v3"),
            Self.slice(at: nil, first: 0, path: "v4", isDiscontinuous: true),
          ]),
        FoundTrack(
          uid: "1", kind: .audio, slices: [Self.slice(at: nil, first: 112_500, path: "a")]),
        FoundTrack(uid: "2", kind: .audio, slices: [Self.slice(at: nil, first: 7000, path: "b")]),
      ], fallbackStart: Self.utc)
    #expect(session.start == Self.utc)
    #expect(session.participants[0].audio?.start == .zero)
    #expect(
      session.participants[0].video?.slices.map(\.start.milliseconds) == [
        200, 15_200, 38_200, 53_200,
      ])
    #expect(session.participants[1].audio?.start == .zero)
  }

  @Test("without a UTC lie beside those that have one")
  func someUTC() {
    let session = Session.place([
      FoundTrack(
        uid: "1", kind: .video,
        slices: [
          Self.slice(at: nil, first: 1000, path: "v0"), Self.slice(at: 20_000, first: 16_000),
          Self.slice(at: nil, first: 31_000, path: "v2"),
        ]),
      FoundTrack(uid: "1", kind: .audio, slices: [Self.slice(at: nil, first: 900, path: "a")]),
    ])
    #expect(session.start == UTCTime(milliseconds: Self.utc.milliseconds + 4900))
    #expect(session.participants[0].audio?.start == .zero)
    #expect(
      session.participants[0].video?.slices.map(\.start.milliseconds) == [100, 15_100, 30_100])
  }

  @Test("of two recorders at once: the first's stay, the second's fill its holes")
  func failover() {
    let sid = "38f8e3cfdc474cd56fc1ceba380d7e1a"
    func name(_ prefix: String, _ at: Int64) -> String {
      let time = UTCTime(milliseconds: Self.utc.milliseconds + at).digits
      return "/x/\(prefix)\(sid)_c__uid_s_1__uid_e_audio_\(time).ts"
    }
    let first = [0, 15_000, 60_000].map { Self.slice(at: $0, first: $0, path: name("", $0)) }
    let second = [3000, 18_000, 33_000, 48_000, 63_000, 78_000].map {
      Self.slice(at: $0, first: $0 + 500_000, path: name("bak0_", $0))
    }
    for slices in [first + second, second.reversed() + first.reversed()] {
      let session = Self.place(slices)
      #expect(
        Self.runs(session) == [
          [
            [0, 15_000], [15_000, 30_000], [30_000, 33_000], [33_000, 48_000], [48_000, 60_000],
            [60_000, 75_000], [75_000, 78_000], [78_000, 93_000],
          ]
        ])
      #expect(
        session.problems == [
          SessionProblem(
            path: name("bak0_", 3000), message: "left out: other slices cover its time",
            isLoss: false),
          SessionProblem(
            path: name("bak0_", 18_000), message: "overlaps other slices: cut to 3.000 s",
            isLoss: false),
          SessionProblem(
            path: name("bak0_", 48_000), message: "overlaps other slices: cut to 12.000 s",
            isLoss: false),
          SessionProblem(
            path: name("bak0_", 63_000), message: "overlaps other slices: cut to 3.000 s",
            isLoss: false),
        ])
    }
  }

  @Test("of a copy of a slice: it is left out")
  func copies() {
    let session = Self.place([
      Self.slice(at: 0, first: 0, path: "a.ts"), Self.slice(at: 0, first: 0, path: "b.ts"),
      Self.slice(at: 15_000, first: 15_000, path: "c.ts"),
      Self.slice(at: 15_000, first: 15_000, path: "c.ts"),
    ])
    #expect(Self.runs(session) == [[[0, 15_000], [15_000, 30_000]]])
    #expect(session.problems.map(\.path) == ["b.ts"])
  }

  @Test("of one file that is listed again and again")
  func loop() {
    let session = Self.place(
      (0..<5).map { Self.slice(at: $0 * 15_000, first: 1400, path: "same.ts") }
        + [Self.slice(at: 90_000, first: 1400, path: "same.ts")])
    #expect(
      Self.runs(session).map { $0.map { $0[0] } } == [
        [0, 15_000, 30_000, 45_000, 60_000], [90_000],
      ])
    let unstamped = Self.place((0..<3).map { _ in Self.slice(at: nil, first: 7, path: "same.ts") })
    #expect(unstamped.duration == MediaTime(milliseconds: 45_000))
  }

  @Test("of rotations, which begin with their slice")
  func turns() throws {
    func time(_ at: Int64) -> UTCTime { UTCTime(milliseconds: Self.utc.milliseconds + at) }
    let stamps: [Int64] = [0, 15_020, 29_990, 45_010, 60_000]
    let session = Session.place([
      FoundTrack(
        uid: "1", kind: .video,
        slices: stamps.enumerated().map { Self.slice(at: $1, first: Int64($0) * 15_000) },
        rotations: [
          Rotation(time: time(0), degrees: 0), Rotation(time: time(15_020), degrees: 90),
          Rotation(time: time(20_000), degrees: 90), Rotation(time: time(33_000), degrees: 270),
        ])
    ])
    let track = try #require(session.participants[0].video)
    // The stamps' mean error of 4 ms moves session zero, and with it what has a time of its own.
    #expect(session.start == time(4))
    #expect(
      session.turns(of: track).map { [$0.position.milliseconds, Int64($0.degrees)] } == [
        [15_000, 90], [32_996, 270],
      ])
  }

  @Test("of participants, sorted, with their segments")
  func participants() {
    let session = Session.place(
      ["10", "9", "zoe", "Ann", "009"].enumerated().map { index, uid in
        FoundTrack(
          uid: uid, kind: .audio, slices: [Self.slice(at: Int64(index) * 1000, first: 0)],
          rotations: [
            Rotation(time: Self.utc, degrees: 90), Rotation(time: Self.utc, degrees: 90),
          ])
      } + [
        FoundTrack(uid: "9", kind: .video, slices: [Self.slice(at: 30_999, first: 0)]),
        FoundTrack(uid: "9", kind: .video, slices: [Self.slice(at: 90_000, first: 0)]),
        FoundTrack(uid: "empty", kind: .video, slices: []),
      ])
    #expect(session.participants.map(\.uid) == ["9", "009", "10", "Ann", "zoe"])
    #expect(session.participants[0].audio?.rotations.count == 1)
    #expect(
      session.participants[0].segments().map { [$0.start.milliseconds, $0.end.milliseconds] } == [
        [1000, 45_999], [90_000, 105_000],
      ])
    #expect(Session.place([]).duration == .zero)
  }
}
