import Basics
import Media
import Plan
import Posix
import Slices

/// A file that packets go into, or, one after the other, the segments that an index lists.
final class StreamFile {
  /// One complete segment.
  struct Segment {
    let path: String
    /// On the output's clock.
    let start: MediaTime
    let end: MediaTime
    let bytes: Int64
  }

  /// Where segments go.
  struct Segments {
    /// Of the index.
    let path: String
    let container: Container
    /// The only kind of track in them; nil where all are.
    let kind: TrackKind?
    /// The UTC of a time of the output's clock.
    let utc: (MediaTime) -> UTCTime
    let context: OperationContext

    func path(at time: MediaTime) -> String {
      named(SliceName.segment(of: name, kind, at: utc(time), ext: container.segmentEnding))
    }

    /// What must be read before all segments; nil where each stands alone.
    var initialization: String? {
      container == .dash ? named(SliceName.segment(of: name, kind, ext: "mp4")) : nil
    }

    private var name: String { splitPath(path).name }
    private func named(_ name: String) -> String { joinPath(splitPath(path).folder, name) }
  }

  /// As Agora's recordings: a key frame ends a segment that lasts as long.
  private static let shortest = MediaTime(milliseconds: 15_000)

  private var muxer: Muxer?
  let streams: [Muxer.Stream]
  let place: Segments?
  private(set) var segments: [Segment] = []
  /// The final name of what is being written; nil where there are no segments.
  private var open: String?
  private var start = MediaTime.zero

  /// Creates the file at `path`, or the first segment.
  init(
    _ streams: [Muxer.Stream], _ container: Container, at path: String, _ place: Segments?,
    shift: MediaTime, tags: FileTags = FileTags()
  ) throws(Failure) {
    self.streams = streams
    self.place = place
    open = place.map { $0.initialization ?? $0.path(at: .zero) }
    muxer = try Muxer.create(
      open.map(unfinishedPath) ?? path, format: container.muxer, streams: streams,
      options: container.muxerOptions, metadata: tags.texts, chapters: tags.chapters)
    muxer?.shift = shift
    if place?.initialization != nil { try goOn(at: .zero) }
  }

  deinit {
    if let open { removeFile(unfinishedPath(open)) }
  }

  /// Writes a packet of the stream `stream`, leaving it blank.
  func write(
    _ packet: inout Packet, stream: Int, pts: MediaTime, dts: MediaTime, duration: MediaTime
  ) throws(Failure) {
    if stream == 0, packet.isKey { try cut(at: pts) }
    try muxer?.write(&packet, stream: stream, pts: pts, dts: dts, duration: duration)
  }

  /// Writes the next packet of a track; gives where it ends.
  func write(_ source: any PacketSource, stream: Int) throws(Failure) -> MediaTime {
    if stream == 0, let start = source.nextStart { try cut(at: start) }
    guard var muxer = muxer.take() else { return .zero }
    let end = try source.write(to: &muxer, stream: stream)
    self.muxer = .some(muxer)
    return end
  }

  private func cut(at time: MediaTime) throws(Failure) {
    guard place != nil, time - start >= Self.shortest else { return }
    try goOn(at: time)
  }

  /// Completes what is open, and goes on in the segment that begins at `time`.
  private func goOn(at time: MediaTime) throws(Failure) {
    guard let place, let last = open else { return }
    let next = place.path(at: time)
    try muxer?.goOn(in: unfinishedPath(next))
    open = next
    try complete(last, until: time)
    start = time
  }

  private func complete(_ path: String, until end: MediaTime) throws(Failure) {
    guard let place else { return }
    let bytes = fileSize(unfinishedPath(path)) ?? 0
    try place.context.publish(unfinishedPath(path), path)
    guard path != place.initialization else { return }
    segments.append(Segment(path: path, start: start, end: end, bytes: bytes))
  }

  /// Completes the file, which lasts until `end`.
  func finish(lasting end: MediaTime) throws(Failure) {
    try muxer.take()?.finish()
    guard let last = open else { return }
    open = nil
    try complete(last, until: max(start, end))
  }
}

extension Container {
  /// Whether the output is an index with segments of its own.
  var isSegmented: Bool { self == .hls || self == .dash }

  fileprivate var segmentEnding: String { self == .dash ? "m4s" : "ts" }
}
