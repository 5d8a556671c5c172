package import Basics
import CLibav

/// An open input: a file, or a live source.
package struct Demuxer: ~Copyable {
  private let raw: UnsafeMutablePointer<AVFormatContext>
  // The context calls back into it.
  private let interrupt: Interrupt
  private let name: String
  /// What it reads from, where that is not libav's own; it outlives the context.
  private let reader: InputReader?

  private init(
    adopting raw: UnsafeMutablePointer<AVFormatContext>, interrupt: Interrupt, name: String,
    reader: InputReader? = nil
  ) {
    self.raw = raw
    self.interrupt = interrupt
    self.name = name
    self.reader = reader
  }

  deinit {
    var raw: UnsafeMutablePointer<AVFormatContext>? = raw
    avformat_close_input(&raw)
    withExtendedLifetime(reader) {}
  }

  /// Opens `url`, which is anything that libavformat opens.
  ///
  /// `name`: what messages call it.
  /// `options`: of protocols and demuxers, by libav's names.
  /// `probing`: reads on until the parameters of every stream are known. Without it, streams
  /// appear, and their parameters fill, as packets are read.
  ///
  /// Throws when it cannot be opened, or an option is unknown to libavformat.
  package static func open(
    _ url: String, name: String? = nil, format: String? = nil, options: [String: String] = [:],
    interrupt: Interrupt = Interrupt(), probing: Bool = true
  ) throws(Failure) -> Demuxer {
    _ = Log.lines()
    let name = name ?? url
    var context: UnsafeMutablePointer<AVFormatContext>? = allocated(avformat_alloc_context())
    context?.pointee.interrupt_callback = interrupt.callback
    let opened = withOptions(options) { options in
      avformat_open_input(&context, url, format.flatMap { av_find_input_format($0) }, options)
    }
    try check(opened.result, name, cannot: "open", .noInput)
    guard let context else { preconditionFailure("avformat_open_input gave no context") }
    let demuxer = Demuxer(adopting: context, interrupt: interrupt, name: name)
    if let unknown = opened.unknown.first {
      throw Failure(name, cannot: "open", "unknown option '\(unknown)'", .usage)
    }
    if probing { try check(avformat_find_stream_info(context, nil), name, cannot: "probe") }
    return demuxer
  }

  /// Formats that hold media themselves: what would open other files or addresses is not one.
  private static let selfContained =
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dv,eac3,flac,flv,h264,hevc,ivf,matroska,mov,mp3,mpeg,"
    + "mpegts,mxf,nut,obu,ogg,rm,w64,wav,wv"

  /// Opens local media, as far as it is self-contained.
  ///
  /// `format` is libav's name of the format; nil finds it out from the first bytes. `probing` is as
  /// for live sources.
  package static func open(
    _ input: MediaInput, name: String, format: String? = nil, probing: Bool = true
  ) throws(Failure) -> Demuxer {
    _ = Log.lines()
    let reader = try InputReader(input, name: name)
    var context: UnsafeMutablePointer<AVFormatContext>? = allocated(avformat_alloc_context())
    context?.pointee.pb = reader.context
    context?.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
    let opened = withOptions(["format_whitelist": selfContained]) { options in
      avformat_open_input(&context, nil, format.flatMap { av_find_input_format($0) }, options)
    }
    try check(opened.result, name, cannot: "open")
    guard let context else { preconditionFailure("avformat_open_input gave no context") }
    let demuxer = Demuxer(adopting: context, interrupt: Interrupt(), name: name, reader: reader)
    if probing { try check(avformat_find_stream_info(context, nil), name, cannot: "probe") }
    return demuxer
  }

  /// How many streams have been found so far.
  package var streamCount: Int { Int(raw.pointee.nb_streams) }

  /// libav's short name of the format, the first where it has several.
  package var format: String {
    String(cString: raw.pointee.iformat.pointee.name).split(separator: ",").first.map(String.init)
      ?? ""
  }

  /// A copy of a stream's parameters as they are known now.
  package func parameters(of stream: Int) -> StreamParameters {
    StreamParameters(copying: self.stream(stream).pointee.codecpar)
  }

  /// The length of a tick of a stream's timestamps.
  package func timeBase(of stream: Int) -> TimeBase {
    TimeBase(self.stream(stream).pointee.time_base) ?? .milliseconds
  }

  /// Degrees anticlockwise by which the container asks to turn a stream's pictures: 0, 90, 180 or
  /// 270.
  package func rotation(of stream: Int) -> Int {
    guard let matrix = shim_display_matrix(self.stream(stream)) else { return 0 }
    return quarterTurn(matrix)
  }

  /// A value of the container's metadata.
  package func metadata(_ key: String) -> String? {
    av_dict_get(raw.pointee.metadata, key, nil, 0).map { String(cString: $0.pointee.value) }
  }

  /// Leaves a stream's packets out of what `read` gives.
  package func discard(_ stream: Int) {
    self.stream(stream).pointee.discard = AVDISCARD_ALL
  }

  /// Reads the next packet; false at the end of the input.
  package mutating func read(into packet: inout Packet) throws(Failure) -> Bool {
    packet.clear()
    while true {
      let result = av_read_frame(raw, packet.raw)
      if result == shim_AVERROR_EAGAIN { continue }
      if result == shim_AVERROR_EOF { return false }
      try check(result, name, cannot: "read")
      return true
    }
  }

  private func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> {
    precondition(index >= 0 && index < streamCount, "no such stream")
    return allocated(raw.pointee.streams[index])
  }
}
