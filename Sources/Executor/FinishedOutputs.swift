import Basics
import Ledger
import Media
import Plan
import Posix
import Slices

/// What earlier runs made of the same things, so that a second run makes only what is missing.
///
/// A single output file beside the user's others gets no journal, and is always made anew.
final class FinishedOutputs: Sendable {
  /// Raised when the same plan makes other bytes than before.
  private static let version = 2

  private final class Box {
    let journal: Journal
    init(_ journal: consuming Journal) { self.journal = journal }
  }

  private let journal: Monitor<Box?>

  init(of plan: Plan) throws(Failure) {
    guard plan.file == nil else {
      journal = Monitor(nil)
      return
    }
    let folder = joinPath(plan.folder, ".rushes")
    try makeFolder(folder)
    journal = Monitor(Box(try Journal.open(joinPath(folder, "journal.sqlite"))))
  }

  /// What is known of a job's output, when all its files are there, whole, and made from what is
  /// there now.
  func find(_ job: Job, key: String) throws(Failure) -> FinishedOutput? {
    try journal.with { box throws(Failure) -> FinishedOutput? in
      guard let box, let found = try box.journal.finished(job.output.path), found.key == key
      else { return nil }
      let files = try box.journal.files(of: job.output.path, key: key)
      return !files.isEmpty && files.allSatisfy(\.isThere) ? found : nil
    }
  }

  /// The files of an output that runs finished, also of one that was stopped.
  func files(of output: String, key: String) throws(Failure) -> [FinishedFile] {
    try journal.with { box throws(Failure) in
      try box?.journal.files(of: output, key: key) ?? []
    }
  }

  func note(_ files: [FinishedFile], of output: String, key: String) throws(Failure) {
    try journal.with { box throws(Failure) in
      try box?.journal.note(files, of: output, key: key)
    }
  }

  func note(_ job: Job, key: String, entry: JSONValue, hasLosses: Bool) throws(Failure) {
    let facts = FinishedOutput(key: key, report: entry.line, hasLosses: hasLosses)
    try journal.with { box throws(Failure) in try box?.journal.note(job.output.path, facts) }
  }

  /// A digest of all that a job's output is made from: the step, and every slice with its size and
  /// the time of its last change.
  static func key(of job: Job) -> String {
    let output = job.output
    var digest = SHA256()
    var text = "\(version)\n\(job.step.operation)\n\(output.container) \(output.uids)"
    text += " \(output.stretch.start.flicks) \(output.stretch.end.flicks)\n"
    if let only = output.only { text += "\(only.start.flicks) \(only.end.flicks)\n" }
    digest.update(text)
    for participant in job.step.session.participants where output.uids.contains(participant.uid) {
      for track in participant.tracks {
        digest.update("\(track.kind) \(track.rotations)\n")
        // A day of slices would make a text of many megabytes.
        for placed in track.slices { digest.update(facts(of: placed)) }
      }
    }
    return digest.finish()
  }

  private static func facts(of placed: PlacedSlice) -> String {
    let (slice, resource) = (placed.slice, placed.slice.resource)
    let path = resource.path
    let bytes = resource.bytes.map { "\($0)" } ?? ""
    return """
      \(path) \(bytes) \(fileSize(path) ?? 0) \(fileChanged(path) ?? 0) \
      \(slice.initialization.map { "\($0)" } ?? "") \(slice.utc?.milliseconds ?? 0) \
      \(slice.first.flicks) \(slice.duration.flicks) \(slice.format) \(slice.changes) \
      \(slice.startsWithKeyFrame) \(slice.isDiscontinuous) \(placed.start.flicks) \
      \(placed.rate) \(placed.clip.map { "\($0)" } ?? "")

      """
  }
}
