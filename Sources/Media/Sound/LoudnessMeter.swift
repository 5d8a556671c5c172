import CEbur128
import Glibc

/// Measures loudness as EBU R128 and ITU-R BS.1770-4 define it.
///
/// Blocks may be measured in parallel, each part beginning 400 ms before its first block.
package struct LoudnessMeter: ~Copyable {
  private var raw: UnsafeMutablePointer<ebur128_state>?
  private let channels: Int
  private var interleaved: [Float] = []

  package init(rate: Int, channels: Int) {
    self.channels = channels
    raw = ebur128_init(
      UInt32(clamping: channels), UInt(clamping: rate), Int32(EBUR128_MODE_M.rawValue))
    precondition(raw != nil, "out of memory")
    // One channel is heard from two speakers, as players do it.
    if channels == 1, let raw { ebur128_set_channel(raw, 0, Int32(EBUR128_DUAL_MONO.rawValue)) }
  }

  deinit {
    var raw = raw
    ebur128_destroy(&raw)
  }

  /// Measures the samples that follow.
  package mutating func add(_ buffer: borrowing SoundBuffer, _ samples: Range<Int>) {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= buffer.count)
    let count = samples.count * channels
    if interleaved.count < count { interleaved = [Float](repeating: 0, count: count) }
    for channel in 0..<channels {
      let plane = buffer.plane(channel) + samples.lowerBound
      for index in 0..<samples.count { interleaved[index * channels + channel] = plane[index] }
    }
    ebur128_add_frames_float(raw, interleaved, samples.count)
  }

  /// The loudness of the last 400 ms in LUFS; of silence, minus infinity.
  package var momentary: Double {
    guard let raw else { return -.infinity }
    var loudness = 0.0
    return ebur128_loudness_momentary(raw, &loudness) == 0 ? loudness : -.infinity
  }

  /// The loudness of a whole from that of its blocks of 400 ms, of which one begins each 100 ms; nil
  /// where all is silence.
  ///
  /// Blocks below -70 LUFS, or 10 LU below the mean of the others, do not count.
  package static func integrated(_ blocks: [Double]) -> Double? {
    let heard = blocks.filter { $0 > -70 }
    guard let first = mean(heard) else { return nil }
    return mean(heard.filter { $0 > first - 10 })
  }

  private static func mean(_ blocks: [Double]) -> Double? {
    guard !blocks.isEmpty else { return nil }
    let energy = blocks.reduce(0) { $0 + pow(10, $1 / 10) } / Double(blocks.count)
    return 10 * log10(energy)
  }
}

// Sound: one owner at a time.
extension LoudnessMeter: @unchecked Sendable {}
