import Basics
import Media
import Operations
import Plan
import Posix
import Slices

/// The report of a whole run, as `rushes-report.json` holds it.
///
/// It has no dates: the same input gives the same bytes.
func report(of plan: Plan, outputs: [JSONValue]) -> JSONValue {
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
    "outputs": .array(outputs),
  ]
}

/// What the report says of one output.
///
/// `files`: the paths of all its files.
func reportEntry(_ job: Job, _ report: OutputReport, files: [String], in folder: String)
  throws(Failure) -> JSONValue
{
  let session = job.step.session
  let inside = folder.hasSuffix("/") ? folder : folder + "/"
  func name(_ path: String) -> JSONValue {
    .string(path.hasPrefix(inside) ? String(path.dropFirst(inside.count)) : path)
  }
  // What names the output may be what could not be made of it.
  let main = files.contains(job.output.path) ? job.output.path : files.first ?? job.output.path
  var others: [JSONValue] = []
  for path in files where path != main {
    others.append([
      "path": name(path), "bytes": .integer(fileSize(path) ?? 0),
      "sha256": .string(try sha256(of: path)),
    ])
  }
  let digest = if let known = report.digest { known } else { try sha256(of: main) }
  return [
    "path": name(main),
    "step": .string(job.step.id),
    "container": .string(job.output.container.rawValue),
    "duration": .seconds(report.duration),
    "codecs": .array(report.tracks.map { .string($0.codec) }),
    "bytes": .integer(fileSize(main) ?? 0),
    "sha256": .string(digest),
    "files": .array(others),
    "picturesDecoded": .integer(Int64(report.picturesDecoded)),
    "picturesEncoded": .integer(Int64(report.picturesEncoded)),
    "decodedWith": report.decodedWith.map(name) ?? .null,
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
