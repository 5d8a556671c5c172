import Archive
import Basics
import Media

/// Gives the packets of slices the form that files want: AAC without ADTS headers, one form of
/// H.264 and H.265 from beginning to end, and parameters that are known before the first packet.
final class StreamCopier {
  let parameters: StreamParameters
  let timeBase: TimeBase
  private let subject: String
  /// H.264 and H.265 with start codes and parameter sets among the pictures, as in TS.
  private let hasStartCodes: Bool
  private var filter: BitstreamFilter?
  /// What `filter` is made for.
  private var known: StreamParameters

  /// `first`: the first packet, which is left as it is.
  /// `mayChange`: parameters may change later, so that each stretch must bring its own.
  init(
    _ stream: MediaStream, first: borrowing Packet, mayChange: Bool, subject: String
  ) throws(Failure) {
    let found = stream.parameters
    // Fine enough for every clock that packets come with.
    timeBase = found.isVideo ? .mpeg : TimeBase(1, Int32(clamping: found.sampleRate ?? 48_000))
    self.subject = subject
    hasStartCodes = mayChange || !found.hasLengths
    known = found
    filter = try Self.filter(for: stream, hasStartCodes: hasStartCodes, subject)
    if found.codec == "aac", let configuration = AACHead(adts: first)?.configuration {
      parameters = found.with(extradata: configuration)
    } else {
      parameters = filter?.parameters ?? found
    }
  }

  /// Changes one packet in place; false when nothing comes of it.
  func convert(_ packet: inout Packet, of stream: MediaStream) throws(Failure) -> Bool {
    if stream.parameters !== known {
      if stream.parameters.extradata != known.extradata {
        filter = try Self.filter(for: stream, hasStartCodes: hasStartCodes, subject)
      }
      known = stream.parameters
    }
    return try filter?.apply(&packet) ?? true
  }

  private static func filter(for stream: MediaStream, hasStartCodes: Bool, _ subject: String)
    throws(Failure) -> BitstreamFilter?
  {
    let found = stream.parameters
    let chain: String
    switch found.codec {
    case "aac" where found.extradata.isEmpty: chain = "aac_adtstoasc"
    case "h264" where hasStartCodes && found.hasLengths: chain = "h264_mp4toannexb"
    case "hevc" where hasStartCodes && found.hasLengths: chain = "hevc_mp4toannexb"
    default: return nil
    }
    return try BitstreamFilter.make(
      chain, for: found, timeBase: stream.timeBase, subject: subject)
  }
}

extension StreamParameters {
  /// Whether H.264 or H.265 comes with lengths before its units, and parameter sets apart, as in
  /// MP4 (ISO 14496-15).
  var hasLengths: Bool {
    ["h264", "hevc"].contains(codec) && extradata.first == 1
  }
}
