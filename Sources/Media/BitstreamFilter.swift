package import Basics
import CLibav

/// A chain of libav's bitstream filters: packets in, changed packets out.
package struct BitstreamFilter: ~Copyable {
  private let raw: UnsafeMutablePointer<AVBSFContext>
  private let name: String

  private init(adopting raw: UnsafeMutablePointer<AVBSFContext>, name: String) {
    self.raw = raw
    self.name = name
  }

  deinit {
    var raw: UnsafeMutablePointer<AVBSFContext>? = raw
    av_bsf_free(&raw)
  }

  /// `chain`: as in `ffmpeg -bsf`: `h264_mp4toannexb,extract_extradata`.
  package static func make(
    _ chain: String, for parameters: StreamParameters, timeBase: TimeBase, subject: String
  ) throws(Failure) -> BitstreamFilter {
    var context: UnsafeMutablePointer<AVBSFContext>?
    try check(av_bsf_list_parse_str(chain, &context), subject, cannot: "filter")
    guard let context else { preconditionFailure("av_bsf_list_parse_str gave no context") }
    let filter = BitstreamFilter(adopting: context, name: subject)
    try check(
      avcodec_parameters_copy(context.pointee.par_in, parameters.raw), subject, cannot: "filter")
    context.pointee.time_base_in = timeBase.rational
    try check(av_bsf_init(context), subject, cannot: "filter")
    return filter
  }

  /// The parameters of what comes out.
  package var parameters: StreamParameters { StreamParameters(copying: raw.pointee.par_out) }

  /// Changes one packet in place; these filters give one packet for one.
  ///
  /// Gives false when the filter wants more before it gives anything; the packet is blank then.
  package mutating func apply(_ packet: inout Packet) throws(Failure) -> Bool {
    try check(av_bsf_send_packet(raw, packet.raw), name, cannot: "filter")
    let result = av_bsf_receive_packet(raw, packet.raw)
    if result == shim_AVERROR_EAGAIN || result == shim_AVERROR_EOF { return false }
    try check(result, name, cannot: "filter")
    return true
  }
}
