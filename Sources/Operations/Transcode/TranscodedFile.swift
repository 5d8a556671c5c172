import Basics
import Media
import Plan
import Posix
import Slices

/// Writes tracks into a file, or into segments, in the order of decoding; pictures that are encoded
/// come in chunks.
struct TranscodedFile {
  private let pictures: PictureEncoding?
  /// The tracks that come packet by packet.
  private let others: [any PacketSource]
  private let output: Output
  /// The UTC of a time of the output's clock.
  private let utc: (MediaTime) -> UTCTime
  private let path: String
  private let context: OperationContext
  /// Of all tracks, or one for each.
  private var files: [StreamFile] = []
  /// Added to all times, where there are none below zero.
  private var shift = MediaTime.zero
  private var order = DecodingOrder(reordering: 0, frame: .zero)
  /// The chunk before, which waits to know how long its last picture is shown.
  private var held: EncodedChunk?
  private var written = 0
  private(set) var decoded = 0
  private(set) var encoded = 0
  private(set) var problems: [SessionProblem] = []

  init(
    _ pictures: PictureEncoding?, _ others: [any PacketSource], at path: String,
    _ output: Output, utc: @escaping (MediaTime) -> UTCTime, _ context: OperationContext
  ) {
    self.pictures = pictures
    self.others = others
    self.output = output
    self.path = path
    self.utc = utc
    self.context = context
  }

  mutating func take(_ chunk: EncodedChunk) throws(Failure) {
    decoded += chunk.decoded
    encoded += chunk.encoded
    for problem in chunk.problems where !problems.contains(problem) { problems.append(problem) }
    guard let first = chunk.packets.map(\.time).min() else { return }
    if let held { try write(held, until: first) }
    held = chunk
  }

  /// Creates the files, when the parameters of all streams are known.
  private mutating func begin(_ chunk: EncodedChunk?) throws(Failure) {
    guard files.isEmpty else { return }
    var streams: [Muxer.Stream] = []
    var earliest = others.compactMap(\.nextDTS).min() ?? .zero
    if let chunk, let pictures {
      streams.append(
        Muxer.Stream(chunk.parameters, timeBase: pictures.settings.timeBase))
      let frame = MediaTime(seconds: 1 / max(1, pictures.settings.frameRate))
      order = DecodingOrder(reordering: chunk.reordering, frame: frame)
      earliest = min(earliest, MediaTime(flicks: -frame.flicks * Int64(chunk.reordering)))
    }
    streams += others.map(\.stream)
    let container = output.container
    let tags = try output.tags(for: streams)
    shift = container.shift(from: earliest)
    // Players of DASH want each track in segments of its own.
    for streams in container == .dash ? streams.map({ [$0] }) : [streams] {
      let kind = (streams.first?.parameters.isVideo ?? false) ? TrackKind.video : .audio
      let segments = StreamFile.Segments(
        path: output.path, container: container, kind: container == .dash ? kind : nil, utc: utc,
        context: context)
      files.append(
        try StreamFile(
          streams, container, at: path, container.isSegmented ? segments : nil, shift: shift,
          tags: tags))
    }
  }

  /// Where a track is written, and as which stream there.
  private func place(of track: Int) -> (file: StreamFile, stream: Int) {
    files.count > 1 ? (files[track], 0) : (files[0], track)
  }

  private mutating func write(_ chunk: EncodedChunk, until end: MediaTime) throws(Failure) {
    try begin(chunk)
    for round in 0..<chunk.count {
      let offset = MediaTime(flicks: chunk.length.flicks * Int64(round))
      let shown = chunk.packets.map { $0.time + offset }
      let sorted = shown.sorted()
      let times = order.times(for: shown)
      let next = round + 1 < chunk.count ? sorted[0] + chunk.length : end
      for (index, packet) in chunk.packets.enumerated() {
        let after = sorted.firstIndex { $0 > shown[index] }.map { sorted[$0] } ?? next
        // What is heard before a segment begins belongs to the one before.
        let begins = output.container.isSegmented && packet.packet.isKey
        try writeOthers(before: begins ? shown[index] : times[index])
        var copy = packet.packet.shared()
        try files[0].write(
          &copy, stream: 0, pts: shown[index], dts: times[index], duration: after - shown[index])
      }
    }
  }

  /// Writes what other tracks have that is decoded before `time`.
  private mutating func writeOthers(before time: MediaTime) throws(Failure) {
    let first = pictures == nil ? 0 : 1
    // The packet that is decoded first is written first, whatever track it is of.
    while let next = others.indices.filter({ due($0) < time }).min(by: { due($0) < due($1) }) {
      let place = place(of: first + next)
      let end = try place.file.write(others[next], stream: place.stream)
      written += 1
      if written % 256 == 0 {
        try context.check(output.path)
        if pictures == nil { context.progress(end) }
      }
    }
  }

  /// When the next packet of a track is to be written; `max` at its end.
  private func due(_ track: Int) -> MediaTime {
    let source = others[track]
    guard let time = source.nextDTS else { return .max }
    return output.container.isSegmented ? max(time, source.nextStart ?? time) : time
  }

  /// Writes what is left, and completes the files, which last for `duration`.
  mutating func finish(lasting duration: MediaTime) throws(Failure) {
    if let held { try write(held, until: duration) }
    try begin(nil)
    try writeOthers(before: .max)
    for problem in others.flatMap(\.problems) where !problems.contains(problem) {
      problems.append(problem)
    }
    for file in files { try file.finish(lasting: duration) }
    guard output.container.isSegmented else { return }
    let index = segmentIndex(of: files, lasting: duration, shift: shift)
    try context.file(output.path) { unfinished throws(Failure) in
      try writeFile(unfinished, Array(index.utf8))
    }
  }
}
