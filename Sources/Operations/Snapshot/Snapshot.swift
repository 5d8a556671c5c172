import Basics
import Plan
import Posix
import Slices

/// Takes pictures of participants at moments of the session clock, several stretches at once.
///
/// What cannot be decoded is told in the report and does not stop the others.
func snapshot(
  _ session: Session, _ work: SnapshotWork, _ output: Output, _ context: OperationContext
) throws(Failure) -> OutputReport {
  let takers = work.series.compactMap { SeriesTaker($0, of: session, work.options, context) }
  guard !takers.isEmpty else {
    throw Failure(output.path, cannot: "create", "its input has no pictures", .data)
  }
  let groups = takers.indices.flatMap { taker in
    takers[taker].groups.map { (taker: taker, pictures: $0) }
  }
  let wanted = groups.reduce(0) { $0 + $1.pictures.count }
  let done = Monitor(0)
  var missing = takers.map { _ in Set<Int>() }
  var report = OutputReport(
    duration: output.stretch.duration, tracks: takers.map { OutputReport.Track($0) }, copied: [],
    losses: [])
  try context.parallel.ordered(
    groups.count,
    make: { index throws(Failure) in
      let group = groups[index]
      return try takers[group.taker].take(group.pictures, context) {
        let count = done.with { done in
          done += 1
          return done
        }
        let part = Double(count) / Double(max(1, wanted))
        context.progress(MediaTime(seconds: output.stretch.duration.seconds * part))
      }
    },
    take: { index, taken throws(Failure) in
      missing[groups[index].taker].formUnion(taken.missing)
      report.picturesDecoded += taken.decoded
      report.picturesEncoded += taken.encoded
      for problem in taken.problems where !report.losses.contains(problem) {
        report.losses.append(problem)
      }
    })
  let all = takers.reduce(0) { $0 + $1.series.pictures.count }
  guard missing.reduce(0, { $0 + $1.count }) < all else {
    throw Failure(
      output.path, cannot: "take pictures", "none of them can be decoded", .data)
  }
  for (taker, missing) in zip(takers, missing) {
    guard let files = taker.series.thumbnails else { continue }
    let text = webVTT(of: taker.series, files, without: missing, in: output.stretch, work.options)
    try context.file(files.index) { path throws(Failure) in try writeFile(path, text.utf8) }
  }
  if let list = work.list {
    let text = pictureList(of: zip(takers.map(\.series), missing), session).pretty
    try context.file(list) { path throws(Failure) in try writeFile(path, text.utf8) }
  }
  return report
}

extension OutputReport.Track {
  fileprivate init(_ taker: SeriesTaker) {
    self.init(
      uid: taker.series.uid, kind: .video, codec: "mjpeg", start: taker.track.start,
      gaps: taker.track.gaps, driftPpm: taker.track.driftPpm)
  }
}
