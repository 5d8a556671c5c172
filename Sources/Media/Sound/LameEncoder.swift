package import Basics
import CLame

/// Encodes MP3 of one bit rate by LAME, frame by frame.
///
/// A new encoder gives its first frame with the second block of samples, so that frame `n` is heard
/// together with block `n`, `delay` samples later.
package struct LameEncoder: ~Copyable {
  private let raw: OpaquePointer
  private let name: String
  /// Samples in a frame.
  package let frameSize: Int
  private var space: [UInt8]

  private init(adopting raw: OpaquePointer, name: String, frameSize: Int) {
    self.raw = raw
    self.name = name
    self.frameSize = frameSize
    space = [UInt8](repeating: 0, count: 1 << 16)
  }

  deinit { lame_close(raw) }

  /// LAME's own delay in samples, as its headers tell it; decoders add 529.
  package static let delay = 576

  /// The samples in a frame of MP3 of a sample rate (ISO 11172-3, 13818-3).
  package static func frameSize(at rate: Int) -> Int { rate < 32_000 ? 576 : 1152 }

  /// The name and version of the library, as the header of files has it.
  package static var version: String { String(cString: get_lame_very_short_version()) }

  /// `bitrate`: in kbit/s.
  ///
  /// Throws when LAME refuses the settings.
  package static func make(rate: Int, channels: Int, bitrate: Int, subject: String) throws(Failure)
    -> LameEncoder
  {
    guard let raw = lame_init() else { preconditionFailure("out of memory") }
    let encoder = LameEncoder(adopting: raw, name: subject, frameSize: frameSize(at: rate))
    lame_set_errorf(raw) { _, _ in }
    lame_set_msgf(raw) { _, _ in }
    lame_set_debugf(raw) { _, _ in }
    lame_set_num_channels(raw, Int32(clamping: channels))
    lame_set_mode(raw, channels == 1 ? MONO : JOINT_STEREO)
    lame_set_in_samplerate(raw, Int32(clamping: rate))
    lame_set_out_samplerate(raw, Int32(clamping: rate))
    lame_set_brate(raw, Int32(clamping: bitrate))
    lame_set_quality(raw, 5)
    lame_set_bWriteVbrTag(raw, 0)
    let result = lame_init_params(raw)
    guard result >= 0, lame_get_brate(raw) == bitrate else {
      throw Failure(
        subject, cannot: "encode",
        "MP3 has no \(bitrate) kbit/s at \(rate) Hz and \(channels) channels", .usage)
    }
    return encoder
  }

  /// Encodes samples of `buffer`, and appends what is ready to `bytes`.
  package mutating func encode(
    _ buffer: borrowing SoundBuffer, _ samples: Range<Int>, into bytes: inout [UInt8]
  ) throws(Failure) {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= buffer.count)
    let left = buffer.plane(0) + samples.lowerBound
    let right = buffer.plane(buffer.channels - 1) + samples.lowerBound
    let size = samples.count * 5 / 4 + 7200
    if space.count < size { space = [UInt8](repeating: 0, count: size) }
    let count = lame_encode_buffer_ieee_float(
      raw, left, right, Int32(clamping: samples.count), &space, Int32(clamping: space.count))
    try take(count, into: &bytes)
  }

  /// Ends the last frame, so that what follows can be decoded without what came before.
  ///
  /// The encoder goes on as if nothing had happened.
  package mutating func cut(into bytes: inout [UInt8]) throws(Failure) {
    try take(
      lame_encode_flush_nogap(raw, &space, Int32(clamping: space.count)), into: &bytes)
    lame_init_bitstream(raw)
  }

  private func take(_ count: Int32, into bytes: inout [UInt8]) throws(Failure) {
    guard count >= 0 else {
      throw Failure(name, cannot: "encode", "LAME says \(count)", .software)
    }
    bytes += space[..<Int(count)]
  }
}

// Sound: one owner at a time.
extension LameEncoder: @unchecked Sendable {}
