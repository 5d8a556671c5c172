/// The length of one tick of a media clock in seconds, as a fraction.
///
/// Both parts are positive. libav writes the same thing as `AVRational`.
package struct TimeBase: Hashable, Sendable, CustomStringConvertible {
  package let numerator: Int32
  package let denominator: Int32

  package init(_ numerator: Int32, _ denominator: Int32) {
    precondition(numerator > 0 && denominator > 0, "a time base is positive")
    self.numerator = numerator
    self.denominator = denominator
  }

  /// Ticks of MPEG transport streams (ISO 13818-1) and of RTP video (RFC 3551): 1/90000 s.
  package static let mpeg = TimeBase(1, 90_000)
  /// Ticks of Matroska, FLV and UTC stamps: 1/1000 s.
  package static let milliseconds = TimeBase(1, 1000)

  package var description: String { "\(numerator)/\(denominator)" }
}

/// A position on a clock, or a length of time, in flicks of 1/705,600,000 s.
///
/// A flick divides the ticks of every clock in use exactly (90 kHz, milliseconds, all usual frame
/// rates and sample rates), so sums of durations never drift. The range is ± 414 years.
package struct MediaTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  package var flicks: Int64

  package static let flicksPerSecond: Int64 = 705_600_000
  package static let zero = MediaTime(flicks: 0)
  package static let max = MediaTime(flicks: .max)

  package init(flicks: Int64) { self.flicks = flicks }

  /// `ticks` of `timeBase`, rounded to the nearest flick; beyond the range it saturates.
  package init(ticks: Int64, of timeBase: TimeBase) {
    self.flicks = Self.scale(
      ticks, Int128(timeBase.numerator) * Int128(Self.flicksPerSecond), Int128(timeBase.denominator)
    )
  }

  package init(milliseconds: Int64) { self.init(ticks: milliseconds, of: .milliseconds) }

  /// Seconds, rounded to the nearest flick; beyond the range, or not a number, it saturates.
  package init(seconds: Double) {
    let flicks = (seconds * Double(Self.flicksPerSecond)).rounded()
    self.flicks = Int64(exactly: flicks) ?? (seconds < 0 ? .min : .max)
  }

  package var seconds: Double { Double(flicks) / Double(Self.flicksPerSecond) }

  /// The nearest whole number of milliseconds.
  package var milliseconds: Int64 { ticks(of: .milliseconds) }

  /// The nearest whole number of ticks of `timeBase`, halves away from zero.
  package func ticks(of timeBase: TimeBase) -> Int64 {
    Self.scale(
      flicks, Int128(timeBase.denominator),
      Int128(timeBase.numerator) * Int128(Self.flicksPerSecond)
    )
  }

  private static func scale(_ value: Int64, _ by: Int128, _ over: Int128) -> Int64 {
    let product = Int128(value) * by
    let half = product < 0 ? -over / 2 : over / 2
    return Int64(clamping: (product + half) / over)
  }

  package static func < (a: MediaTime, b: MediaTime) -> Bool { a.flicks < b.flicks }
  package static func + (a: MediaTime, b: MediaTime) -> MediaTime {
    MediaTime(flicks: a.flicks.addingSaturating(b.flicks))
  }
  package static func - (a: MediaTime, b: MediaTime) -> MediaTime {
    MediaTime(flicks: a.flicks.subtractingSaturating(b.flicks))
  }
  package static prefix func - (a: MediaTime) -> MediaTime { .zero - a }
  package static func += (a: inout MediaTime, b: MediaTime) { a = a + b }
  package static func -= (a: inout MediaTime, b: MediaTime) { a = a - b }

  /// Seconds with three decimals, as `12.345`.
  package var description: String {
    let ms = milliseconds
    let parts = ms.magnitude.quotientAndRemainder(dividingBy: 1000)
    let fraction = String(parts.remainder + 1000).dropFirst()
    return "\(ms < 0 ? "-" : "")\(parts.quotient).\(fraction)"
  }
}

extension Int64 {
  fileprivate func addingSaturating(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (self < 0 ? .min : .max) : sum
  }
  fileprivate func subtractingSaturating(_ other: Int64) -> Int64 {
    let (difference, overflow) = subtractingReportingOverflow(other)
    return overflow ? (self < 0 ? .min : .max) : difference
  }
}
