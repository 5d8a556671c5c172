package import Basics
package import Media
import Posix
package import Slices

/// One stream of an open slice: how its ticks become times, and what its packets hold.
package struct MediaStream: Sendable {
  package let index: Int
  package let parameters: StreamParameters
  package let timeBase: TimeBase
  package let format: Format
  /// Degrees anticlockwise by which the container asks to turn the pictures: 0, 90, 180 or 270.
  package let rotation: Int

  /// When a packet is presented, on the slice's own clock.
  package func time(of packet: borrowing Packet) -> MediaTime? {
    (packet.pts ?? packet.dts).map { MediaTime(ticks: $0, of: timeBase) }
  }

  /// How long a packet lasts, by its own bytes where they tell.
  package func duration(of packet: borrowing Packet) -> MediaTime? {
    if parameters.isAudio, let samples = parameters.samples(in: packet),
      let rate = parameters.sampleRate
    {
      // Opus counts in 48 kHz, whatever its sender's rate was.
      let clock = parameters.codec == "opus" ? 48_000 : Int32(clamping: rate)
      return MediaTime(ticks: Int64(samples), of: TimeBase(1, max(1, clock)))
    }
    return packet.duration.map { MediaTime(ticks: $0, of: timeBase) }
  }

  /// When a packet ends that begins at `start`; nil when its length is unknown.
  func end(of packet: borrowing Packet, at start: MediaTime) -> MediaTime? {
    guard let length = duration(of: packet) else { return nil }
    return start + length
  }
}

