import Basics
import Plan
import Slices

// What Archive, Executor and Recorder bring.

func openSession(at path: String) throws(Failure) -> Session {
  throw Failure(path, cannot: "open", "reading sessions is not available yet", .unavailable)
}

struct RunOptions: Sendable {
  var jobs: Int?
  var force = false
  var strict = false
}

enum RunEvent: Sendable {
  case start(steps: Int, outputs: Int)
  case progress(done: Double, speed: Double?, left: MediaTime?)
  case output(path: String, duration: MediaTime)
  case warning(String)
  case error(String)
  case done(code: ExitCode)
}

struct RunResult: Sendable {
  var code: ExitCode
}

func execute(
  _ plan: Plan, _ options: RunOptions, observer: @escaping @Sendable (RunEvent) -> Void
) -> RunResult {
  observer(.error("running plans is not available yet"))
  observer(.done(code: .unavailable))
  return RunResult(code: .unavailable)
}

func repair(_ path: String) throws(Failure) -> [String] {
  throw Failure(path, cannot: "repair", "repairing is not available yet", .unavailable)
}
