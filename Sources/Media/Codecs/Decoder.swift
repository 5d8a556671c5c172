package import Basics
import CLibav

/// Turns the packets of one stream into frames.
package struct Decoder: ~Copyable {
  /// What is left out because nobody will look at it.
  package enum Skip: Sendable {
    case nothing
    /// Pictures that no other refers to.
    case nonReference
    /// All but key frames.
    case nonKey
  }

  private let raw: UnsafeMutablePointer<AVCodecContext>
  private let name: String

  private init(adopting raw: UnsafeMutablePointer<AVCodecContext>, name: String) {
    self.raw = raw
    self.name = name
  }

  deinit {
    var raw: UnsafeMutablePointer<AVCodecContext>? = raw
    avcodec_free_context(&raw)
  }

  /// Opens a decoder.
  ///
  /// `threads`: how many the codec may use; the frames do not depend on it.
  /// `subject`: what messages call the stream.
  ///
  /// Throws when the linked libavcodec has no decoder for it.
  package static func make(for parameters: StreamParameters, threads: Int = 1, subject: String)
    throws(Failure) -> Decoder
  {
    _ = Log.lines()
    guard let codec = decoder(of: parameters.raw.pointee.codec_id) else {
      throw Failure(
        subject, cannot: "decode", "libavcodec has no decoder for '\(parameters.codec)'",
        .unavailable)
    }
    let context = allocated(avcodec_alloc_context3(codec))
    let decoder = Decoder(adopting: context, name: subject)
    try check(
      avcodec_parameters_to_context(context, parameters.raw), subject, cannot: "decode")
    context.pointee.pkt_timebase = flick
    context.pointee.thread_count = Int32(clamping: threads)
    // Opus and others that come through 8-bit fixed or float decoders: the widest they have.
    context.pointee.request_sample_fmt = AV_SAMPLE_FMT_FLTP
    // Pictures that come out of order where a stream does not say how far: the decoder waits as
    // long as the standard allows, instead of guessing, and dropping pictures while it learns.
    if codec.pointee.id == AV_CODEC_ID_H264 {
      context.pointee.strict_std_compliance = FF_COMPLIANCE_STRICT
    }
    try check(avcodec_open2(context, codec, nil), subject, cannot: "decode")
    return decoder
  }

  /// libvpx and libopus know their formats best, but libavcodec's own are faster and take damage.
  private static func decoder(of id: AVCodecID) -> UnsafePointer<AVCodec>? {
    if id == AV_CODEC_ID_AV1, let codec = avcodec_find_decoder_by_name("libdav1d") {
      return UnsafePointer(codec)
    }
    return avcodec_find_decoder(id).map { UnsafePointer($0) }
  }

  package var skip: Skip {
    get {
      switch raw.pointee.skip_frame {
      case AVDISCARD_NONREF: .nonReference
      case AVDISCARD_NONKEY: .nonKey
      default: .nothing
      }
    }
    set {
      raw.pointee.skip_frame =
        switch newValue {
        case .nothing: AVDISCARD_DEFAULT
        case .nonReference: AVDISCARD_NONREF
        case .nonKey: AVDISCARD_NONKEY
        }
    }
  }

  /// Hands a packet over, to be shown at `time`; all frames that were ready have been received.
  ///
  /// Throws when it is damaged; decoding can go on with the next.
  package mutating func send(_ packet: borrowing Packet, at time: MediaTime) throws(Failure) {
    _ = Log.lines()
    // A view of its own: two decoders may read the same packet at once.
    var view = packet.raw.pointee
    view.pts = time.flicks
    view.dts = shim_AV_NOPTS_VALUE
    let result = avcodec_send_packet(raw, &view)
    try check(result, name, cannot: "decode")
  }

  /// Says that no packet follows, so that the frames held back come out.
  package mutating func finish() { avcodec_send_packet(raw, nil) }

  /// The next frame that is ready; false when the decoder wants more packets, or has ended.
  package mutating func receive(into frame: inout Frame) throws(Failure) -> Bool {
    let result = avcodec_receive_frame(raw, frame.raw)
    if result == shim_AVERROR_EAGAIN || result == shim_AVERROR_EOF { return false }
    try check(result, name, cannot: "decode")
    return true
  }

  /// Forgets everything, to begin anew at a key frame, also after `finish`.
  package mutating func reset() { avcodec_flush_buffers(raw) }
}

// Sound: one owner at a time; libav binds no context to a thread.
extension Decoder: @unchecked Sendable {}

/// The clock of decoded frames; flicks fit libav's fractions.
let flick = AVRational(num: 1, den: Int32(MediaTime.flicksPerSecond))
