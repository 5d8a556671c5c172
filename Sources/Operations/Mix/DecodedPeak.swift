import Basics
import Media

/// Decodes what an encoder made, to tell how loud it is at its loudest.
struct DecodedPeak: ~Copyable {
  private var decoder: Decoder
  private var frame = Frame()
  private var converter: SoundConverter
  private var sound: SoundBuffer
  /// The highest amplitude of the samples that counted.
  private(set) var amplitude: Float = 0

  /// `parameters`: of the encoded sound.
  init(_ parameters: StreamParameters, channels: Int) throws(Failure) {
    decoder = try Decoder.make(for: parameters, subject: parameters.codec)
    converter = SoundConverter(channels: channels, subject: parameters.codec)
    sound = SoundBuffer(channels: channels)
  }

  /// Decodes frames that lie one after the other, as far as one of them may be the loudest: what an
  /// encoder adds is quieter than what it hides behind.
  ///
  /// `first`: of the frames that count.
  /// `blocks`: the highest amplitudes that went into them; a frame is heard within two of its own.
  mutating func add(_ bytes: [UInt8], sizes: [Int], from first: Int, blocks: [Float])
    throws(Failure)
  {
    let levels = sizes.indices.map { index -> Float in
      let near = max(0, index - 2)..<max(0, min(blocks.count, index + 3))
      return index < first ? 0 : near.reduce(0) { max($0, blocks[$1]) }
    }
    let least = (levels.max() ?? 0) / 2
    var position = 0
    // Up to here frames are decoded: those before one that counts bring the decoder into the state
    // that it would have.
    var next = 0
    for (index, size) in sizes.enumerated() {
      defer { position += size }
      let counts = index >= first && levels[index] >= least
      let ahead = index..<min(sizes.count, index + Self.warmUp + 1)
      guard counts || ahead.contains(where: { $0 >= first && levels[$0] >= least }) else {
        continue
      }
      if next < index { decoder.reset() }
      next = index + 1
      try add(Packet(bytes[position..<position + size]), counts: counts)
    }
  }

  /// In frames; one of MP3 has bits in up to ten before it.
  private static let warmUp = 10

  mutating func add(_ packet: borrowing Packet, counts: Bool = true) throws(Failure) {
    try decoder.send(packet, at: .zero)
    while try decoder.receive(into: &frame) {
      try converter.append(frame, to: &sound)
      if counts { amplitude = max(amplitude, sound.peak(0..<sound.count)) }
      sound.resize(0)
    }
  }
}
