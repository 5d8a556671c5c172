package import Basics
import CLibav

extension Encoder {
  /// Hands samples over, after all packets that were ready have been received.
  ///
  /// `samples`: of `sound`, which has the encoder's channels; not more than `blockSize`.
  /// `ticks`: the time of the first, in samples.
  ///
  /// Throws when the encoder refuses them, or takes a sample format that is not written here.
  package mutating func send(
    _ sound: borrowing SoundBuffer, _ samples: Range<Int>, at ticks: Int64
  ) throws(Failure) {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= sound.count)
    let frame = scratch.raw
    let count = Int32(clamping: samples.count)
    if frame.pointee.nb_samples != count || frame.pointee.data.0 == nil {
      av_frame_unref(frame)
      frame.pointee.nb_samples = count
      frame.pointee.format = raw.pointee.sample_fmt.rawValue
      frame.pointee.sample_rate = raw.pointee.sample_rate
      av_channel_layout_copy(&frame.pointee.ch_layout, &raw.pointee.ch_layout)
      try check(av_frame_get_buffer(frame, 0), name, cannot: "encode")
    } else {
      try check(av_frame_make_writable(frame), name, cannot: "encode")
    }
    guard fill(frame, sound, samples) else {
      throw Failure(name, cannot: "encode", "its sample format is not supported", .software)
    }
    frame.pointee.pts = ticks
    try check(avcodec_send_frame(raw, frame), name, cannot: "encode")
  }

  private func fill(
    _ frame: UnsafeMutablePointer<AVFrame>, _ sound: borrowing SoundBuffer, _ samples: Range<Int>
  ) -> Bool {
    guard let base = frame.pointee.extended_data, sound.channels == channels else { return false }
    for channel in 0..<channels {
      let from = sound.plane(channel) + samples.lowerBound
      let isPlanar = raw.pointee.sample_fmt == AV_SAMPLE_FMT_FLTP
      guard let data = base[isPlanar ? channel : 0] else { return false }
      switch raw.pointee.sample_fmt {
      case AV_SAMPLE_FMT_FLTP:
        memcpy(data, from, samples.count * MemoryLayout<Float>.stride)
      case AV_SAMPLE_FMT_FLT:
        let into = UnsafeMutableRawPointer(data).assumingMemoryBound(to: Float.self)
        for index in 0..<samples.count { into[index * channels + channel] = from[index] }
      case AV_SAMPLE_FMT_S16:
        let into = UnsafeMutableRawPointer(data).assumingMemoryBound(to: Int16.self)
        for index in 0..<samples.count {
          let value = (from[index] * 32_768).rounded(.toNearestOrEven)
          into[index * channels + channel] = Int16(max(-32_768, min(32_767, value)))
        }
      default: return false
      }
    }
    return true
  }

  private var channels: Int { Int(raw.pointee.ch_layout.nb_channels) }
}
