package import Basics
package import Media
package import Slices

/// The decoded sound of a track, one block after the other: continuous, of one rate and number of
/// channels, each sample at its place on the session clock.
///
/// Where the track has nothing, there is silence.
package final class SoundReader {
  private let uid: String
  private let feed: SoundFeed
  private let decoder: SoundDecoder
  private var ready: SoundBuffer
  /// The sample that is next.
  package private(set) var position: Int64

  /// Begins at sample `first`.
  ///
  /// `rate`: samples per second: 48000, 44100, 32000, 16000 or another that divides 705,600,000.
  /// `channels`: one or two.
  /// `origin`: where on the session clock sample 0 lies.
  /// `length`: samples of the whole output, which sound at both ends needs no fading for; nil fades
  /// sound wherever it begins and ends.
  package init(
    _ track: Track, uid: String, rate: Int, channels: Int, origin: MediaTime = .zero,
    from first: Int64 = 0, length: Int64? = nil
  ) {
    self.uid = uid
    let sample = MediaTime.flicksPerSecond / Int64(max(1, rate))
    feed = SoundFeed(
      track, origin: origin, rate: rate, from: origin + MediaTime(flicks: first * sample))
    decoder = SoundDecoder(
      rate: rate, channels: channels, origin: origin, subject: "uid '\(uid)'",
      bounds: length.map { 0..<max(0, $0) })
    ready = SoundBuffer(channels: channels)
    position = first
  }

  /// What could not be read or decoded so far.
  package var problems: [SessionProblem] {
    feed.problems
      + SoundDecoder.problems(
        of: uid, refusal: decoder.refusal?.reason, damaged: decoder.damaged.count)
  }

  /// Reads the next `count` samples into `buffer`, instead of what it held.
  package func read(_ count: Int, into buffer: inout SoundBuffer) {
    let window = position..<position + Int64(max(0, count))
    buffer.resize(0)
    buffer.resize(window.count)
    for packet in feed.packets(for: window) { decoder.decode(packet, keep) }
    if feed.isPaused { decoder.pause(keep) }
    let available = min(ready.count, window.count)
    buffer.add(ready, 0..<available, at: 0)
    ready.drop(available)
    position = window.upperBound
  }

  /// Puts decoded samples behind `position`; those that come too late are left out.
  private func keep(_ start: Int64, _ samples: borrowing SoundBuffer) {
    let offset = start - position
    let skipped = Int(min(Int64(samples.count), max(0, -offset)))
    guard skipped < samples.count else { return }
    let place = Int(max(0, offset))
    if ready.count < place + samples.count - skipped {
      ready.resize(place + samples.count - skipped)
    }
    ready.add(samples, skipped..<samples.count, at: place)
  }
}

extension SoundDecoder {
  /// What could not be decoded of a uid's sound, as reports tell it.
  ///
  /// `refusal`: why there is no decoder.
  /// `damaged`: packets that could not be decoded.
  package static func problems(of uid: String, refusal: String?, damaged: Int) -> [SessionProblem] {
    var messages: [String] = []
    if let refusal { messages.append(refusal) }
    if damaged > 0 { messages.append("\(damaged) packets of sound cannot be decoded") }
    return messages.map { SessionProblem(path: "uid '\(uid)'", message: $0) }
  }
}
