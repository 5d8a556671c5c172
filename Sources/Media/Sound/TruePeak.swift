import Glibc

/// The amplitude of sound between its samples too (ITU-R BS.1770-4, annex 2): three values between
/// each two samples.
package struct TruePeak: Sendable {
  /// Samples on either side that a value depends on.
  package static let reach = 8
  private static let block = 64
  /// No value between samples is louder than the samples around it by more than this factor.
  private static let overshoot: Float = 2.5
  /// For each tap its weight in the sample and in the three values after it.
  private static let weights: [SIMD4<Float>] = (0..<2 * reach).map { tap in
    var weights = SIMD4<Float>.zero
    for phase in 0..<4 {
      let distance = Double(tap - reach + 1) - Double(phase) / 4
      let angle = Double.pi * distance
      let window = pow(cos(angle / Double(2 * reach + 1)), 2)
      weights[phase] = Float((angle == 0 ? 1 : sin(angle) / angle) * window)
    }
    return weights
  }

  /// The highest amplitude that was measured.
  package private(set) var amplitude: Float = 0

  package init() {}

  /// Measures samples of a buffer; those around them are looked at, but do not count.
  package mutating func add(_ sound: borrowing SoundBuffer, _ samples: Range<Int>) {
    var highest = amplitude
    for channel in 0..<sound.channels {
      Self.visit(sound, channel, samples, above: highest) { _, value in
        highest = max(highest, value)
        return highest
      }
    }
    amplitude = highest
  }

  /// Calls `body` with those of `samples` whose amplitude, or that of a value between them and the
  /// next, is above a level.
  ///
  /// `body`: gets the sample's number and the amplitude, and returns the level for what follows.
  @inline(__always)
  static func visit(
    _ sound: borrowing SoundBuffer, _ channel: Int, _ samples: Range<Int>, above level: Float,
    _ body: (Int, Float) -> Float
  ) {
    let count = sound.count
    precondition(samples.lowerBound >= 0 && samples.upperBound <= count)
    let plane = sound.plane(channel)
    var level = level
    weights.withUnsafeBufferPointer { weights in
      for start in stride(from: samples.lowerBound, to: samples.upperBound, by: block) {
        let end = min(samples.upperBound, start + block)
        guard isLouder(plane, max(0, start - reach)..<min(count, end + reach), level) else {
          continue
        }
        for index in start..<end {
          var value = abs(plane[index])
          if index >= reach - 1, index + reach < count {
            let first = plane + index - reach + 1
            var sum = SIMD4<Float>.zero
            for tap in 0..<2 * reach { sum += weights[tap] * first[tap] }
            value = max(value, max(sum.max(), -sum.min()))
          }
          if value > level { level = body(index, value) }
        }
      }
    }
  }

  /// Whether a value among or between the samples may be above a level.
  private static func isLouder(
    _ plane: UnsafeMutablePointer<Float>, _ samples: Range<Int>, _ level: Float
  ) -> Bool {
    var peak: Float = 0
    for index in samples { peak = max(peak, abs(plane[index])) }
    return peak * overshoot > level
  }
}
