import CLibav

/// What a packet's own bytes say, whatever its container says.
package struct FrameFacts: Hashable, Sendable {
  /// Decoding can start here; nil where the codec's parser does not tell.
  package var isKey: Bool?
  /// In pixels; nil where the packet does not tell.
  package var width: Int?
  package var height: Int?
  package var sampleRate: Int?
  package var channels: Int?
  /// Samples per channel, for audio.
  package var samples: Int?
  /// Pictures that a decoder holds back to put them in order.
  package var reorderDepth: Int
}

/// Reads the headers of whole packets of one stream without decoding them.
package struct FrameParser: ~Copyable {
  private let parser: UnsafeMutablePointer<AVCodecParserContext>
  private let context: UnsafeMutablePointer<AVCodecContext>

  /// Nil for a codec that libavcodec has no parser for.
  package init?(for parameters: StreamParameters) {
    guard let parser = av_parser_init(Int32(bitPattern: parameters.raw.pointee.codec_id.rawValue))
    else { return nil }
    self.parser = parser
    parser.pointee.flags |= PARSER_FLAG_COMPLETE_FRAMES
    context = allocated(avcodec_alloc_context3(nil))
    avcodec_parameters_to_context(context, parameters.raw)
  }

  deinit {
    av_parser_close(parser)
    var context: UnsafeMutablePointer<AVCodecContext>? = context
    avcodec_free_context(&context)
  }

  package mutating func parse(_ packet: borrowing Packet) -> FrameFacts {
    var out: UnsafeMutablePointer<UInt8>?
    var count: Int32 = 0
    parser.pointee.key_frame = -1
    parser.pointee.duration = 0
    av_parser_parse2(
      parser, context, &out, &count, packet.raw.pointee.data, packet.raw.pointee.size,
      packet.raw.pointee.pts, packet.raw.pointee.dts, -1)
    let key = parser.pointee.key_frame
    func positive(_ value: Int32) -> Int? { value > 0 ? Int(value) : nil }
    return FrameFacts(
      isKey: key < 0 ? nil : key == 1,
      width: positive(parser.pointee.width), height: positive(parser.pointee.height),
      sampleRate: positive(context.pointee.sample_rate),
      channels: positive(context.pointee.ch_layout.nb_channels),
      samples: positive(parser.pointee.duration),
      reorderDepth: Int(max(0, context.pointee.has_b_frames)))
  }
}
