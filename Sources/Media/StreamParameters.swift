import CLibav

/// What a decoder or muxer must know of a stream; never changed once made.
package final class StreamParameters: @unchecked Sendable {
  // Sound: written only in `init` and in the making of a changed copy, before it is shared.
  let raw: UnsafeMutablePointer<AVCodecParameters>
  /// The sample rate of AAC's core, where out-of-band data tell it.
  private(set) var configuredRate: Int?

  /// Blank ones, to be filled before they are shared.
  init() { raw = allocated(avcodec_parameters_alloc()) }

  /// Those of a codec whose packets tell the rest.
  ///
  /// `codec`: by libav's name.
  package init(codec: String) {
    raw = allocated(avcodec_parameters_alloc())
    guard let descriptor = avcodec_descriptor_get_by_name(codec) else { return }
    raw.pointee.codec_type = descriptor.pointee.type
    raw.pointee.codec_id = descriptor.pointee.id
  }

  /// A copy of `source`.
  ///
  /// `pixel`: the shape of its pixels, where others know it.
  init(copying source: UnsafePointer<AVCodecParameters>, pixel: AVRational? = nil) {
    raw = allocated(avcodec_parameters_alloc())
    let result = avcodec_parameters_copy(raw, source)
    precondition(result >= 0, "out of memory")
    // A tag means something only in the container it came from.
    raw.pointee.codec_tag = 0
    if let pixel, pixel.num > 0 { raw.pointee.sample_aspect_ratio = pixel }
    configuredRate = readConfiguredRate()
  }

  private func readConfiguredRate() -> Int? {
    guard raw.pointee.codec_id == AV_CODEC_ID_AAC, raw.pointee.extradata_size > 0 else {
      return nil
    }
    return AACHead(configuration: extradata)?.sampleRate
  }

  deinit {
    var raw: UnsafeMutablePointer<AVCodecParameters>? = raw
    avcodec_parameters_free(&raw)
  }

  /// libav's name of the codec.
  package var codec: String { String(cString: avcodec_get_name(raw.pointee.codec_id)) }
  package var isVideo: Bool { raw.pointee.codec_type == AVMEDIA_TYPE_VIDEO }
  package var isAudio: Bool { raw.pointee.codec_type == AVMEDIA_TYPE_AUDIO }
  package var isSubtitle: Bool { raw.pointee.codec_type == AVMEDIA_TYPE_SUBTITLE }
  package var width: Int? { raw.pointee.width > 0 ? Int(raw.pointee.width) : nil }
  package var height: Int? { raw.pointee.height > 0 ? Int(raw.pointee.height) : nil }
  /// How many pictures are decoded before the first is shown, as far as its beginning tells.
  package var reordering: Int { Int(max(0, min(16, raw.pointee.video_delay))) }
  package var sampleRate: Int? {
    raw.pointee.sample_rate > 0 ? Int(raw.pointee.sample_rate) : nil
  }
  package var channels: Int? {
    raw.pointee.ch_layout.nb_channels > 0 ? Int(raw.pointee.ch_layout.nb_channels) : nil
  }
  /// The codec's out-of-band data; empty when there is none.
  package var extradata: [UInt8] {
    Array(UnsafeBufferPointer(start: raw.pointee.extradata, count: Int(raw.pointee.extradata_size)))
  }
  /// Samples at the start of the stream that are no sound (priming, pre-skip).
  package var initialPadding: Int { Int(raw.pointee.initial_padding) }

  /// A copy with some of it replaced; nil leaves a value as it is.
  package func with(
    width: Int? = nil, height: Int? = nil, sampleRate: Int? = nil, channels: Int? = nil,
    extradata: [UInt8]? = nil, initialPadding: Int? = nil
  ) -> StreamParameters {
    let copy = StreamParameters(copying: raw)
    if let width { copy.raw.pointee.width = Int32(clamping: width) }
    if let height { copy.raw.pointee.height = Int32(clamping: height) }
    if let sampleRate { copy.raw.pointee.sample_rate = Int32(clamping: sampleRate) }
    if let initialPadding { copy.raw.pointee.initial_padding = Int32(clamping: initialPadding) }
    if let channels {
      av_channel_layout_uninit(&copy.raw.pointee.ch_layout)
      av_channel_layout_default(&copy.raw.pointee.ch_layout, Int32(clamping: channels))
    }
    if let extradata {
      av_freep(&copy.raw.pointee.extradata)
      let space = av_mallocz(extradata.count + Int(AV_INPUT_BUFFER_PADDING_SIZE))
      extradata.withUnsafeBytes { bytes in
        if let space, let base = bytes.baseAddress { memcpy(space, base, bytes.count) }
      }
      copy.raw.pointee.extradata = space?.assumingMemoryBound(to: UInt8.self)
      copy.raw.pointee.extradata_size = space == nil ? 0 : Int32(clamping: extradata.count)
      copy.configuredRate = copy.readConfiguredRate()
    }
    return copy
  }
}
