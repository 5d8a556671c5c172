import Basics
import Media
import Plan

/// A part of the output: encoded frames one after the other, or samples for an encoder that must
/// see all of them in order.
enum MixPart: Sendable {
  case frames(bytes: [UInt8], sizes: [Int])
  case samples(Samples)

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
  func encoder() throws(Failure) -> Encoder {
    let name =
      switch container {
      case .opus: "libopus"
      case .flac: "flac"
      case .wav: "pcm_s16le"
      default: "aac"
      }
    let isLossless = container == .flac || container == .wav
    return try Encoder.make(
      AudioEncoding(
        encoder: name, sampleRate: rate, channels: channels,
        bitrate: isLossless ? nil : bitrate * 1000),
      subject: name)
  }

  /// Encodes a part.
  ///
  /// `sound`: what `grid` says that the part needs; it begins with sample `first`.
  func encode(_ part: Int, _ sound: consuming SoundBuffer, from first: Int64) throws(Failure)
    -> MixPart
  {
    let samples = grid.samples(of: part)
    let range = Int(samples.lowerBound - first)..<Int(samples.upperBound - first)
    switch container {
    case .mp3: return try mp3(part, sound, range)
    case .m4a, .aac: return try aac(part, sound, range)
    default:
      let core = grid.core(of: part)
      sound.resize(Int(core.upperBound - first))
      sound.drop(Int(core.lowerBound - first))
      return .samples(.init(sound))
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
    bytes.removeAll(keepingCapacity: true)
    try encoder.encode(sound, warm..<samples.upperBound, into: &bytes)
    try encoder.cut(into: &bytes)
    return .frames(bytes: bytes, sizes: MP3Header.sizes(in: bytes))
  }

  /// Frames overlap by half: a part's first is decoded together with the last of the part before,
  /// which an encoder made that saw the same samples.
  private func aac(_ part: Int, _ sound: borrowing SoundBuffer, _ samples: Range<Int>)
    throws(Failure) -> MixPart
  {
    var encoder = try encoder()
    var packet = Packet()
    var bytes: [UInt8] = []
    var sizes: [Int] = []
    var skipped = grid.warmUp(of: part)
    let wanted = grid.blocks(of: part).count
    let size = Int(grid.block)
    for start in stride(from: samples.lowerBound, to: samples.upperBound, by: size) {
      try encoder.send(sound, start..<start + size, at: Int64(start - samples.lowerBound))
      while try encoder.receive(into: &packet) {
        if skipped > 0 {
          skipped -= 1
        } else if sizes.count < wanted {
          sizes.append(packet.size)
          packet.append(to: &bytes)
        }
      }
    }
    guard sizes.count == wanted else {
      throw Failure("aac", cannot: "encode", "the encoder holds frames back", .software)
    }
    return .frames(bytes: bytes, sizes: sizes)
  }
}
