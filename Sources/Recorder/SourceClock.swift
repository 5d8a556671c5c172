import Basics

/// Tells when the samples of one connection were made.
///
/// Positions are on the connection's own timeline, that of its timestamps. The sender's clock
/// counts where it sends one and it is near ours; else the time of arrival, as the smallest delay
/// seen, since a packet can come late but never early.
struct SourceClock {
  /// How far the sender's clock may be from ours to be believed.
  private static let trust = MediaTime(milliseconds: 10_000)
  /// The estimate follows the sender's crystal, which is off by less, and never jumps.
  private static let slope = 500e-6

  /// UTC minus position.
  private struct Offset {
    var arrival: MediaTime
    var sender: MediaTime?
    /// The smallest arrival offset since `windowStart`.
    var window: MediaTime
    var windowStart: UTCTime
    /// Before the first window is over the estimate may still fall at once.
    var isSettled = false

    mutating func note(_ position: MediaTime, _ arrival: UTCTime, _ senderClock: Int64?) {
      let offset = arrival - epoch - position
      window = min(window, offset)
      if !isSettled { self.arrival = window }
      if arrival - windowStart >= windowLength {
        let reach = MediaTime(seconds: (arrival - windowStart).seconds * slope)
        if isSettled { self.arrival += max(-reach, min(reach, window - self.arrival)) }
        isSettled = true
        window = offset
        windowStart = arrival
      }
      guard let senderClock else { return }
      let sender = MediaTime(ticks: senderClock, of: TimeBase(1, 1_000_000)) - position
      let error = sender - self.arrival
      self.sender = error > -trust && error < trust ? sender : nil
    }
  }

  private static let epoch = UTCTime(milliseconds: 0)
  private static let windowLength = MediaTime(milliseconds: 10_000)
  private let isPerStream: Bool
  private var offsets: [Int: Offset] = [:]
  /// The slice that last started by each clock.
  private var started: [Int: (position: MediaTime, utc: UTCTime)] = [:]

  init(isPerStream: Bool) { self.isPerStream = isPerStream }

  private func key(_ stream: Int) -> Int { isPerStream ? stream : 0 }

  /// Notes a packet's arrival.
  ///
  /// `senderClock`: the sender's UTC at `position`, in microseconds of Unix time.
  mutating func note(stream: Int, position: MediaTime, arrival: UTCTime, senderClock: Int64?) {
    let offset = arrival - Self.epoch - position
    offsets[key(stream), default: Offset(arrival: offset, window: offset, windowStart: arrival)]
      .note(position, arrival, senderClock)
  }

  /// When the sample at `position` was made; nil before anything was noted.
  func utc(stream: Int, position: MediaTime) -> UTCTime? {
    offsets[key(stream)].map { Self.epoch + (($0.sender ?? $0.arrival) + position) }
  }

  /// When a slice starts, before its final stamp is known.
  ///
  /// Slices of one clock that start within two seconds have it from the first of them, however the
  /// estimate moves: should the recorder be killed, sound and pictures still belong together.
  mutating func start(stream: Int, position: MediaTime) -> UTCTime? {
    let key = key(stream)
    if let last = started[key], abs((position - last.position).seconds) < 2 {
      return last.utc + (position - last.position)
    }
    guard let utc = utc(stream: stream, position: position) else { return nil }
    started[key] = (position, utc)
    return utc
  }

  /// The final stamp of a slice; from the first on, the estimate moves slowly, since those of sound
  /// and pictures must fit each other.
  mutating func stamp(stream: Int, position: MediaTime) -> UTCTime? {
    let key = key(stream)
    offsets[key]?.isSettled = true
    started[key] = nil
    return utc(stream: stream, position: position)
  }

  /// Whether the sender's own clock gives a stream's times.
  func isFromSender(stream: Int) -> Bool {
    offsets[key(stream)]?.sender != nil
  }
}
