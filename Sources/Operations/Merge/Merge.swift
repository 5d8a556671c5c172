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
  let room = output.roomForIndex(of: session, options.tracks)
  do throws(Failure) {
    return try merge(session, options, output, at: path, room: room, context)
  } catch  where room != nil && error.code == .software {
    // There were more packets than anybody expects.
    return try merge(session, options, output, at: path, room: nil, context)
  }
}

/// `room`: bytes kept free for the index in front; nil moves everything back for it in the end.
private func merge(
  _ session: Session, _ options: MergeOptions, _ output: Output, at path: String, room: Int?,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
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
  var muxer = try Muxer.create(
    path, format: output.container.muxer,
    streams: tracks.map { $0.stream(isNamed: output.uids.count > 1) },
    options: room.map { ["moov_size": "\($0)"] } ?? output.container.muxerOptions,
    isLarge: room != nil || output.isLargeFile(of: session, options.tracks))
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
  /// without moving everything in the end; nil where moving costs little.
  fileprivate func roomForIndex(of session: Session, _ selection: TrackSelection) -> Int? {
    let tracks = sources(of: session, selection).map(\.track)
    guard hasIndexInFront, isLarge(tracks), tracks.contains(where: { $0.kind == .video }) else {
      return nil
    }
    let need = tracks.map { track in
      track.kind == .video
        ? track.runs.map { ($0.end - $0.start).seconds }.reduce(0, +) * Self.indexOfPictures
        : stretch.duration.seconds * Self.indexOfSound
    }
    return Int(need.reduce(16_384, +))
  }

  /// Whether so many bytes go into a file, one after the other, that they go to the disk at once.
  fileprivate func isLargeFile(of session: Session, _ selection: TrackSelection) -> Bool {
    !hasIndexInFront && isLarge(sources(of: session, selection).map(\.track))
  }

  private var hasIndexInFront: Bool { [.mp4, .mov, .m4a].contains(container) }

  private func isLarge(_ tracks: [Track]) -> Bool {
    var bytes: Int64 = 0
    for slice in tracks.lazy.flatMap(\.slices) where bytes < Self.largeFile {
      bytes += fileSize(slice.slice.resource.path) ?? 0
    }
    return bytes >= Self.largeFile
  }

  private static let largeFile: Int64 = 64 << 20
  /// Bytes for each second: of 45 pictures with 24 bytes each, of 50 packets of sound with 16.
  private static let indexOfPictures = 1080.0
  private static let indexOfSound = 800.0
}
