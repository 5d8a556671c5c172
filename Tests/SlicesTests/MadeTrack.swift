import TestSupport
import Basics

@testable import Slices

/// A track as a recorder would have written it, with the truth about where its slices lie.
struct MadeTrack {
  var slices: [Slice] = []
  /// Where each slice, by its path, lies on the session clock, in seconds.
  var truth: [String: Double] = [:]

  /// Session seconds per second of the sender's clock, minus one.
  var drift: Double

  static let utc = UTCTime(milliseconds: 1_772_357_400_000)

  /// A sender's presence: `count` slices of `length` seconds of its clock from `start`, in seconds
  /// of the session clock, with a hole of `holes[index]` seconds before a slice.
  struct Presence {
    var start: Double
    var count: Int
    var length = 15.0
    var holes: [Int: Double] = [:]
  }

  /// Makes what the recorder would have seen; stamps are off by up to `jitter` seconds either way.
  ///
  /// `timestamp` makes a slice's first one
  /// from the sender's seconds, the number of the presence, and that of the slice in it.
  init(
    _ presences: [Presence], drift: Double = 0, jitter: Double = 0,
    using generator: inout Seeded,
    timestamp: (_ own: Double, _ presence: Int, _ slice: Int) -> Double = { own, _, _ in own }
  ) {
    self.drift = drift
    for (number, presence) in presences.enumerated() {
      // The sender's clock runs on while it is absent.
      var own = presence.start / (1 + drift)
      for index in 0..<presence.count {
        own += (presence.holes[index] ?? 0) / (1 + drift)
        let place = own * (1 + drift)
        let stamp = place + Double.random(in: -1...1, using: &generator) * jitter
        let path = "\(number)-\(index).ts"
        truth[path] = place
        slices.append(
          Slice(
            resource: .init(path: path),
            utc: UTCTime(
              milliseconds: Self.utc.milliseconds + Int64((stamp * 1000).rounded(.down))),
            first: MediaTime(seconds: timestamp(own, number, index)),
            duration: MediaTime(seconds: presence.length), format: Format(codec: "aac")))
        own += presence.length
      }
    }
  }

  /// The greatest distance, in seconds, of any slice's start or end from the truth.
  func error(of session: Session) -> Double {
    let zero = Double(session.start.milliseconds - Self.utc.milliseconds) / 1000
    let placed = session.participants.flatMap(\.tracks).flatMap(\.slices)
    return placed.map { slice in
      let truth = truth[slice.slice.resource.path] ?? .infinity
      let length = slice.slice.duration.seconds * (1 + drift)
      return max(
        abs(slice.start.seconds + zero - truth), abs(slice.end.seconds + zero - truth - length))
    }.max() ?? .infinity
  }
}
