import Basics
import Ledger
import Plan
import Posix

/// The files of one output on their way to their final names.
///
/// They go there in batches: their bytes are brought onto the disk, the journal learns what they
/// will be, then they are renamed. So every file that has a final name is known to the next run,
/// whatever stops this one, and ten thousand cost little more than a few.
final class OutputFiles: Sendable {
  private struct State {
    var waiting: [(path: String, final: String)] = []
    var lastBatch = steadyNow()
    /// What an earlier run made, by path.
    var known: [String: FinishedFile]
    var done: Set<String> = []
  }

  /// Files that may wait for their names.
  private static let batch = 64
  /// How long the first of them may wait, so that whoever watches the folder sees them come.
  private static let patience = MediaTime(milliseconds: 1000)

  private let output: String
  private let key: String
  private let finished: FinishedOutputs
  private let inputs: InputFiles
  private let state: Monitor<State>

  /// `isForced`: what earlier runs made does not count.
  init(of job: Job, key: String, inputs: InputFiles, _ finished: FinishedOutputs, isForced: Bool)
    throws(Failure)
  {
    output = job.output.path
    self.key = key
    self.finished = finished
    self.inputs = inputs
    let known = isForced ? [] : try finished.files(of: output, key: key)
    state = Monitor(
      State(known: Dictionary(known.map { ($0.path, $0) }, uniquingKeysWith: { $1 })))
  }

  /// The paths of all files that the output has so far, sorted.
  var all: [String] { state.with { $0.done.sorted() } }

  func isMade(_ path: String) -> Bool {
    guard let file = state.with({ $0.known[path] }), file.isThere else { return false }
    state.with { _ = $0.done.insert(path) }
    return true
  }

  func publish(_ unfinished: String, as final: String) throws(Failure) {
    try Self.check(final, inputs)
    let isDue = state.with { state in
      if state.waiting.isEmpty { state.lastBatch = steadyNow() }
      state.waiting.append((unfinished, final))
      return state.waiting.count >= Self.batch || steadyNow() - state.lastBatch > Self.patience
    }
    if isDue { try flush() }
  }

  /// Throws when a file would replace an input.
  static func check(_ path: String, _ inputs: InputFiles) throws(Failure) {
    guard !inputs.contains(path) else {
      throw Failure(path, cannot: "create", "it is one of the inputs", .cannotCreate)
    }
  }

  /// Gives their names to all files that wait for them; to be called at the end.
  func flush() throws(Failure) {
    let batch = state.with { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    guard !batch.isEmpty else { return }
    do throws(Failure) {
      try syncFiles(batch.map(\.path))
      try finished.note(
        batch.map { FinishedFile(path: $0.final, asAt: $0.path) }, of: output, key: key)
      try renameFiles(batch)
    } catch {
      for file in batch { removeFile(file.path) }
      throw error
    }
    state.with { $0.done.formUnion(batch.map(\.final)) }
  }
}

extension FinishedFile {
  /// A file that is to be at `path`, while it is at `now`; a change of name keeps the rest.
  init(path: String, asAt now: String) {
    self.init(path: path, size: fileSize(now) ?? 0, changed: fileChanged(now) ?? 0)
  }

  /// Whether it is still what it was when it was finished.
  var isThere: Bool { size == fileSize(path) && changed == fileChanged(path) }
}
