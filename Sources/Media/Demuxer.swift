package import Basics
import CLibav

/// What only probing tells of a stream: the same for all files that one encoder made of it.
package struct ProbedStream: Sendable {
  package let parameters: StreamParameters
  fileprivate let frameRate: AVRational
  fileprivate let pictureRate: AVRational
}

/// An open input: a file, or a live source.
package struct Demuxer: ~Copyable {
  private let raw: UnsafeMutablePointer<AVFormatContext>
  // The context calls back into it.
  private let interrupt: Interrupt
  private let name: String
  /// What it reads from, where that is not libav's own; it outlives the context.
  private let reader: ByteReader?

  private init(
    adopting raw: UnsafeMutablePointer<AVFormatContext>, interrupt: Interrupt, name: String,
    reader: ByteReader? = nil
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
    "aac,ac3,aiff,amr,ape,asf,au,avi,bmp_pipe,caf,dv,eac3,flac,flv,gif,h264,hevc,ivf,jpeg_pipe,"
    + "matroska,mov,mp3,mpeg,mpegts,mxf,nut,obu,ogg,png_pipe,rm,tiff_pipe,tta,w64,wav,webp_pipe,wv"

  /// Opens local media, as far as it is self-contained.
  ///
  /// `format` is libav's name of the format; nil finds it out from the first bytes. `probing` is as
  /// for live sources.
  package static func open(
    _ input: MediaInput, name: String, format: String? = nil, probing: Bool = true
  ) throws(Failure) -> Demuxer {
    let reader = try InputReader(input, name: name)
    var options = ["format_whitelist": selfContained]
    // A transport stream's sound is doubted for many packets, whatever the stream's own tables say.
    if !probing { options["max_probe_packets"] = "1" }
    do throws(Failure) {
      return try open(
        reader, name: name, format: format, options: options, interrupt: Interrupt(),
        probing: probing)
    } catch  where error.reason.contains("whitelist") {
      throw Failure(
        name, cannot: error.verb, "it is no media, or of a kind that is not read", .data)
    } catch  where error.code == .io && !reader.hasFailed {
      // Some demuxers say of damaged media what only the system should say.
      throw Failure(error.subject, cannot: error.verb, error.reason, .data)
    }
  }

  /// Opens what comes from the network by way of our own reader; streams appear, and their
  /// parameters fill, as packets are read.
  package static func open(
    _ datagrams: DatagramReader, name: String, format: String, options: [String: String],
    interrupt: Interrupt
  ) throws(Failure) -> Demuxer {
    try open(
      datagrams, name: name, format: format, options: options, interrupt: interrupt,
      probing: false)
  }

  private static func open(
    _ reader: ByteReader, name: String, format: String?, options: [String: String],
    interrupt: Interrupt, probing: Bool
  ) throws(Failure) -> Demuxer {
    _ = Log.lines()
    var context: UnsafeMutablePointer<AVFormatContext>? = allocated(avformat_alloc_context())
    context?.pointee.pb = reader.context
    context?.pointee.flags |= AVFMT_FLAG_CUSTOM_IO
    context?.pointee.interrupt_callback = interrupt.callback
    let opened = withOptions(options) { options in
      avformat_open_input(&context, nil, format.flatMap { av_find_input_format($0) }, options)
    }
    try check(opened.result, name, cannot: "open")
    guard let context else { preconditionFailure("avformat_open_input gave no context") }
    let demuxer = Demuxer(adopting: context, interrupt: interrupt, name: name, reader: reader)
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
    let stream = self.stream(stream)
    return StreamParameters(
      copying: stream.pointee.codecpar, pixel: av_guess_sample_aspect_ratio(raw, stream, nil))
  }

  /// The length of a tick of a stream's timestamps.
  package func timeBase(of stream: Int) -> TimeBase {
    TimeBase(self.stream(stream).pointee.time_base) ?? .milliseconds
  }

  /// Whether players take a stream where there are several of its kind.
  package func isDefault(_ stream: Int) -> Bool {
    self.stream(stream).pointee.disposition & AV_DISPOSITION_DEFAULT != 0
  }

  /// Whether a stream is a picture that belongs to the file as a cover does.
  package func isCover(_ stream: Int) -> Bool {
    self.stream(stream).pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
  }

  /// Degrees anticlockwise by which the container asks to turn a stream's pictures: 0, 90, 180 or
  /// 270.
  package func rotation(of stream: Int) -> Int {
    guard let matrix = shim_display_matrix(self.stream(stream)) else { return 0 }
    return quarterTurn(matrix)
  }

  /// What probing found of a stream.
  package func probed(_ stream: Int) -> ProbedStream {
    let found = self.stream(stream).pointee
    return ProbedStream(
      parameters: parameters(of: stream), frameRate: found.avg_frame_rate,
      pictureRate: found.r_frame_rate)
  }

  /// Takes what probing found of another file's stream for a stream of this one, which was not
  /// probed; false when it has another codec.
  package func assume(_ known: ProbedStream, of stream: Int) -> Bool {
    let own = self.stream(stream)
    guard let parameters = own.pointee.codecpar,
      parameters.pointee.codec_id == known.parameters.raw.pointee.codec_id
    else { return false }
    let tag = parameters.pointee.codec_tag
    guard avcodec_parameters_copy(parameters, known.parameters.raw) >= 0 else { return false }
    parameters.pointee.codec_tag = tag
    own.pointee.avg_frame_rate = known.frameRate
    own.pointee.r_frame_rate = known.pictureRate
    return true
  }

  /// A value of the container's metadata.
  package func metadata(_ key: String) -> String? {
    av_dict_get(raw.pointee.metadata, key, nil, 0).map { String(cString: $0.pointee.value) }
  }

  /// The file's own metadata, and that of one of its streams.
  var metadata: OpaquePointer? { raw.pointee.metadata }
  func metadata(of stream: Int) -> OpaquePointer? { self.stream(stream).pointee.metadata }

  /// The file's chapters, counted from its first sample.
  var chapters: [Muxer.Chapter] {
    let zero = MediaTime(ticks: max(0, raw.pointee.start_time), of: TimeBase(1, AV_TIME_BASE))
    return (0..<Int(raw.pointee.nb_chapters)).compactMap { index in
      guard let chapter = raw.pointee.chapters[index]?.pointee,
        let base = TimeBase(chapter.time_base), chapter.end > chapter.start
      else { return nil }
      let title = av_dict_get(chapter.metadata, "title", nil, 0)
      return Muxer.Chapter(
        start: max(.zero, MediaTime(ticks: chapter.start, of: base) - zero),
        end: max(.zero, MediaTime(ticks: chapter.end, of: base) - zero),
        title: title.map { String(cString: $0.pointee.value) } ?? "")
    }
  }

  /// Leaves a stream's packets out of what `read` gives.
  package func discard(_ stream: Int) {
    let stream = self.stream(stream)
    stream.pointee.discard = AVDISCARD_ALL
    // libav takes what is discarded apart before it throws it away.
    if format == "mpegts" { (reader as? InputReader)?.hide(pid: Int(stream.pointee.id)) }
  }

  /// Reads the next packet; false at the end of the input.
  package mutating func read(into packet: inout Packet) throws(Failure) -> Bool {
    packet.clear()
    while true {
      let result = av_read_frame(raw, packet.raw)
      if result == shim_AVERROR_EAGAIN { continue }
      if result == shim_AVERROR_EOF { return false }
      try check(result, name, cannot: "read")
      packet.dropStreamID()
      return true
    }
  }

  /// Goes to a key frame of a stream at or before a time, as far as the format can tell; false where
  /// it cannot, which leaves the place uncertain.
  package mutating func seek(_ stream: Int, to time: MediaTime) -> Bool {
    let ticks = time.ticks(of: timeBase(of: stream))
    return av_seek_frame(raw, Int32(clamping: stream), ticks, AVSEEK_FLAG_BACKWARD) >= 0
  }

  /// When the key frames of a stream are decoded, as far as the container lists them.
  package mutating func listedKeys(of stream: Int) -> [MediaTime] {
    // Some formats read their lists only when they are asked to go somewhere.
    _ = seek(stream, to: .zero)
    let raw = self.stream(stream)
    let base = timeBase(of: stream)
    return (0..<avformat_index_get_entries_count(raw)).compactMap { index in
      guard let entry = avformat_index_get_entry(raw, index), shim_is_key(entry) != 0 else {
        return nil
      }
      return MediaTime(ticks: entry.pointee.timestamp, of: base)
    }
  }

  private func stream(_ index: Int) -> UnsafeMutablePointer<AVStream> {
    precondition(index >= 0 && index < streamCount, "no such stream")
    return allocated(raw.pointee.streams[index])
  }
}
