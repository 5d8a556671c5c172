import Basics
import Media

/// Decodes what an encoder made, to tell how loud it is at its loudest.
struct DecodedPeak: ~Copyable {
  private var decoder: Decoder
  private var frame = Frame()
  private var converter: SoundConverter
  private var sound: SoundBuffer
  /// The first sample that is not measured yet.
  private var start = 0
  private var peak = TruePeak()

  /// `parameters`: of the encoded sound.
  init(_ parameters: StreamParameters, channels: Int) throws(Failure) {
    decoder = try Decoder.make(for: parameters, subject: parameters.codec)
    converter = SoundConverter(channels: channels, subject: parameters.codec)
    sound = SoundBuffer(channels: channels)
  }

  /// The amplitude of what counted, between samples too.
  var amplitude: Float { peak.amplitude }

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
      let end = max(start, sound.count - TruePeak.reach)
      if counts { peak.add(sound, start..<end) }
      let forgotten = max(0, end - TruePeak.reach)
      sound.drop(forgotten)
      start = end - forgotten
    }
  }
}
