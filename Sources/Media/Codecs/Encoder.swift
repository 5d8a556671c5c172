package import Basics
import CLibav
import Glibc

/// How pictures are to be encoded.
package struct VideoEncoding: Hashable, Sendable {
  /// libav's name of the encoder: `libx264`.
  package var encoder: String
  package var size: PixelSize
  /// Ticks of the encoder's clock; every picture's time falls on one.
  package var timeBase: TimeBase
  /// Pictures per second, for the rate control; an estimate where the rate varies.
  package var frameRate: Double
  /// In bit/s; nil leaves it to the encoder's options.
  package var bitrate: Int?
  /// In pictures; nil leaves it to the encoder.
  package var gop: Int?
  /// The encoder's own threads; part of what the bytes depend on.
  package var threads = 1
  /// Parameters in the header of the file instead of in the packets.
  package var isGlobalHeader = true
  package var isFullRange = false
  package var colours = Colours()
  /// Its pictures come in the colours of a `ColourTable`.
  package var isPaletted = false
  /// The encoder's own options, by libav's names.
  package var options: [String: String] = [:]

  package init(encoder: String, size: PixelSize, timeBase: TimeBase, frameRate: Double) {
    self.encoder = encoder
    self.size = size
    self.timeBase = timeBase
    self.frameRate = frameRate
  }
}

/// How sound is to be encoded.
package struct AudioEncoding: Hashable, Sendable {
  /// libav's name of the encoder: `aac`.
  package var encoder: String
  package var sampleRate: Int
  package var channels: Int
  /// In bit/s; nil leaves it to the encoder.
  package var bitrate: Int?
  package var isGlobalHeader = true
  /// The encoder's own options, by libav's names.
  package var options: [String: String] = [:]

  package init(encoder: String, sampleRate: Int, channels: Int, bitrate: Int? = nil) {
    self.encoder = encoder
    self.sampleRate = sampleRate
    self.channels = channels
    self.bitrate = bitrate
  }
}

