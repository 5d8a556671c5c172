package import Basics
import CLibav

/// The output context.
///
/// Dropped without a trailer it closes the file and leaves it unfinished.
struct MuxerHandle: ~Copyable {
  let raw: UnsafeMutablePointer<AVFormatContext>
  /// Whether it writes into a file of libav's.
  let isFileOwn: Bool

  deinit { Self.free(raw, isFileOwn) }

  consuming func writeTrailer() -> Int32 {
    let (raw, isFileOwn) = (raw, isFileOwn)
    discard self
    let result = av_write_trailer(raw)
    // The last bytes may fail to reach the file only now.
    let error = raw.pointee.pb.map { $0.pointee.error } ?? 0
    let closed = Self.free(raw, isFileOwn)
    return [result, error, closed].first { $0 < 0 } ?? 0
  }

  @discardableResult
  private static func free(
    _ raw: UnsafeMutablePointer<AVFormatContext>, _ isFileOwn: Bool
  ) -> Int32 {
    let closed = isFileOwn ? avio_closep(&raw.pointee.pb) : 0
    avformat_free_context(raw)
    return closed
  }
}

/// A file that is being written.
package struct Muxer: ~Copyable {
  private let handle: MuxerHandle
  /// What it writes into, where that is not libav's own.
  private let file: MuxerFile?
  /// The same, where it makes the index.
  private let movie: MovieFile?
  package private(set) var path: String
  private let timeBases: [TimeBase]
  /// Added to all times, for containers that know none below zero.
  package var shift = MediaTime.zero
  /// What must be added to the times of a stream, in its ticks.
  private let delays: [Int64]
  /// The decoding time of each stream's last packet, in its ticks.
  private var last: [Int64?]
  private var writeback: EarlyWriteback

  private init(
    handle: consuming MuxerHandle, file: MuxerFile?, movie: MovieFile?, path: String,
    timeBases: [TimeBase], delays: [Int64]
  ) {
    self.handle = handle
    self.file = file
    self.movie = movie
    self.path = path
    self.timeBases = timeBases
    self.delays = delays
    last = timeBases.map { _ in nil }
    writeback = EarlyWriteback(path)
  }

  /// A stream to be written.
  package struct Stream {
    package var parameters: StreamParameters
    /// The wished length of a tick; containers may choose another.
    package var timeBase: TimeBase
    /// Shown by players as the stream's name.
    package var title: String?
    /// Degrees anticlockwise by which players are to turn the picture.
    package var rotation: Int

    package init(
      _ parameters: StreamParameters, timeBase: TimeBase, title: String? = nil, rotation: Int = 0
    ) {
      self.parameters = parameters
      self.timeBase = timeBase
      self.title = title
      self.rotation = rotation
    }
  }

  /// A part of the file that players let people jump to.
  package struct Chapter: Hashable, Sendable {
    package var start: MediaTime
    package var end: MediaTime
    package var title: String

    package init(start: MediaTime, end: MediaTime, title: String) {
      self.start = start
      self.end = end
      self.title = title
    }
  }

  /// Creates the file and writes its header.
  ///
  /// MP4, MOV and M4A get their index in front unless `options` say otherwise.
  ///
  /// `format`: libav's name of the container.
  /// `options`: of the muxer, by libav's names.
  /// `metadata`: of the whole file.
  /// `isLarge`: a thread of its own brings its bytes to the disk; not for what is to be flushed or to
  /// go on in another file.
  /// `indexRoom`: bytes that such an index is likely to need, kept free for it, so that nothing need
  /// be moved for it in the end.
  package static func create(
    _ path: String, format: String, streams: [Stream], options: [String: String] = [:],
    metadata: [String: String] = [:], chapters: [Chapter] = [], isLarge: Bool = false,
    indexRoom: Int = 0
  ) throws(Failure) -> Muxer {
    _ = Log.lines()
    var context: UnsafeMutablePointer<AVFormatContext>?
    try check(
      avformat_alloc_output_context2(&context, nil, format, path), path, cannot: "create")
    guard let context else { preconditionFailure("avformat_alloc_output_context2 gave no context") }
    var options = options
    let isMovie = ["mp4", "mov", "ipod"].contains(format) && options["movflags"] == nil
    let hasOwnIndex = isMovie && chapters.isEmpty && MovieFile.canHold(streams)
    if isMovie {
      options.merge(hasOwnIndex ? MovieFile.options : ["movflags": "+faststart"]) { $1 }
    }
    // libavformat reads again what it moves.
    let hasThread = hasOwnIndex || isLarge && !isMovie
    let handle = MuxerHandle(raw: context, isFileOwn: !hasThread)
    // No dates, versions or random numbers: the same input gives the same bytes.
    context.pointee.flags |= AVFMT_FLAG_BITEXACT
    context.pointee.avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED
    // Packets come in the order in which they are to be written.
    context.pointee.max_interleave_delta = 0
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      av_dict_set(&context.pointee.metadata, key, value, 0)
    }
    for chapter in chapters { add(chapter, to: context) }
    for wanted in streams {
      let stream = allocated(avformat_new_stream(context, nil))
      try check(
        avcodec_parameters_copy(stream.pointee.codecpar, wanted.parameters.raw), path,
        cannot: "create")
      stream.pointee.time_base = wanted.timeBase.rational
      if let title = wanted.title {
        av_dict_set(&stream.pointee.metadata, "title", title, 0)
        // What players show of a stream of MP4.
        av_dict_set(&stream.pointee.metadata, "handler_name", title, 0)
      }
      if wanted.rotation != 0,
        let matrix = av_stream_new_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, 36)
      {
        matrix.withMemoryRebound(to: Int32.self, capacity: 9) {
          av_display_rotation_set($0, Double(-wanted.rotation))
        }
      }
    }
    let movie = hasOwnIndex ? try MovieFile(creating: path, streams, room: indexRoom) : nil
    var file: MuxerFile? = movie
    if hasThread, file == nil { file = try MuxerFile(creating: path) }
    if let file {
      context.pointee.pb = file.context
    } else {
      try check(
        avio_open(&context.pointee.pb, "file:\(path)", AVIO_FLAG_WRITE), path, cannot: "create",
        .cannotCreate)
    }
    let header = withOptions(options) { avformat_write_header(context, $0) }
    try check(header.result, path, cannot: "write the header of")
    precondition(header.unknown.isEmpty, "\(format) has no option \(header.unknown)")
    _ = Log.lines()
    let timeBases = (0..<streams.count).map { index in
      TimeBase(allocated(context.pointee.streams[index]).pointee.time_base) ?? .milliseconds
    }
    // Readers of Matroska take `CodecDelay` from every time again.
    let isMatroska = ["matroska", "webm"].contains(format)
    let delays = zip(streams, timeBases).map { stream, timeBase -> Int64 in
      guard isMatroska, !shim_matroska_adds_delay, stream.parameters.codec == "opus" else {
        return 0
      }
      let padding = Int64(stream.parameters.initialPadding)
      return MediaTime(ticks: padding, of: TimeBase(1, 48_000)).ticks(of: timeBase)
    }
    return Muxer(
      handle: handle, file: file, movie: movie, path: path, timeBases: timeBases, delays: delays)
  }

  private static func add(
    _ chapter: Chapter, to context: UnsafeMutablePointer<AVFormatContext>
  ) {
    guard
      let made = av_mallocz(MemoryLayout<AVChapter>.size)?
        .assumingMemoryBound(to: AVChapter.self)
    else { preconditionFailure("out of memory") }
    made.pointee.id = Int64(context.pointee.nb_chapters)
    made.pointee.time_base = TimeBase.milliseconds.rational
    made.pointee.start = chapter.start.milliseconds
    made.pointee.end = chapter.end.milliseconds
    av_dict_set(&made.pointee.metadata, "title", chapter.title, 0)
    var count = Int32(context.pointee.nb_chapters)
    av_dynarray_add(&context.pointee.chapters, &count, made)
    context.pointee.nb_chapters = UInt32(count)
  }

  /// Writes `packet`, leaving it blank.
  ///
  /// The packets of all streams come in the order of `dts`.
  ///
  /// `pts`: when it is presented; `dts` is made to rise where it does not.
  /// `duration`: how long it lasts; nil when unknown.
  /// `keepsSideData`: it has parameters that are known only now, as FLAC's digest.
  package mutating func write(
    _ packet: inout Packet, stream: Int, pts: MediaTime, dts: MediaTime, duration: MediaTime?,
    keepsSideData: Bool = false
  ) throws(Failure) {
    let timeBase = timeBases[stream]
    let delay = delays[stream]
    let raw = packet.raw
    // What a packet says of its stream's parameters has been said by the header.
    if !keepsSideData { packet.dropSideData() }
    // Times that rise may fall on one tick of a coarser clock, which no muxer takes.
    let rising = max((dts + shift).ticks(of: timeBase) + delay, last[stream].map { $0 + 1 } ?? .min)
    last[stream] = rising
    raw.pointee.stream_index = Int32(stream)
    raw.pointee.pts = max((pts + shift).ticks(of: timeBase) + delay, rising)
    raw.pointee.dts = rising
    raw.pointee.duration = duration?.ticks(of: timeBase) ?? 0
    raw.pointee.time_base = timeBase.rational
    raw.pointee.pos = -1
    if let movie {
      // libavformat passes over what is empty.
      guard packet.size > 0 else { return packet.clear() }
      try hand(&packet, to: movie, stream, at: dts)
    }
    try check(av_write_frame(handle.raw, raw), path, cannot: "write", .io)
    packet.clear()
    if let error = handle.raw.pointee.pb?.pointee.error {
      try check(error, path, cannot: "write", .io)
    }
    if file == nil { writeback.note(size) }
  }

  /// Lets `movie` know the times of a packet, of which libavformat's fragments are to know nothing.
  private func hand(
    _ packet: inout Packet, to movie: MovieFile, _ stream: Int, at time: MediaTime
  ) throws(Failure) {
    if movie.isFull(at: time) {
      try check(av_write_frame(handle.raw, nil), path, cannot: "write", .io)
      if let failure = movie.failure { throw failure }
    }
    movie.takeTimes(of: &packet, stream: stream, at: time)
  }

  /// Hands everything written so far to the operating system, so that it outlives the process.
  package mutating func flush() throws(Failure) {
    precondition(self.file == nil, "a large file is flushed at its end")
    try check(av_write_frame(handle.raw, nil), path, cannot: "write", .io)
    guard let file = handle.raw.pointee.pb else { return }
    avio_flush(file)
    try check(file.pointee.error, path, cannot: "write", .io)
  }

  /// Completes the file at hand, and goes on in another that stands behind it, or alone: of transport
  /// streams, whose every file brings its tables.
  package mutating func goOn(in next: String) throws(Failure) {
    try flush()
    let closed = avio_closep(&handle.raw.pointee.pb)
    try check(closed, path, cannot: "write", .io)
    path = next
    try check(
      avio_open(&handle.raw.pointee.pb, "file:\(next)", AVIO_FLAG_WRITE), next, cannot: "create",
      .cannotCreate)
    // Other containers have no such option, and need none.
    av_opt_set(handle.raw.pointee.priv_data, "mpegts_flags", "+resend_headers", 0)
  }

  /// How many bytes have been written.
  package var size: Int64 { handle.raw.pointee.pb.map { avio_tell($0) } ?? 0 }

  /// The length of a tick of a stream's timestamps, as the container chose it.
  package func timeBase(of stream: Int) -> TimeBase { timeBases[stream] }

  /// Writes the trailer and closes the file.
  ///
  /// The muxer cannot be used afterwards.
  package consuming func finish() throws(Failure) {
    let (path, file, movie) = (path, file, movie)
    let result = min(handle.writeTrailer(), file?.finish() ?? 0)
    if let failure = movie?.failure { throw failure }
    try check(result, path, cannot: "finish", .io)
  }
}
