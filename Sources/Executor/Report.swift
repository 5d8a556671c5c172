import Basics
import Media
import Operations
import Plan
import Posix
import Slices

/// The report of a whole run, as `rushes-report.json` holds it.
///
/// It has no dates: the same input gives the same bytes.
///
/// `outputs`: what was made, with what the report says of it.
func report(of plan: Plan, outputs: [(job: Job, entry: JSONValue)]) -> JSONValue {
  let sessions = plan.steps.map(\.session).reduce(into: [Session]()) {
    if !$0.contains($1) { $0.append($1) }
  }
  return [
    "version": 1,
    "sessions": .array(
      sessions.map { session in
        [
          "sid": .string(session.sid), "cname": .string(session.cname),
          "start": .string("\(session.start)"), "duration": .seconds(session.duration),
          "losses": .array(session.problems.filter(\.isLoss).map(json)),
        ]
      }),
    "outputs": .array(outputs.map(\.entry)),
    "fileList": .array(outputs.compactMap { fileEntry($0.job, in: plan.folder) }),
  ]
}

/// An output as the recording services list their files; nil for pictures, which they do not list.
private func fileEntry(_ job: Job, in folder: String) -> JSONValue? {
  let (output, session) = (job.output, job.step.session)
  let tracks = session.participants.filter { output.uids.contains($0.uid) }.flatMap(\.tracks)
  var kinds = Set(
    tracks.filter { track in
      track.runs.contains { $0.start < output.stretch.end && output.stretch.start < $0.end }
    }.map(\.kind))
  switch job.step.operation {
  case .snapshot, .animate: return nil
  case .mix: kinds = [.audio]
  case .merge(let options):
    if let only = TrackKind(rawValue: options.tracks.rawValue) { kinds = [only] }
  case .transcode(let options):
    if let only = TrackKind(rawValue: options.tracks.rawValue) { kinds = [only] }
  }
  let uid = output.uids.count == 1 ? output.uids.first : nil
  return [
    "fileName": .string(relativeName(of: output.path, in: folder)),
    "trackType": .string(kinds.count == 1 ? kinds.map(\.rawValue)[0] : "audio_and_video"),
    // The number of nobody.
    "uid": .string(uid ?? "0"), "mixedAllUser": .bool(uid == nil), "isPlayable": .bool(true),
    "sliceStartTime": .integer((session.start + output.stretch.start).milliseconds),
  ]
}

/// The name of a file as seen from the output folder.
private func relativeName(of path: String, in folder: String) -> String {
  let inside = folder.hasSuffix("/") ? folder : folder + "/"
  return path.hasPrefix(inside) ? String(path.dropFirst(inside.count)) : path
}

/// What the report says of one output.
///
/// `files`: the paths of all its files.
func reportEntry(_ job: Job, _ report: OutputReport, files: [String], in folder: String)
  throws(Failure) -> JSONValue
{
  let session = job.step.session
  func name(_ path: String) -> JSONValue { .string(relativeName(of: path, in: folder)) }
  // What names the output may be what could not be made of it.
  let main = files.contains(job.output.path) ? job.output.path : files.first ?? job.output.path
  var others: [JSONValue] = []
  for path in files where path != main {
    others.append([
      "path": name(path), "bytes": .integer(fileSize(path) ?? 0),
      "sha256": .string(try sha256(of: path)),
    ])
  }
  let codecs = report.tracks.map(\.codec).reduce(into: [String]()) {
    if !$0.contains($1) { $0.append($1) }
  }
  let digest = if let known = report.digest { known } else { try sha256(of: main) }
  return [
    "path": name(main),
    "step": .string(job.step.id),
    "container": .string(job.output.container.rawValue),
    "duration": .seconds(report.duration),
    "codecs": .array(codecs.map { .string($0) }),
    "bytes": .integer(fileSize(main) ?? 0),
    "sha256": .string(digest),
    "files": .array(others),
    "picturesDecoded": .integer(Int64(report.picturesDecoded)),
    "picturesEncoded": .integer(Int64(report.picturesEncoded)),
    "decodedWith": report.decodedWith.map(name) ?? .null,
    // In dBFS; null for silence, and for what is no mix.
    "decodedPeak": report.peak.map { .number(($0 * 100).rounded() / 100) } ?? .null,
    "copied": .array(report.copied.map(json)),
    "encoded": .array(report.encoded.map(json)),
    "tracks": .array(
      report.tracks.map { track in
        [
          "uid": .string(track.uid), "type": .string(track.kind.rawValue),
          "codec": .string(track.codec), "startUtc": .string("\(session.start + track.start)"),
          "start": .seconds(track.start), "driftPpm": .number((track.driftPpm * 10).rounded() / 10),
          "gaps": .array(track.gaps.map(json)),
        ]
      }),
    "losses": .array(report.losses.map(json)),
  ]
}

private func json(_ stretch: Stretch) -> JSONValue {
  ["start": .seconds(stretch.start), "duration": .seconds(stretch.duration)]
}

private func json(_ problem: SessionProblem) -> JSONValue {
  ["path": .string(problem.path), "message": .string(problem.message)]
}
