package import Basics
import CLibav

/// A grey picture as the bytes of a PNG file.
///
/// `rows`: from the top, of one length.
///
/// Throws when libavcodec has no PNG encoder.
package func greyPNG(_ rows: [[UInt8]]) throws(Failure) -> [UInt8] {
  guard let codec = avcodec_find_encoder(AV_CODEC_ID_PNG), let width = rows.first?.count else {
    throw Failure("png", cannot: "encode", "libavcodec has no encoder 'png'", .unavailable)
  }
  var context: UnsafeMutablePointer<AVCodecContext>? = allocated(avcodec_alloc_context3(codec))
  defer { avcodec_free_context(&context) }
  let frame = Frame()
  for raw in [context].compactMap({ $0 }) {
    raw.pointee.width = Int32(clamping: width)
    raw.pointee.height = Int32(clamping: rows.count)
    raw.pointee.pix_fmt = AV_PIX_FMT_GRAY8
    raw.pointee.time_base = AVRational(num: 1, den: 1)
    raw.pointee.flags |= AV_CODEC_FLAG_BITEXACT
  }
  try check(avcodec_open2(context, codec, nil), "png", cannot: "encode")
  frame.raw.pointee.width = Int32(clamping: width)
  frame.raw.pointee.height = Int32(clamping: rows.count)
  frame.raw.pointee.format = AV_PIX_FMT_GRAY8.rawValue
  try check(av_frame_get_buffer(frame.raw, 0), "png", cannot: "encode")
  if let (base, stride) = frame.plane(0) {
    for (index, row) in rows.enumerated() where row.count == width {
      row.withUnsafeBytes { bytes in
        if let from = bytes.baseAddress { memcpy(base + index * stride, from, width) }
      }
    }
  }
  frame.raw.pointee.pts = 0
  try check(avcodec_send_frame(context, frame.raw), "png", cannot: "encode")
  let packet = Packet()
  avcodec_send_frame(context, nil)
  try check(avcodec_receive_packet(context, packet.raw), "png", cannot: "encode")
  var bytes: [UInt8] = []
  packet.append(to: &bytes)
  return bytes
}
