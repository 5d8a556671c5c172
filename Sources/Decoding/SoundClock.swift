import Basics

/// Where each packet of a track's sound begins, so that neighbours join to the sample.
///
/// Packets that follow each other lie end to end, whatever their timestamps were rounded to. Where
/// that comes to differ from the timestamps, the difference is taken up little by little.
struct SoundClock {
  /// More between the end of a packet and the time of the next is a hole.
  static let hole = MediaTime(milliseconds: 10)
  /// Packets may be so far from their times before that is corrected.
  private static let tolerance = MediaTime(flicks: MediaTime.flicksPerSecond / 4000)
  /// The error of a sender's clock that is not worth resampling for; corrections make up for it.
  private static let negligible = 20e-6
  /// How fast positions are corrected: 0.04 % are not heard.
  private static let slew = 400e-6

  private let origin: MediaTime
  private let sample: Int64
  /// Where the last packet ends.
  private var end: MediaTime?
  /// What is being corrected, in how many packets, and how many of them are done.
  private var correction: (flicks: Int64, packets: Int64, done: Int64)?

  /// Positions are whole samples after `origin`, where nothing is stretched.
  ///
  /// `rate`: samples per second.
  init(origin: MediaTime, rate: Int) {
    self.origin = origin
    sample = MediaTime.flicksPerSecond / Int64(max(1, rate))
  }

  /// Where a packet begins.
  ///
  /// `time`: by its timestamp, on the session clock.
  /// `nominal`: its length by the samples in it.
  /// `duration`: that length on the session clock.
  /// `isNew`: it does not go on where the packet before ended.
  mutating func place(
    _ time: MediaTime, nominal: MediaTime?, duration: MediaTime?, isNew: Bool
  ) -> MediaTime {
    var start = time
    if let end, !isNew, magnitude(time - end) <= Self.hole {
      start = end
      if correction == nil { plan(time - end, nominal) }
    } else {
      let samples = (Double((time - origin).flicks) / Double(sample)).rounded()
      if let whole = Int64(exactly: samples) { start = origin + MediaTime(flicks: whole * sample) }
      correction = nil
    }
    end = length(nominal, duration).map { start + $0 + step() }
    return start
  }

  private func length(_ nominal: MediaTime?, _ duration: MediaTime?) -> MediaTime? {
    guard let nominal, let duration, nominal > .zero else { return duration ?? nominal }
    let drift = Double((duration - nominal).flicks) / Double(nominal.flicks)
    return abs(drift) < Self.negligible ? nominal : duration
  }

  /// Plans to make up for `error` in whole samples, so that what follows can be taken as it is.
  private mutating func plan(_ error: MediaTime, _ length: MediaTime?) {
    guard magnitude(error) > Self.tolerance, let length, length > .zero else { return }
    let samples = (Double(error.flicks) / Double(sample)).rounded()
    let packets = (abs(samples) * Double(sample) / (Self.slew * Double(length.flicks))).rounded(.up)
    guard samples != 0, let count = Int64(exactly: packets) else { return }
    correction = (Int64(samples) * sample, max(1, count), 0)
  }

  /// This packet's part of the correction.
  private mutating func step() -> MediaTime {
    guard let (flicks, packets, done) = correction else { return .zero }
    correction = done + 1 < packets ? (flicks, packets, done + 1) : nil
    return MediaTime(flicks: flicks * (done + 1) / packets - flicks * done / packets)
  }
}

func magnitude(_ time: MediaTime) -> MediaTime { time < .zero ? -time : time }
