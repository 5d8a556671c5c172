import Basics
import Media
import Posix

/// The mix as samples in a file without a name, so that its loudness can be measured before it is
/// encoded without decoding twice.
struct StoredMix: Sendable {
  private let file: ScratchFile
  private let channels: Int
  private let rate: Int
  private let length: Int64
  /// What the samples are multiplied with when they are read.
  private var gain: Float = 1

  private static let seconds: Int64 = 20

  /// Mixes everything.
  ///
  /// `path`: what failures name.
  init(
    _ mixer: Mixer, in folder: String, _ path: String, _ context: OperationContext
  ) throws(Failure) {
    let file = try ScratchFile(in: folder)
    self.file = file
    channels = mixer.channels
    rate = mixer.rate
    length = mixer.length
    let (channels, length) = (channels, length)
    let size = Self.seconds * Int64(rate)
    let parts = Int((length + size - 1) / size)
    let range = { @Sendable (part: Int) in
      Int64(part) * size..<min(length, Int64(part + 1) * size)
    }
    try context.parallel.ordered(
      parts, feed: { part in mixer.feed(range(part)) },
      make: { (part, window) throws(Failure) in
        let sound = mixer.mix(window, core: window.samples).widened(to: channels)
        for channel in 0..<channels {
          try sound.withBytes(channel) { bytes throws(Failure) in
            try file.write(bytes, at: Self.offset(channel, window.samples.lowerBound, length))
          }
        }
      },
      take: { (part, _) throws(Failure) in
        try context.check(path)
        context.progress(
          MediaTime(seconds: Double(range(part).upperBound) / Double(mixer.rate) / 2))
      })
  }

  private static func offset(_ channel: Int, _ sample: Int64, _ length: Int64) -> Int {
    Int(Int64(channel) * length + sample) * MemoryLayout<Float>.stride
  }

  /// Reads samples at the gain that was found; outside of the mix is silence.
  func read(_ samples: Range<Int64>) throws(Failure) -> SoundBuffer {
    var sound = SoundBuffer(channels: channels, capacity: samples.count)
    sound.resize(samples.count)
    let known = samples.clamped(to: 0..<length)
    guard !known.isEmpty else { return sound }
    let first = Int(known.lowerBound - samples.lowerBound)
    for channel in 0..<channels {
      try sound.withMutableBytes(channel, first..<first + known.count) {
        bytes throws(Failure) in
        try file.read(into: &bytes, at: Self.offset(channel, known.lowerBound, length))
      }
    }
    sound.scale(gain)
    return sound
  }

  /// Finds the gain at which the limited mix has a loudness of `target` LUFS.
  mutating func bring(
    to target: Double, _ limiter: Limiter, _ path: String, _ context: OperationContext
  ) throws(Failure) {
    // The limiter takes some of it away again.
    for _ in 0..<4 {
      guard let loudness = try measure(limiter, path, context) else { return }
      let error = target - loudness
      // Noise is not made into a signal.
      let wanted = decibels(amplitude: Double(gain)) + error
      gain = Float(amplitude(decibels: min(60, max(-60, wanted))))
      if abs(error) < 0.1 { return }
    }
  }

  private func measure(_ limiter: Limiter, _ path: String, _ context: OperationContext)
    throws(Failure) -> Double?
  {
    var blocks: [Double] = []
    let step = rate / 10
    let size = Self.seconds * Int64(rate)
    let lead = Int64(rate)
    try context.parallel.ordered(
      Int((length + size - 1) / size),
      make: { (part) throws(Failure) -> [Double] in
        let first = Int64(part) * size
        let start = max(0, first - lead)
        let end = min(length, first + size)
        var sound = try read(start..<end + lead / 50)
        limiter.limit(&sound)
        var meter = LoudnessMeter(rate: rate, channels: channels)
        var found: [Double] = []
        var position = 0
        while start + Int64(position + step) <= end {
          meter.add(sound, position..<position + step)
          position += step
          let at = start + Int64(position)
          // A block is 400 ms long; those that end in the part belong to it.
          if at > first, at >= Int64(4 * step) { found.append(meter.momentary) }
        }
        return found
      },
      take: { (_, found) throws(Failure) in
        try context.check(path)
        blocks += found
      })
    return LoudnessMeter.integrated(blocks)
  }
}
