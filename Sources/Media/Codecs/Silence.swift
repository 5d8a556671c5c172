package import Basics
import CLibav

/// One packet of silence that fits into a stream of sound.
package struct Silence: ~Copyable {
  private let packet: Packet
  /// How long it lasts.
  package let duration: MediaTime

  private init(_ packet: consuming Packet, duration: MediaTime) {
    self.packet = packet
    self.duration = duration
  }

  /// Makes `packet` another reference to it.
  package func copy(into packet: inout Packet) { self.packet.share(with: &packet) }

  /// Silence with the parameters of `stream`; nil where there can be none, as with Vorbis, whose
  /// packets mean nothing without tables of their own.
  package static func make(for stream: StreamParameters) -> Silence? {
    switch stream.codec {
    case "opus": opus(channels: stream.channels ?? 1)
    case "aac":
      encoded("aac", rate: core(of: stream).rate, channels: core(of: stream).channels)
    case "mp3":
      encoded(
        "libmp3lame", rate: stream.sampleRate, channels: stream.channels,
        // A frame that borrows nothing from its neighbours.
        options: ["reservoir": "0"])
    case "pcm_mulaw": bytes(0xff, stream)
    case "pcm_alaw": bytes(0xd5, stream)
    default: nil
    }
  }

  /// What the data blocks of AAC hold, which a decoder may double.
  private static func core(of stream: StreamParameters) -> (rate: Int?, channels: Int?) {
    let head = AACHead(configuration: stream.extradata)
    let channels = head.flatMap { $0.channels > 0 ? $0.channels : nil }
    return (head?.sampleRate ?? stream.sampleRate, channels ?? stream.channels)
  }

  /// 20 ms of the fullband codec without a pulse: code 31 of RFC 6716 §3.1, one frame.
  private static func opus(channels: Int) -> Silence? {
    guard channels <= 2 else { return nil }
    let toc: UInt8 = channels == 2 ? 0xfc : 0xf8
    var packet = Packet()
    packet.prepend([toc, 0xff, 0xfe])
    return Silence(packet, duration: MediaTime(milliseconds: 20))
  }

  private static func bytes(_ zero: UInt8, _ stream: StreamParameters) -> Silence? {
    guard let rate = stream.sampleRate, let channels = stream.channels else { return nil }
    var packet = Packet()
    packet.prepend([UInt8](repeating: zero, count: rate / 50 * channels))
    return Silence(
      packet, duration: MediaTime(ticks: Int64(rate / 50), of: TimeBase(1, Int32(clamping: rate))))
  }

  /// The last of a few packets of silence, whose neighbours are as silent.
  private static func encoded(
    _ encoder: String, rate: Int?, channels: Int?, options: [String: String] = [:]
  ) -> Silence? {
    guard let rate, rate > 0, let channels, (1...8).contains(channels) else { return nil }
    var settings = AudioEncoding(encoder: encoder, sampleRate: rate, channels: channels)
    settings.options = options
    guard var coder = try? Encoder.make(settings, subject: "silence"), coder.blockSize > 0 else {
      return nil
    }
    var last: Packet?
    for index in 0..<6 {
      let frame = Frame()
      frame.raw.pointee.nb_samples = coder.raw.pointee.frame_size
      frame.raw.pointee.format = coder.raw.pointee.sample_fmt.rawValue
      frame.raw.pointee.sample_rate = Int32(clamping: rate)
      guard av_channel_layout_copy(&frame.raw.pointee.ch_layout, &coder.raw.pointee.ch_layout) >= 0,
        av_frame_get_buffer(frame.raw, 0) >= 0,
        av_samples_set_silence(
          frame.raw.pointee.extended_data, 0, frame.raw.pointee.nb_samples, Int32(channels),
          coder.raw.pointee.sample_fmt) >= 0,
        (try? coder.send(frame, at: Int64(index * coder.blockSize))) != nil
      else { return nil }
      var packet = Packet()
      while (try? coder.receive(into: &packet)) == true { last = packet.take() }
    }
    let samples = Int64(coder.blockSize)
    guard var last else { return nil }
    last.dropSideData()
    return Silence(
      last, duration: MediaTime(ticks: samples, of: TimeBase(1, Int32(clamping: rate))))
  }
}

// Sound: nothing of it changes once made.
extension Silence: @unchecked Sendable {}

extension Silence {
  package var bytes: [UInt8] {
    packet.withBytes { bytes in
      (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
  }

  /// The packet behind an ADTS header (ISO 14496-3 §1.A.2.2) that says what that of `other` does.
  package func framed(like other: borrowing Packet) -> [UInt8] {
    var head = other.withBytes { bytes in
      (0..<min(7, bytes.byteCount)).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }
    let payload = bytes
    guard head.count == 7, head[0] == 0xff else { return payload }
    let length = payload.count + 7
    // Without a check sum, one data block.
    head[1] |= 1
    head[3] = head[3] & 0xfc | UInt8(length >> 11 & 3)
    head[4] = UInt8(length >> 3 & 0xff)
    head[5] = UInt8(length & 7) << 5 | 0x1f
    head[6] = 0xfc
    return head + payload
  }
}
