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
    guard var gains = needed(sound) else { return }
    spread(&gains)
    var last: Float = 1
    for index in gains.indices {
      last = min(gains[index], last + (1 - last) * release)
      gains[index] = last
    }
    smooth(&gains, hold / 2)
    smooth(&gains, hold - hold / 2)
    for channel in 0..<sound.channels {
      let plane = sound.plane(channel)
      for index in 0..<sound.count { plane[index] *= gains[index] }
    }
  }

  /// What each sample must be multiplied with; nil where nothing is too loud.
  private func needed(_ sound: borrowing SoundBuffer) -> [Float]? {
    let count = sound.count
    let reach = Self.reach
    var gains: [Float] = []
    let block = 64
    for start in stride(from: 0, to: count, by: block) {
      let end = min(count, start + block)
      for channel in 0..<sound.channels {
        let plane = sound.plane(channel)
        var peak: Float = 0
        for index in max(0, start - reach)..<min(count, end + reach) {
          peak = max(peak, abs(plane[index]))
        }
        // Between samples it is never louder than that.
        guard peak > ceiling * 0.4 else { continue }
        var index = start
        while index < end {
          let peaks = Self.peaks(plane, index, count)
          let lanes = min(end - index, peaks.scalarCount)
          if peaks.max() > ceiling {
            if gains.isEmpty { gains = [Float](repeating: 1, count: count) }
            for lane in 0..<lanes where peaks[lane] > ceiling {
              gains[index + lane] = min(gains[index + lane], ceiling / peaks[lane])
            }
          }
          index += lanes
        }
      }
    }
    return gains.isEmpty ? nil : gains
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
    func samples(_ index: Int) -> SIMD8<Float> {
      UnsafeRawPointer(plane + index).loadUnaligned(as: SIMD8<Float>.self)
    }
    func size(_ values: SIMD8<Float>) -> SIMD8<Float> {
      values.replacing(with: -values, where: values .< 0)
    }
    var peaks = size(samples(first))
    for filter in filters {
      var sum = SIMD8<Float>.zero
      for tap in 0..<2 * reach { sum += samples(first - reach + 1 + tap) * filter[tap] }
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
  private func spread(_ gains: inout [Float]) {
    let count = gains.count
    // Values that may still become the lowest, which rise, and where they are.
    var queue: [(place: Int, value: Float)] = []
    var head = 0
    for index in 0..<count + hold {
      if index < count {
        let value = gains[index]
        while queue.count > head, queue[queue.count - 1].value >= value { queue.removeLast() }
        queue.append((index, value))
      }
      let place = index - hold
      guard place >= 0 else { continue }
      while queue[head].place < place - hold { head += 1 }
      gains[place] = queue[head].value
      if head > 4096 {
        queue.removeFirst(head)
        head = 0
      }
    }
  }

  /// Replaces each value by the mean of those up to `reach` places before and after.
  private func smooth(_ values: inout [Float], _ reach: Int) {
    guard let first = values.first, let final = values.last else { return }
    let count = values.count
    // What stood in this place and in those before; ahead of all stood the first.
    var old = [Float](repeating: first, count: reach + 1)
    var slot = 0
    var sum = Double(first) * Double(reach + 1)
    for index in 1...reach { sum += Double(index < count ? values[index] : final) }
    for index in 0..<count {
      old[slot] = values[index]
      slot = slot == reach ? 0 : slot + 1
      values[index] = Float(sum / Double(2 * reach + 1))
      let next = index + reach + 1
      sum += Double(next < count ? values[next] : final)
      sum -= Double(old[slot])
    }
  }
}
