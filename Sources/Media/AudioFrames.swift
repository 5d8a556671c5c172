import CLibav

/// The length of an Opus packet in samples of 48 kHz, from its first bytes (RFC 6716 §3.1); nil
/// when it is not one.
///
/// Packets last from 2.5 to 120 ms.
package func opusSamples(_ packet: borrowing Packet) -> Int? {
  packet.withBytes { bytes in
    guard bytes.byteCount > 0 else { return nil }
    let toc = bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
    let shift = Int(toc >> 3 & 3)
    let frame =
      switch toc >> 3 {
      case 0..<12: shift == 3 ? 2880 : 480 << shift
      case 12..<16: 480 << (shift & 1)
      default: 120 << shift
      }
    let frames: Int
    switch toc & 3 {
    case 0: frames = 1
    case 1, 2: frames = 2
    default:
      guard bytes.byteCount > 1 else { return nil }
      frames = Int(bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self) & 0x3f)
    }
    let samples = frame * frames
    return samples > 0 && samples <= 5760 ? samples : nil
  }
}

extension StreamParameters {
  /// The head that a container must carry for Opus (RFC 7845 §5.1), for senders that give none.
  package static func opusHead(channels: Int) -> [UInt8] {
    Array("OpusHead".utf8) + [1, UInt8(clamping: channels), 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]
  }

  /// How many samples per channel `packet` holds, where the codec fixes it or its bytes tell.
  package func samples(in packet: borrowing Packet) -> Int? {
    switch raw.pointee.codec_id {
    case AV_CODEC_ID_OPUS: return opusSamples(packet)
    case AV_CODEC_ID_AAC:
      // With spectral band replication libav may count in samples of twice the core's rate.
      let core = configuredRate ?? AACHead(adts: packet)?.sampleRate
      return core.map { $0 * 2 == sampleRate } == true ? 2048 : 1024
    default:
      let samples = av_get_audio_frame_duration2(raw, packet.raw.pointee.size)
      return samples > 0 ? Int(samples) : nil
    }
  }
}
