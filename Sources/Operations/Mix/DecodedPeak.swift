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

  /// Decodes frames that lie one after the other.
  ///
  /// `first`: of the frames that count; those before bring the decoder into the state that it would
  /// have.
  mutating func add(_ bytes: [UInt8], sizes: [Int], from first: Int) throws(Failure) {
    var position = 0
    for (index, size) in sizes.enumerated() {
      try add(Packet(bytes[position..<position + size]), counts: index >= first)
      position += size
    }
  }

  mutating func add(_ packet: borrowing Packet, counts: Bool = true) throws(Failure) {
    try decoder.send(packet, at: .zero)
    while try decoder.receive(into: &frame) {
      try converter.append(frame, to: &sound)
      if counts { amplitude = max(amplitude, sound.peak(0..<sound.count)) }
      sound.resize(0)
    }
  }
}
