import Basics
import Media

/// Gives the packets of slices the form that files want: AAC without ADTS headers, and parameters
/// that are known before the first packet.
final class StreamCopier {
  let parameters: StreamParameters
  let timeBase: TimeBase
  private var filter: BitstreamFilter?

  /// `first`: the first packet, which is left as it is.
  init(
    _ found: StreamParameters, timeBase: TimeBase, first: inout Packet, subject: String
  ) throws(Failure) {
    // Fine enough for every clock that packets come with.
    self.timeBase = found.isVideo ? .mpeg : TimeBase(1, Int32(clamping: found.sampleRate ?? 48_000))
    switch found.codec {
    case "aac":
      guard let head = AACHead(adts: first), let configuration = head.configuration else {
        parameters = found
        return
      }
      let known = found.with(extradata: configuration)
      filter = try BitstreamFilter.make(
        "aac_adtstoasc", for: found, timeBase: timeBase, subject: subject)
      parameters = known
    default: parameters = found
    }
  }

  /// Changes one packet in place; false when nothing comes of it.
  func convert(_ packet: inout Packet) throws(Failure) -> Bool {
    try filter?.apply(&packet) ?? true
  }
}
