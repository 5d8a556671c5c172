import Archive
import Basics
import Media
import Plan
import Slices

/// Copies the tracks of participants into one file, each packet at its place on the session clock.
///
/// A gap stays a gap in time: the last picture before it lasts until the next.
func merge(
  _ session: Session, _ options: MergeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  var tracks: [MergeTrack] = []
  for uid in output.uids {
    guard let participant = session.participants.first(where: { $0.uid == uid }) else { continue }
    for track in participant.tracks where options.tracks.includes(track.kind) {
      guard track.touches(output.stretch) else { continue }
      tracks.append(try MergeTrack(track, uid: uid, in: output))
    }
  }
  tracks.removeAll { $0.isEmpty }
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
  return OutputReport(
    duration: done, tracks: tracks.map(\.report), copied: [output.stretch],
    losses: tracks.flatMap(\.problems))
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
