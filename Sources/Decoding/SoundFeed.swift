import Archive
package import Basics
import Media
package import Slices

/// A packet of sound, placed on the session clock and ready to be decoded by anybody.
package final class SoundPacket: Sendable {
  /// Counts the track's packets.
  let number: Int
  let packet: Packet
  let time: MediaTime
  let end: MediaTime
  let parameters: StreamParameters
  /// What was decoded before does not go on here.
  let startsStream: Bool
  /// It is of one channel.
  package var isMono: Bool { parameters.channels == 1 }

  init(
    _ packet: consuming Packet, number: Int, at time: MediaTime, until end: MediaTime,
    _ parameters: StreamParameters, startsStream: Bool
  ) {
    self.packet = packet
    self.number = number
    self.time = time
    self.end = end
    self.parameters = parameters
    self.startsStream = startsStream
  }
}

/// Hands out the packets of a track for one stretch after the other, which may then be decoded in
/// parallel.
package final class SoundFeed {
  private let reader: TrackReader
  private let origin: MediaTime
  private let sample: MediaTime
  private var clock: SoundClock
  /// What later stretches may need as well.
  private var kept: [SoundPacket] = []
  private var newest: MediaTime = .zero - .max
  private var count = 0
  /// No packet follows.
  package private(set) var isEnded = false
  /// Nothing but silence follows the packets that were given last, for a while.
  private(set) var isPaused = false

  /// Sample 0 lies at `origin`; no stretch will be asked for before `first`.
  ///
  /// `rate`: samples per second.
  package init(_ track: Track, origin: MediaTime, rate: Int, from first: MediaTime) {
    reader = TrackReader(track, from: first - Self.longestWarmUp)
    self.origin = origin
    sample = MediaTime(flicks: MediaTime.flicksPerSecond / Int64(max(1, rate)))
    clock = SoundClock(origin: origin, rate: rate)
  }

  /// Slices that could not be read so far, or not to their end.
  package var problems: [SessionProblem] { reader.problems }

  /// The packets that are needed for the samples of `window`, with those before it that bring a
  /// decoder into the state that it would have.
  ///
  /// Windows may overlap, and begin one after the other.
  package func packets(for window: Range<Int64>) -> [SoundPacket] {
    let start = time(of: window.lowerBound)
    // The samples after the end, and the packet after them, tell how the sound goes on.
    let end = time(of: window.upperBound) + MediaTime(milliseconds: 10)
    forget(before: start)
    isPaused = isEnded
    while newest < end, !isEnded {
      guard let place = reader.peek() else {
        isEnded = true
        isPaused = true
        break
      }
      // Far behind silence: it is for another window.
      if place.pts > end + MediaTime(milliseconds: 1000) {
        isPaused = true
        break
      }
      take()
      // A track may begin long before the first window.
      if count % 1024 == 0 { forget(before: start) }
    }
    return kept.filter { $0.end > start - warmUp(of: $0) }
  }

  private func forget(before start: MediaTime) {
    guard let first = kept.lastIndex(where: { $0.end <= start - warmUp(of: $0) }) else { return }
    kept.removeFirst(max(0, min(first, kept.count - 3)))
  }

  private func take() {
    // What the reader cannot read is among its problems.
    try? reader.take { (packet, place) throws(Failure) in
      guard let stream = reader.stream else { return }
      let startsStream = place.startsFormat || !place.continues
      let time = clock.place(
        place.pts, nominal: stream.duration(of: packet), duration: place.duration,
        isNew: startsStream)
      newest = max(newest, time)
      kept.append(
        SoundPacket(
          packet.take(), number: count, at: time, until: time + (place.duration ?? .zero),
          stream.parameters, startsStream: startsStream))
      count += 1
    }
  }

  private func time(of sample: Int64) -> MediaTime {
    let (flicks, isTooFar) = self.sample.flicks.multipliedReportingOverflow(by: sample)
    return isTooFar ? .max : origin + MediaTime(flicks: flicks)
  }

  private static let longestWarmUp = MediaTime(milliseconds: 400)

  /// How much must be decoded before what comes out is right: RFC 7845 §4.6 asks for 80 ms of Opus;
  /// frames of MP3 refer to the ten before.
  private func warmUp(of packet: SoundPacket) -> MediaTime {
    switch packet.parameters.codec {
    case "aac", "opus", "vorbis": MediaTime(milliseconds: 120)
    default: Self.longestWarmUp
    }
  }
}