/// Reads the packets of one kind from one slice.
package struct SliceReader: ~Copyable {
  private var demuxer: Demuxer
  private let index: Int

  /// - Throws: when the slice cannot be opened, or holds nothing of `kind`.
  package static func open(_ resource: MediaResource, kind: TrackKind) throws(Failure)
    -> SliceReader
  {
    try open(Slice.Source(resource), kind: kind)
  }

  static func open(_ source: Slice.Source, kind: TrackKind) throws(Failure) -> SliceReader {
    let demuxer = try demuxer(source)
    guard let index = demuxer.first(kind) else {
      throw Failure(source.resource.path, cannot: "read", "it holds no \(kind.rawValue)", .data)
    }
    return SliceReader(demuxer: demuxer, index: index)
  }

  /// Opens a slice, without probing it where `known` has a slice that was made in the same way, or
  /// the slice itself was probed before.
  static func open(_ source: Slice.Source, kind: TrackKind, known: inout KnownStreams)
    throws(Failure) -> SliceReader
  {
    guard let key = KnownStreams.Key(source, kind) else { return try open(source, kind: kind) }
    if let stream = known[key] ?? KnownStreams.ofFiles.with({ $0[key.only(source)] }),
      let reader = assuming(stream, source, kind)
    {
      known[key] = stream
      return reader
    }
    let reader = try open(source, kind: kind)
    let stream = reader.demuxer.probed(reader.index)
    known[key] = stream
    KnownStreams.ofFiles.with { $0[key.only(source)] = stream }
    return reader
  }

  /// Nil where the slice turns out to be otherwise.
  private static func assuming(_ stream: ProbedStream, _ source: Slice.Source, _ kind: TrackKind)
    -> SliceReader?
  {
    let path = source.resource.path
    guard let format = format(path),
      let demuxer = try? Demuxer.open(source.input, name: path, format: format, probing: false),
      let index = demuxer.first(kind), demuxer.assume(stream, of: index)
    else { return nil }
    return SliceReader(demuxer: demuxer, index: index)
  }

  /// What a file says of itself.
  struct Contents {
    /// The kinds of streams that it has.
    var kinds: [TrackKind]
    /// When it says that it was made.
    var creation: UTCTime?
    /// What else it has for people, in words; nil where that is nothing.
    var remainder: String?
  }

  static func contents(of source: Slice.Source) throws(Failure) -> Contents {
    let demuxer = try demuxer(source)
    var kinds: [TrackKind] = []
    for kind in TrackKind.allCases {
      guard let index = demuxer.first(kind) else { continue }
      kinds.append(kind)
      if let key = KnownStreams.Key(source, kind) {
        let stream = demuxer.probed(index)
        KnownStreams.ofFiles.with { $0[key.only(source)] = stream }
      }
    }
    return Contents(
      kinds: kinds,
      creation: demuxer.metadata("creation_time").flatMap { UTCTime(iso: $0) },
      remainder: demuxer.remainder)
  }

  /// How long the sound of a file takes before its first sample is heard: an encoder's priming, or
  /// Opus' pre-skip (RFC 7845 §4.2).
  static func priming(of source: Slice.Source) throws(Failure) -> MediaTime {
    var reader = try open(source, kind: .audio)
    let stream = try reader.stream(.audio)
    var packet = Packet()
    guard try reader.read(into: &packet), let rate = stream.parameters.sampleRate else {
      return .zero
    }
    let isOpus = stream.parameters.codec == "opus"
    let samples = max(packet.primingSamples, isOpus ? stream.parameters.initialPadding : 0)
    return MediaTime(
      ticks: Int64(samples), of: TimeBase(1, isOpus ? 48_000 : Int32(clamping: max(1, rate))))
  }

  private static func demuxer(_ source: Slice.Source) throws(Failure) -> Demuxer {
    let path = source.resource.path
    // Names can be wrong.
    if let format = format(path),
      let demuxer = try? Demuxer.open(source.input, name: path, format: format),
      demuxer.streamCount > 0
    {
      return demuxer
    }
    return try Demuxer.open(source.input, name: path)
  }

  /// libav's name of the format that a file's name promises.
  private static func format(_ path: String) -> String? {
    switch pathExtension(path) {
    case "ts": "mpegts"
    case "webm", "mka", "mkv": "matroska"
    default: nil
    }
  }

  private init(demuxer: consuming Demuxer, index: Int) {
    for other in 0..<demuxer.streamCount where other != index { demuxer.discard(other) }
    self.demuxer = demuxer
    self.index = index
  }

  package func stream(_ kind: TrackKind) throws(Failure) -> MediaStream {
    let parameters = demuxer.parameters(of: index)
    return MediaStream(
      index: index, parameters: parameters, timeBase: demuxer.timeBase(of: index),
      format: Format(
        codec: parameters.codec, width: parameters.width, height: parameters.height,
        sampleRate: parameters.sampleRate, channels: parameters.channels),
      rotation: demuxer.rotation(of: index))
  }

  /// Goes to a key frame at or before a time of the slice's own clock; false where that cannot be
  /// done, which leaves the place uncertain.
  mutating func seek(to time: MediaTime) -> Bool { demuxer.seek(index, to: time) }

  /// When key frames are decoded, on the slice's own clock, as far as the container lists them; to be
  /// asked before anything is read.
  package mutating func listedKeys() -> [MediaTime] { demuxer.listedKeys(of: index) }

  /// Reads the next packet of the stream; false at the end, also where the file is cut off.
  package mutating func read(into packet: inout Packet) throws(Failure) -> Bool {
    while try demuxer.read(into: &packet) {
      if packet.stream == index { return true }
    }
    return false
  }
}

extension Demuxer {
  /// The stream of a kind that players take.
  fileprivate func first(_ kind: TrackKind) -> Int? {
    let all = streams(kind)
    return all.first { isDefault($0) } ?? all.first
  }

  /// What a file has beside the streams that players take, in words; nil where that is nothing.
  fileprivate var remainder: String? {
    let subtitles = (0..<streamCount).count { parameters(of: $0).isSubtitle }
    let counts =
      TrackKind.allCases.map { ("more \($0.rawValue)", streams($0).count - 1) }
      + [("subtitle", subtitles)]
    let words = counts.filter { $0.1 > 0 }
      .map { kind, count in "\(count) \(kind) stream\(count == 1 ? "" : "s")" }
    return words.isEmpty ? nil : words.joined(separator: " and ")
  }

  private func streams(_ kind: TrackKind) -> [Int] {
    (0..<streamCount).filter {
      let parameters = parameters(of: $0)
      return kind == .audio ? parameters.isAudio : parameters.isVideo && !isCover($0)
    }
  }
}
