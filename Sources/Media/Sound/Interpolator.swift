import Glibc
import Synchronization

/// Values of sound between its samples, by a windowed sinc.
///
/// What comes out depends on the samples around a position alone, and not on where reading began.
package final class Interpolator: Sendable {
  /// Samples on either side of a position that its value depends on.
  package let reach: Int
  /// One filter of `2 * reach` taps for each phase, the last for the next whole sample.
  private let filters: [Float]
  private static let phases = 256
  private static let cache = Mutex<[Int: Interpolator]>([:])

  /// For sound of `rate` that becomes sound of `target` samples per second: what is too high for
  /// the target is taken out.
  package static func from(rate: Int, to target: Int) -> Interpolator {
    let rate = max(1, rate)
    // In thousandths, so that clocks that are a little off share a filter.
    let part = min(1000, max(20, target * 1000 / rate))
    return cache.withLock { cache in
      if let known = cache[part] { return known }
      let made = Interpolator(part: Double(part) / 1000)
      cache[part] = made
      return made
    }
  }

  /// `part`: of the source's bandwidth that is kept.
  private init(part: Double) {
    let reach = (Int((16 / part).rounded(.up)) + 3) / 4 * 4
    let taps = 2 * reach
    let cutoff = 0.95 * part
    let beta = 9.0
    var filters: [Float] = []
    filters.reserveCapacity((Self.phases + 1) * taps)
    for phase in 0...Self.phases {
      let fraction = Double(phase) / Double(Self.phases)
      let values = (0..<taps).map { tap -> Double in
        let distance = Double(tap - reach + 1) - fraction
        let edge = distance / Double(reach)
        guard abs(edge) < 1 else { return 0 }
        let angle = Double.pi * distance * cutoff
        let sinc = angle == 0 ? 1 : sin(angle) / angle
        return cutoff * sinc * Self.bessel(beta * (1 - edge * edge).squareRoot())
      }
      let sum = values.reduce(0, +)
      filters += values.map { Float($0 / sum) }
    }
    self.filters = filters
    self.reach = reach
  }

  /// The modified Bessel function of the first kind and order zero, of which Kaiser's window is made.
  private static func bessel(_ x: Double) -> Double {
    var term = 1.0
    var sum = 1.0
    for k in 1..<60 {
      term *= (x / 2 / Double(k)) * (x / 2 / Double(k))
      sum += term
    }
    return sum
  }

  /// Appends to `target` the values of `source` at `start`, `start + step` and so on.
  ///
  /// Positions count samples of `source`, which must have `reach` samples on either side of each.
  package func append(
    _ source: borrowing SoundBuffer, from start: Double, step: Double, count: Int,
    to target: inout SoundBuffer
  ) {
    guard count > 0 else { return }
    let last = start + step * Double(count - 1)
    precondition(start >= Double(reach) - 1 && last + Double(reach) < Double(source.count))
    let offset = target.count
    target.resize(offset + count)
    let left = source.plane(0)
    let right = source.plane(source.channels - 1)
    let intoLeft = target.plane(0) + offset
    let intoRight = target.plane(target.channels - 1) + offset
    let isStereo = source.channels > 1
    let taps = 2 * reach
    filters.withUnsafeBufferPointer { filters in
      guard let filters = filters.baseAddress else { return }
      for index in 0..<count {
        let position = start + step * Double(index)
        let whole = Int(position)
        let phase = (position - Double(whole)) * Double(Self.phases)
        let part = Float(phase - phase.rounded(.down))
        let filter = UnsafeRawPointer(filters + Int(phase) * taps)
        let first = whole - reach + 1
        var sumLeft = SIMD4<Float>.zero
        var sumRight = SIMD4<Float>.zero
        let fromLeft = UnsafeRawPointer(left + first)
        let fromRight = UnsafeRawPointer(right + first)
        var byte = 0
        while byte < taps * 4 {
          let low = filter.loadUnaligned(fromByteOffset: byte, as: SIMD4<Float>.self)
          let high = filter.loadUnaligned(fromByteOffset: byte + taps * 4, as: SIMD4<Float>.self)
          let weight = low + (high - low) * part
          sumLeft += weight * fromLeft.loadUnaligned(fromByteOffset: byte, as: SIMD4<Float>.self)
          if isStereo {
            sumRight +=
              weight * fromRight.loadUnaligned(fromByteOffset: byte, as: SIMD4<Float>.self)
          }
          byte += 16
        }
        intoLeft[index] = sumLeft.sum()
        if isStereo { intoRight[index] = sumRight.sum() }
      }
    }
  }
}
