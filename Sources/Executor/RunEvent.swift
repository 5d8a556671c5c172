package import Basics
import Slices

/// How a run is to be done.
package struct RunOptions: Hashable, Sendable {
  /// Outputs made at a time; nil is one for each processor that the process may use.
  package var jobs: Int?
  /// Make outputs anew that are there already.
  package var force: Bool
  /// A loss is a failure.
  package var strict: Bool

  package init(jobs: Int? = nil, force: Bool = false, strict: Bool = false) {
    self.jobs = jobs
    self.force = force
    self.strict = strict
  }
}

/// What is heard of a run while it goes on, from several threads.
package enum RunEvent: Hashable, Sendable {
  case start(steps: Int, outputs: Int)
  /// The part done, 0 to 1, media seconds made per second, and the time left where it can be told.
  case progress(done: Double, speed: Double?, left: MediaTime?)
  /// A file has its final name.
  case output(path: String, duration: MediaTime)
  case warning(String)
  case error(String)
  case done(code: ExitCode)
}

/// How a run ended.
package struct RunResult: Hashable, Sendable {
  package let code: ExitCode
}
