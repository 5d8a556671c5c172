import Basics
import Testing

@testable import Slices

@Suite("A session as text")
struct TimelineDrawingTests {
  /// Runs from and to so many seconds.
  static func track(_ kind: TrackKind, _ runs: [(Double, Double)]) -> Track {
    Track(
      kind: kind,
      runs: runs.map { start, end in
        let slice = Slice(
          resource: .init(path: "x"), utc: nil, first: .zero,
          duration: MediaTime(seconds: end - start), format: Format(codec: "x"))
        return Run(slices: [PlacedSlice(slice: slice, start: MediaTime(seconds: start))])
      })
  }

  static func session(_ seconds: Double, _ participants: [Participant]) -> Session {
    Session(
      sid: "", cname: "", name: "", start: UTCTime(milliseconds: 0),
      duration: MediaTime(seconds: seconds), participants: participants)
  }

  static let lesson = session(
    600,
    [
      Participant(
        uid: "7", audio: track(.audio, [(0, 600)]), video: track(.video, [(60, 299), (300, 480)])),
      Participant(
        uid: "a very long name\u{1b}[2J", audio: track(.audio, [(0, 1), (590, 600)])),
    ])

  @Test("has a row for each track, its gaps, and the times")
  func boxes() {
    #expect(
      Self.lesson.drawing(width: 60) == [
        "7               audio ██████████████████████████████████████",
        "                video ····███████████████·██████████········",
        "a very long na… audio █····································█",
        "                      ┴───────┴──────┴───────┴──────┴───────",
        "                      0:00    2:00   4:00    6:00   8:00",
      ])
  }

  @Test("is plain where it must be")
  func plain() {
    #expect(
      Self.lesson.drawing(width: 60, isPlain: true) == [
        "7               audio ======================================",
        "                video ....===============.==========........",
        "a very long na~ audio =....................................=",
        "                      +-------+------+-------+------+-------",
        "                      0:00    2:00   4:00    6:00   8:00",
      ])
  }

  static let axes: [(Double, String)] = [
    (0.5, "        0:00"), (45, "        0:00     0:10      0:20     0:30     0:40"),
    (100_000, "        0:00     6:00:00  12:00:00 18:00:00"),
  ]

  @Test("has round times, whatever its length", arguments: axes)
  func times(seconds: Double, axis: String) {
    let session = Self.session(
      seconds, [Participant(uid: "1", audio: Self.track(.audio, [(0, seconds)]))])
    #expect(session.drawing(width: 50, isPlain: true).last == axis)
  }

  @Test("fits any width", arguments: [-1, 0, 39, 40, 41, 80, 200])
  func widths(width: Int) {
    for line in Self.lesson.drawing(width: width) {
      #expect(line.count <= max(40, width))
    }
  }

  @Test("of nothing is nothing")
  func empty() {
    #expect(Self.session(0, []).drawing(width: 80) == [])
  }
}
