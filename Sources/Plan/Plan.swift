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

  package init(folder: String, file: String? = nil, steps: [Step], warnings: [Diagnostic] = []) {
    self.folder = folder
    self.file = file
    self.steps = steps
    self.warnings = warnings
  }
}

/// One operation on one session.
package struct Step: Hashable, Sendable {
  package let id: String
  package let session: Session
  package let operation: Operation
  /// The files that the step makes, known before it runs.
  package let outputs: [Output]

  package init(id: String, session: Session, operation: Operation, outputs: [Output]) {
    self.id = id
    self.session = session
    self.operation = operation
    self.outputs = outputs
  }
}

/// What a step does, with its options.
package enum Operation: Hashable, Sendable {
  case merge(MergeOptions)
  case transcode(TranscodeOptions)
}

/// One file that a step makes.
package struct Output: Hashable, Sendable {
  /// Absolute.
  package let path: String
  package let container: Container
  /// The participants that go into it.
  package let uids: [String]
  /// The stretch of the session clock that it lasts.
  package let stretch: Stretch

  package init(path: String, container: Container, uids: [String], stretch: Stretch) {
    self.path = path
    self.container = container
    self.uids = uids
    self.stretch = stretch
  }
}
