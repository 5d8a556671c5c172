package import Basics
package import Slices

/// Everything a run will do, decided before it starts.
///
/// A value: nothing in it changes.
package struct Plan: Hashable, Sendable {
  /// The folder that relative output names are in.
  package let folder: String
  /// The single output file that `-o talk.m4a` asked for; its report lies beside it.
  package let file: String?
  /// In the order in which they run.
  package let steps: [Step]
  package let warnings: [Diagnostic]
  /// Where a service's request wants the files, for whoever sends them there.
  package let storage: Storage?

  package init(
    folder: String, file: String? = nil, steps: [Step], warnings: [Diagnostic] = [],
    storage: Storage? = nil
  ) {
    self.storage = storage
    self.folder = folder
    self.file = file
    self.steps = steps
    self.warnings = warnings
  }
}

/// One operation on one session, or on the outputs of another step.
package struct Step: Hashable, Sendable {
  package let id: String
  package let session: Session
  package let operation: Operation
  /// The files that the step makes, known before it runs.
  package let outputs: [Output]
  /// The step whose outputs it works on; `session` then tells where these will lie, and as what.
  package let from: String?

  package init(
    id: String, session: Session, operation: Operation, outputs: [Output], from: String? = nil
  ) {
    self.id = id
    self.session = session
    self.operation = operation
    self.outputs = outputs
    self.from = from
  }
}

/// What a step does, with its options.
package enum Operation: Hashable, Sendable {
  case merge(MergeOptions)
  case mix(MixOptions)
  case snapshot(SnapshotWork)
  case transcode(TranscodeOptions)
  /// An animated picture.
  case animate(VideoOptions)
}

/// One thing that a step makes: a file, or several that belong together.
package struct Output: Hashable, Sendable {
  /// Absolute: the file, or the one that names the others.
  package let path: String
  /// Files beside it, as far as they are known before the run; absolute, in the same folder.
  package var others: [String]
  package let container: Container
  /// The participants that go into it.
  package let uids: [String]
  /// The stretch of the session clock that it lasts.
  package let stretch: Stretch
  /// The media file whose tags and chapters it keeps; nil for none.
  package let tagged: String?
  /// The only part of `stretch` whose media goes in; nil is all of it.
  package let only: Stretch?

  package init(
    path: String, others: [String] = [], container: Container, uids: [String], stretch: Stretch,
    tagged: String? = nil, only: Stretch? = nil
  ) {
    self.only = only
    self.path = path
    self.others = others
    self.container = container
    self.uids = uids
    self.stretch = stretch
    self.tagged = tagged
  }
}
