import Archive
import Basics
import Media
import Plan
import Posix
import Slices

/// Copies the tracks of participants into one file, each packet at its place on the session clock.
///
/// Gaps are filled as the options say; only what the file cannot show as it is, is encoded.
func merge(
  _ session: Session, _ options: MergeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  Heap.bound()
  let sources = output.sources(of: session, options.tracks)
  let clock =
    options.fill == .cut
    ? FileClock(presenceOf: sources.map(\.track), in: output.stretch)
    : FileClock(whole: output.stretch)
  var tracks: [MergeTrack] = []
  for source in sources {
    let merged = try MergeTrack(
      source.track, of: session, uid: source.uid, in: output, clock: clock, fill: options.fill)
    if let merged { tracks.append(merged) }
  }
  guard !tracks.isEmpty else {
    throw Failure(output.path, cannot: "merge", "none of its slices can be read", .data)
  }
  let isLarge = output.isLarge(sources.map(\.track))
  var muxer = try Muxer.create(
    path, format: output.container.muxer,
    streams: tracks.map { $0.stream(isNamed: output.uids.count > 1) },
    options: output.container.muxerOptions, isLarge: isLarge,
    indexRoom: isLarge ? output.roomForIndex(of: sources.map(\.track)) : 0)
  muxer.shift = output.container.shift(from: tracks.compactMap(\.nextDTS).min() ?? .zero)
  var done = MediaTime.zero
  var count = 0
  // The packet that is decoded first is written first, whatever track it is of.
  while let next = earliest(of: tracks, { $0.nextDTS }) {
    done = max(done, try tracks[next].write(to: &muxer, stream: next))
    count += 1
    if count % 256 == 0 {
      try context.check(output.path)
      context.progress(done)
    }
  }
  try muxer.finish()
  let encoded = joined(tracks.flatMap(\.encoded))
  return OutputReport(
    duration: done, tracks: tracks.map(\.report),
    copied: clock.kept.flatMap { $0.without(encoded) }, encoded: encoded,
    losses: tracks.flatMap(\.problems),
    picturesDecoded: tracks.map(\.picturesDecoded).reduce(0, +),
    picturesEncoded: tracks.map(\.picturesEncoded).reduce(0, +))
}

/// The index of the value that comes first; nil when none has a time.
func earliest<Value, Time: Comparable>(of values: [Value], _ time: (Value) -> Time?) -> Int? {
  var found: (index: Int, time: Time)?
  for index in values.indices {
    guard let own = time(values[index]), found.map({ own < $0.time }) ?? true else { continue }
    found = (index, own)
  }
  return found?.index
}

extension Output {
  /// Bytes that the index of a large MP4 is likely to need, so that it can be written in front
  /// without moving everything in the end.
  fileprivate func roomForIndex(of tracks: [Track]) -> Int {
    let need = tracks.map { track in
      track.kind == .video
        ? track.runs.map { ($0.end - $0.start).seconds }.reduce(0, +) * Self.indexOfPictures
        : stretch.duration.seconds * Self.indexOfSound
    }
    return Int(need.reduce(16_384, +))
  }

  /// Whether so many bytes go into a file, one after the other, that they go to the disk at once.
  fileprivate func isLarge(_ tracks: [Track]) -> Bool {
    var bytes: Int64 = 0
    for slice in tracks.lazy.flatMap(\.slices) where bytes < Self.largeFile {
      bytes += fileSize(slice.slice.resource.path) ?? 0
    }
    return bytes >= Self.largeFile
  }

  private static let largeFile: Int64 = 64 << 20
  /// Bytes for each second: of 45 pictures with 12 bytes each, of 50 packets of sound with 4, and what
  /// is said of both together.
  private static let indexOfPictures = 560.0
  private static let indexOfSound = 240.0
}