/// Turns frames into the packets of one stream.
package struct Encoder: ~Copyable {
  let raw: UnsafeMutablePointer<AVCodecContext>
  let name: String
  /// What samples are handed over in.
  let scratch = Frame()
  /// Ticks of the packets' timestamps.
  package let timeBase: TimeBase

  private init(adopting raw: UnsafeMutablePointer<AVCodecContext>, name: String, _ base: TimeBase) {
    self.raw = raw
    self.name = name
    timeBase = base
  }

  deinit {
    var raw: UnsafeMutablePointer<AVCodecContext>? = raw
    avcodec_free_context(&raw)
  }

  /// Whether the linked libavcodec has an encoder of this name.
  package static func exists(_ encoder: String) -> Bool {
    avcodec_find_encoder_by_name(encoder) != nil
  }

  /// Opens an encoder of 8-bit pictures: 4:2:0, or with a palette.
  ///
  /// Throws when libavcodec has no such encoder, or it refuses the settings.
  package static func make(_ settings: VideoEncoding, subject: String) throws(Failure) -> Encoder {
    let encoder = try allocate(settings.encoder, subject, settings.timeBase)
    let context = encoder.raw
    context.pointee.width = Int32(clamping: settings.size.width)
    context.pointee.height = Int32(clamping: settings.size.height)
    context.pointee.pix_fmt =
      settings.isPaletted
      ? AV_PIX_FMT_PAL8 : settings.isFullRange ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P
    context.pointee.color_range = settings.isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    context.pointee.sample_aspect_ratio = AVRational(num: 1, den: 1)
    context.pointee.color_primaries = settings.colours.primaries
    context.pointee.color_trc = settings.colours.transfer
    context.pointee.colorspace = settings.colours.matrix
    context.pointee.time_base = settings.timeBase.rational
    context.pointee.framerate = av_d2q(settings.frameRate, 1_000_000)
    context.pointee.thread_count = Int32(clamping: settings.threads)
    if let bitrate = settings.bitrate { context.pointee.bit_rate = Int64(bitrate) }
    if let gop = settings.gop { context.pointee.gop_size = Int32(clamping: gop) }
    try encoder.open(settings.options, isGlobalHeader: settings.isGlobalHeader)
    return encoder
  }

  /// Opens an encoder of sound.
  package static func make(_ settings: AudioEncoding, subject: String) throws(Failure) -> Encoder {
    let rate = TimeBase(1, Int32(clamping: max(1, settings.sampleRate)))
    let encoder = try allocate(settings.encoder, subject, rate)
    let context = encoder.raw
    context.pointee.sample_rate = Int32(clamping: settings.sampleRate)
    context.pointee.time_base = rate.rational
    av_channel_layout_default(&context.pointee.ch_layout, Int32(clamping: settings.channels))
    context.pointee.sample_fmt = sampleFormat(of: context.pointee.codec)
    if let bitrate = settings.bitrate { context.pointee.bit_rate = Int64(bitrate) }
    context.pointee.thread_count = 1
    try encoder.open(settings.options, isGlobalHeader: settings.isGlobalHeader)
    return encoder
  }

  /// Float where the encoder takes it, else its first.
  private static func sampleFormat(of codec: UnsafePointer<AVCodec>) -> AVSampleFormat {
    guard let formats = codec.pointee.sample_fmts else { return AV_SAMPLE_FMT_FLTP }
    var next = formats
    while next.pointee != AV_SAMPLE_FMT_NONE {
      if next.pointee == AV_SAMPLE_FMT_FLTP || next.pointee == AV_SAMPLE_FMT_FLT {
        return next.pointee
      }
      next += 1
    }
    return formats.pointee
  }

  private static func allocate(_ name: String, _ subject: String, _ base: TimeBase)
    throws(Failure) -> Encoder
  {
    _ = Log.lines()
    if name == "libsvtav1" { _ = isQuiet }
    guard let codec = avcodec_find_encoder_by_name(name) else {
      throw Failure(
        subject, cannot: "encode", "the linked libavcodec has no encoder '\(name)'", .unavailable)
    }
    return Encoder(adopting: allocated(avcodec_alloc_context3(codec)), name: subject, base)
  }

  /// SVT-AV1 writes to the terminal by itself, unless the environment asks for errors only.
  private static let isQuiet = setenv("SVT_LOG", "1", 0) == 0

  private func open(_ options: [String: String], isGlobalHeader: Bool) throws(Failure) {
    if isGlobalHeader { raw.pointee.flags |= AV_CODEC_FLAG_GLOBAL_HEADER }
    // No version of the library in the stream: the same input gives the same bytes.
    raw.pointee.flags |= AV_CODEC_FLAG_BITEXACT
    raw.pointee.strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL
    let opened = withOptions(options) { avcodec_open2(raw, raw.pointee.codec, $0) }
    try check(opened.result, name, cannot: "encode")
    if let unknown = opened.unknown.first {
      throw Failure(name, cannot: "encode", "the encoder has no option '\(unknown)'", .usage)
    }
  }

  /// The size of its pictures.
  package var size: PixelSize {
    PixelSize(width: Int(raw.pointee.width), height: Int(raw.pointee.height))
  }

  /// What a muxer must know.
  package var parameters: StreamParameters {
    let parameters = StreamParameters()
    avcodec_parameters_from_context(parameters.raw, raw)
    return parameters
  }

  /// How many pictures at most are decoded before one that is shown before them.
  ///
  /// libx265 does not tell; it needs two at most.
  package var reordering: Int {
    raw.pointee.codec_id == AV_CODEC_ID_HEVC ? 2 : Int(max(0, raw.pointee.has_b_frames))
  }

  /// Samples per channel in every block but the last; 0 where any number will do.
  package var blockSize: Int { Int(raw.pointee.frame_size) }

  /// Hands a frame over, after all packets that were ready have been received.
  ///
  /// `ticks`: its time, in ticks of `timeBase`.
  /// `isKey`: makes the picture a key frame, whatever the encoder would do.
  package mutating func send(_ frame: borrowing Frame, at ticks: Int64, isKey: Bool = false)
    throws(Failure)
  {
    frame.raw.pointee.pts = ticks
    // Where the encoder keeps one quality, it takes it from each picture.
    frame.raw.pointee.quality = raw.pointee.global_quality
    frame.raw.pointee.pict_type = isKey ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE
    try check(avcodec_send_frame(raw, frame.raw), name, cannot: "encode")
  }

  /// Says that no frame follows, so that the packets held back come out.
  package mutating func finish() throws(Failure) {
    try check(avcodec_send_frame(raw, nil), name, cannot: "encode")
  }

  /// The next packet that is ready, its times in ticks of `timeBase`; false when there is none.
  package mutating func receive(into packet: inout Packet) throws(Failure) -> Bool {
    packet.clear()
    let result = avcodec_receive_packet(raw, packet.raw)
    if result == shim_AVERROR_EAGAIN || result == shim_AVERROR_EOF { return false }
    try check(result, name, cannot: "encode")
    return true
  }
}

// Sound: one owner at a time; libav binds no context to a thread.
extension Encoder: @unchecked Sendable {}
