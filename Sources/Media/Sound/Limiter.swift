import Glibc

/// Keeps the true peak of sound (ITU-R BS.1770-4) below a ceiling, by turning it down before and
/// after each peak rather than by cutting the peak off.
///
/// It looks ahead, so sound is limited in whole buffers; what comes out depends on the second
/// before and the 10 ms after alone.
package struct Limiter: Sendable {
  private let ceiling: Float
  private let hold: Int
  private let release: Float
  /// Half of the taps with which values between samples are found.
  private static let reach = 8
  private static let filters: [[Float]] = (1...3).map { phase in
    let values = (0..<2 * reach).map { tap -> Double in
      let distance = Double(tap - reach + 1) - Double(phase) / 4
      let angle = Double.pi * distance
      return sin(angle) / angle * pow(cos(angle / Double(2 * reach + 1)), 2)
    }
    return values.map { Float($0) }
  }

  /// `decibels`: of the ceiling, below full scale.
  package init(rate: Int, decibels: Double) {
    // Four values for each sample miss the highest point between them by a little.
    ceiling = Float(amplitude(decibels: decibels - 0.12))
    hold = max(2, rate / 200)
    release = 1 / (0.05 * Float(rate))
  }

  package func limit(_ sound: inout SoundBuffer) {
    var (gains, stretches) = needed(sound)
    let longest = stretches.map(\.count).max() ?? 0
    let work = UnsafeMutablePointer<Float>.allocate(capacity: 2 * (longest + 2 * hold))
    defer { work.deallocate() }
    gains.withUnsafeMutableBufferPointer { all in
      for stretch in stretches {
        let gains = UnsafeMutableBufferPointer(rebasing: all[stretch])
        spread(gains, work)
        var last: Float = 1
        for index in gains.indices {
          last = min(gains[index], last + (1 - last) * release)
          gains[index] = last
        }
        Self.smooth(gains, hold / 2, work)
        Self.smooth(gains, hold - hold / 2, work)
        for channel in 0..<sound.channels {
          let plane = sound.plane(channel) + stretch.lowerBound
          for index in gains.indices { plane[index] *= gains[index] }
        }
      }
    }
  }

  /// What each sample must be multiplied with, and where that or what is near it is not 1: it takes
  /// a while until after a peak nothing is turned down any more.
  private func needed(_ sound: borrowing SoundBuffer)
    -> (gains: [Float], stretches: [Range<Int>])
  {
    let count = sound.count
    let (before, after) = (3 * hold, Int(10 / release) + 3 * hold)
    var gains: [Float] = []
    var stretches: [Range<Int>] = []
    let block = 64
    // Of each channel's block before, this and the next.
    var near = (0..<sound.channels).map {
      (Float(0), Float(0), SoundBuffer.peak(sound.plane($0), 0..<min(block, count)))
    }
    for start in stride(from: 0, to: count, by: block) {
      let end = min(count, start + block)
      for channel in 0..<sound.channels {
        let plane = sound.plane(channel)
        near[channel] = (
          near[channel].1, near[channel].2, SoundBuffer.peak(plane, end..<min(count, end + block))
        )
        // Between samples it is never louder than that.
        let peak = max(near[channel].0, near[channel].1, near[channel].2)
        guard peak > ceiling * 0.4 else { continue }
        var index = start
        while index < end {
          let peaks = Self.peaks(plane, index, count)
          if peaks.max() > ceiling {
            if gains.isEmpty { gains = [Float](repeating: 1, count: count) }
            for lane in 0..<min(end - index, peaks.scalarCount) where peaks[lane] > ceiling {
              gains[index + lane] = min(gains[index + lane], ceiling / peaks[lane])
            }
            let around = max(0, index - before)..<min(count, index + peaks.scalarCount + after)
            if let last = stretches.last, last.upperBound >= around.lowerBound {
              stretches[stretches.count - 1] =
                min(last.lowerBound, around.lowerBound)..<max(last.upperBound, around.upperBound)
            } else {
              stretches.append(around)
            }
          }
          index += peaks.scalarCount
        }
      }
    }
    return (gains, stretches)
  }

  private static func loaded(_ samples: UnsafeMutablePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(samples).loadUnaligned(as: SIMD8<Float>.self)
  }

  private static func size(_ values: SIMD8<Float>) -> SIMD8<Float> {
    values.replacing(with: -values, where: values .< 0)
  }

  /// The highest amplitude at each of eight samples and between it and the next; beyond the last
  /// sample it is zero.
  private static func peaks(_ plane: UnsafeMutablePointer<Float>, _ first: Int, _ count: Int)
    -> SIMD8<Float>
  {
    guard first >= reach - 1, first + 7 + reach < count else {
      var peaks = SIMD8<Float>.zero
      for lane in 0..<min(8, count - first) { peaks[lane] = peak(plane, first + lane, count) }
      return peaks
    }
    var peaks = size(loaded(plane + first))
    for filter in filters {
      var sum = SIMD8<Float>.zero
      for tap in 0..<2 * reach { sum += loaded(plane + first - reach + 1 + tap) * filter[tap] }
      peaks = pointwiseMax(peaks, size(sum))
    }
    return peaks
  }

  /// The same for one sample; at the ends nothing is known of what is between samples.
  private static func peak(_ plane: UnsafeMutablePointer<Float>, _ index: Int, _ count: Int)
    -> Float
  {
    var peak = abs(plane[index])
    guard index >= reach - 1, index + reach < count else { return peak }
    for filter in filters {
      var sum: Float = 0
      for tap in 0..<2 * reach { sum += plane[index - reach + 1 + tap] * filter[tap] }
      peak = max(peak, abs(sum))
    }
    return peak
  }

  /// Replaces each value by the lowest up to `hold` places before and after.
  ///
  /// `work`: room for as many values and twice `hold`, two times.
  private func spread(
    _ values: UnsafeMutableBufferPointer<Float>, _ work: UnsafeMutablePointer<Float>
  ) {
    // Every window is the end of a block of as many places and the beginning of the next: what is
    // lowest from a place to the end of its block, and from its beginning to a place, is found once
    // (van Herk, 1992).
    let width = 2 * hold + 1
    let count = values.count + 2 * hold
    let (from, to) = (work, work + count)
    from.update(repeating: 1, count: count)
    (from + hold).update(from: values.baseAddress ?? from, count: values.count)
    for start in stride(from: 0, to: count, by: width) {
      let end = min(count, start + width)
      var lowest: Float = 1
      for index in start..<end {
        lowest = from[index] < lowest ? from[index] : lowest
        to[index] = lowest
      }
      lowest = 1
      for index in (start..<end).reversed() {
        lowest = from[index] < lowest ? from[index] : lowest
        from[index] = lowest
      }
    }
    for index in values.indices {
      let (first, last) = (from[index], to[index + 2 * hold])
      values[index] = first < last ? first : last
    }
  }

  /// Replaces each value by the mean of those up to `reach` places before and after.
  private static func smooth(
    _ values: UnsafeMutableBufferPointer<Float>, _ reach: Int, _ work: UnsafeMutablePointer<Float>
  ) {
    guard let first = values.first, let final = values.last else { return }
    let count = values.count
    // Beyond the ends stand the first and the last.
    let room = count + 2 * reach + 1
    for index in 0..<reach { work[index] = first }
    (work + reach).update(from: values.baseAddress ?? work, count: count)
    for index in reach + count..<room { work[index] = final }
    var sum = 0.0
    for index in 0...2 * reach { sum += Double(work[index]) }
    let part = 1 / Double(2 * reach + 1)
    for index in 0..<count {
      values[index] = Float(sum * part)
      sum += Double(work[index + 2 * reach + 1]) - Double(work[index])
    }
  }
}
