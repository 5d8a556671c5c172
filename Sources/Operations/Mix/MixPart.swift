import Basics
import Media
import Plan

/// A part of the output.
struct MixPart: Sendable {
  /// Encoded frames one after the other, or samples for an encoder that must see all of them in
  /// order.
  enum Sound: Sendable {
    case frames(bytes: [UInt8], sizes: [Int])
    case samples(Samples)
  }

  let sound: Sound
  /// The highest amplitude to which the part is decoded; nil while it is not encoded.
  let peak: Float?

  final class Samples: Sendable {
    let sound: SoundBuffer
    init(_ sound: consuming SoundBuffer) { self.sound = sound }
  }
}

/// How the parts of an output are encoded.
struct MixEncoding: Sendable {
  let container: Container
  let rate: Int
  let channels: Int
  /// In kbit/s.
  let bitrate: Int
  let grid: MixGrid

  init(_ container: Container, _ options: MixOptions, _ grid: MixGrid) {
    self.container = container
    rate = options.sampleRate
    channels = options.channels
    bitrate = options.bitrate
    self.grid = grid
  }

  /// Opens libavcodec's encoder for the container.
  ///
  /// `bitrate`: in kbit/s; nil for that of the output.
  func encoder(bitrate: Int? = nil) throws(Failure) -> Encoder {
    let name =
      switch container {
      case .opus: "libopus"
      case .flac: "flac"
      case .wav: "pcm_s16le"
      default: "aac"
      }
    let isLossless = container == .flac || container == .wav
    var settings = AudioEncoding(
      encoder: name, sampleRate: rate, channels: channels,
      bitrate: isLossless ? nil : (bitrate ?? self.bitrate) * 1000)
    // Where libavcodec's rate control begins: left alone, it begins with coarse steps, and takes the
    // first seconds of each part to find out that it may have finer ones.
    if name == "aac" { settings.options["global_quality"] = "5" }
    return try Encoder.make(settings, subject: name)
  }

  /// Encodes a part.
  ///
  /// `sound`: what `grid` says that the part needs; it begins with sample `first`.
  func encode(_ part: Int, _ sound: borrowing SoundBuffer, from first: Int64) throws(Failure)
    -> MixPart
  {
    let samples = grid.samples(of: part)
    let range = Int(samples.lowerBound - first)..<Int(samples.upperBound - first)
    switch container {
    case .mp3: return try mp3(part, sound, range)
    case .m4a, .aac: return try aac(part, sound, range)
    default:
      let core = grid.core(of: part)
      var own = SoundBuffer(channels: channels, capacity: core.count)
      own.append(sound, Int(core.lowerBound - first)..<Int(core.upperBound - first))
      let peak = container == .opus ? nil : own.peak(0..<own.count)
      return MixPart(sound: .samples(.init(own)), peak: peak)
    }
  }

  /// A new encoder gives its first frame with its second block, and frames do not depend on those
  /// more than a few before, but for the bits that were saved: these are not taken over a joint.
  private func mp3(_ part: Int, _ sound: borrowing SoundBuffer, _ samples: Range<Int>)
    throws(Failure) -> MixPart
  {
    var encoder = try LameEncoder.make(
      rate: rate, channels: channels, bitrate: bitrate, subject: "mp3")
    var bytes: [UInt8] = []
    let warm = samples.lowerBound + (grid.warmUp(of: part) + 1) * encoder.frameSize
    try encoder.encode(sound, samples.lowerBound..<warm, into: &bytes)
    if grid.warmUp(of: part) > 0 { try encoder.cut(into: &bytes) }
    let skipped = MP3Header.sizes(in: bytes).count
    try encoder.encode(sound, warm..<samples.upperBound, into: &bytes)
    try encoder.cut(into: &bytes)
    return try finished(
      bytes, MP3Header.sizes(in: bytes), of: sound, samples, skipping: skipped,
      StreamParameters(codec: "mp3"))
  }

  /// Frames overlap by half: a part's first is decoded together with the last of the part before,
  /// which an encoder made that saw the same samples.
  private func aac(_ part: Int, _ sound: borrowing SoundBuffer, _ samples: Range<Int>)
    throws(Failure) -> MixPart
  {
    var asked = bitrate
    var encoder = try encoder(bitrate: asked)
    let skipped = grid.warmUp(of: part)
    let count = skipped + grid.blocks(of: part).count
    var frames = try encode(sound, samples, frames: count, &encoder)
    let bits = (count - skipped) * Int(grid.block) * bitrate * 1000 / rate
    func spent() -> Int { frames.sizes.dropFirst(skipped).reduce(0, +) * 8 }
    // On many sharp onsets the encoder spends more than it was told: then it is told less.
    for _ in 0..<2 where spent() > bits * 103 / 100 {
      asked = max(1, asked * bits / spent())
      encoder = try self.encoder(bitrate: asked)
      frames = try encode(sound, samples, frames: count, &encoder)
    }
    return try finished(
      frames.bytes, frames.sizes, of: sound, samples, skipping: skipped, encoder.parameters)
  }

  private func encode(
    _ sound: borrowing SoundBuffer, _ samples: Range<Int>, frames count: Int,
    _ encoder: inout Encoder
  ) throws(Failure) -> (bytes: [UInt8], sizes: [Int]) {
    var packet = Packet()
    var bytes: [UInt8] = []
    var sizes: [Int] = []
    let size = Int(grid.block)
    for start in stride(from: samples.lowerBound, to: samples.upperBound, by: size) {
      try encoder.send(sound, start..<start + size, at: Int64(start - samples.lowerBound))
      while try encoder.receive(into: &packet) {
        guard sizes.count < count else { continue }
        sizes.append(packet.size)
        packet.append(to: &bytes)
      }
    }
    guard sizes.count == count else {
      throw Failure("aac", cannot: "encode", "the encoder holds frames back", .software)
    }
    return (bytes, sizes)
  }

  /// The part of these frames, without the first few, that were only to warm up.
  private func finished(
    _ bytes: [UInt8], _ sizes: [Int], of sound: borrowing SoundBuffer, _ samples: Range<Int>,
    skipping skipped: Int, _ parameters: StreamParameters
  ) throws(Failure) -> MixPart {
    var blocks: [Float] = []
    for start in stride(from: samples.lowerBound, to: samples.upperBound, by: Int(grid.block)) {
      blocks.append(sound.peak(start..<min(samples.upperBound, start + Int(grid.block))))
    }
    var peak = try DecodedPeak(parameters, channels: channels)
    try peak.add(bytes, sizes: sizes, from: skipped, blocks: blocks)
    let start = sizes.prefix(skipped).reduce(0, +)
    return MixPart(
      sound: .frames(bytes: Array(bytes.dropFirst(start)), sizes: Array(sizes.dropFirst(skipped))),
      peak: peak.amplitude)
  }
}
