import Archive
import Basics
import Media
import Plan
import Slices

/// Copies the tracks of participants into one file, each packet at its place on the session clock.
///
/// Gaps are filled as the options say; only what the file cannot show as it is, is encoded.
func merge(
  _ session: Session, _ options: MergeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  let sources = output.sources(of: session, options.tracks)
  let clock =
    options.fill == .cut
    ? FileClock(presenceOf: sources.map(\.track), in: output.stretch)
    : FileClock(whole: output.stretch)
  var tracks: [MergeTrack] = []
  for (uid, track) in sources {
    let merged = try MergeTrack(
      track, of: session, uid: uid, in: output, clock: clock, fill: options.fill)
    if let merged { tracks.append(merged) }
  }
  guard !tracks.isEmpty else {
    throw Failure(output.path, cannot: "merge", "none of its slices can be read", .data)
  }
  var muxer = try Muxer.create(
    path, format: output.container.muxer,
    streams: tracks.map { $0.stream(isNamed: output.uids.count > 1) },
    options: output.container.muxerOptions)
  var done = MediaTime.zero
  var count = 0
  // The packet that is decoded first is written first, whatever track it is of.
  while let next = tracks.indices.filter({ tracks[$0].nextDTS != nil })
    .min(by: { (tracks[$0].nextDTS ?? .max) < (tracks[$1].nextDTS ?? .max) })
  {
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

extension Output {
  /// The tracks that go into it, with their uids.
  func sources(of session: Session, _ selection: TrackSelection) -> [(uid: String, track: Track)] {
    uids.flatMap { uid -> [(uid: String, track: Track)] in
      let tracks = session.participants.first { $0.uid == uid }?.tracks ?? []
      return tracks.filter { selection.includes($0.kind) && $0.touches(stretch) }.map { (uid, $0) }
    }
  }
}

extension TrackSelection {
  fileprivate func includes(_ kind: TrackKind) -> Bool {
    self == .both || rawValue == kind.rawValue
  }
}

extension Track {
  fileprivate func touches(_ stretch: Stretch) -> Bool {
    runs.contains { $0.start < stretch.end && stretch.start < $0.end }
  }
}

/// The same stretches in order and apart from each other.
private func joined(_ stretches: [Stretch]) -> [Stretch] {
  stretches.sorted { $0.start < $1.start }.reduce(into: []) { kept, next in
    if let last = kept.last, next.start <= last.end {
      kept[kept.count - 1].end = max(last.end, next.end)
    } else {
      kept.append(next)
    }
  }
}

extension Stretch {
  /// What is left of it; `others` are in order and apart from each other.
  fileprivate func without(_ others: [Stretch]) -> [Stretch] {
    var left: [Stretch] = []
    var start = start
    for other in others where other.end > start && other.start < end {
      if other.start > start { left.append(Stretch(start: start, end: other.start)) }
      start = other.end
    }
    if start < end { left.append(Stretch(start: start, end: end)) }
    return left
  }
}
