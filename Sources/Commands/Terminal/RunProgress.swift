import Basics
import Executor
import Synchronization

/// Shows the events of a run: a bar on a terminal, plain lines elsewhere, or JSON.
final class RunProgress: Sendable {
  private let console: Console
  /// Tenths of the run that a plain line has told of.
  private let tenths = Mutex(0)

  /// The code that a run without failures ends with.
  private let earlier: ExitCode

  init(_ console: Console, after earlier: ExitCode = .done) {
    self.console = console
    self.earlier = earlier
  }

  func show(_ event: RunEvent) {
    switch event {
    case .start(let steps, let outputs):
      console.event(
        "start",
        [.init("steps", .integer(Int64(steps))), .init("outputs", .integer(Int64(outputs)))])
      // A bar from the beginning on, also before anything is known.
      if console.width != nil, !console.isJSON { progress(0, nil, nil) }
    case .progress(let done, let speed, let left): progress(done, speed, left)
    case .output(let path, let duration):
      if console.isJSON {
        console.event(
          "output", [.init("path", .string(path)), .init("duration", .seconds(duration))])
      } else {
        console.out("\(path)  \(clock(duration))")
      }
    case .warning(let message): console.problem(Diagnostic(.warning, at: nil, message))
    case .error(let message): console.problem(Diagnostic(at: nil, message))
    case .done(let code):
      console.show([])
      if [.interrupted, .terminated].contains(code) {
        console.note("interrupted; the same command goes on with what is missing")
      }
      _ = console.end(code == .done ? earlier : code)
    }
  }

  private func progress(_ done: Double, _ speed: Double?, _ left: MediaTime?) {
    let done = done.isFinite ? min(max(done, 0), 1) : 0
    if console.isJSON {
      return console.event(
        "progress",
        [
          .init("done", .number((done * 1000).rounded() / 1000)),
          .init("speed", speed.map { .number(($0 * 10).rounded() / 10) } ?? .null),
          .init("left", left.map { .seconds($0) } ?? .null),
        ])
    }
    let percent = "\(Int(done * 100)) %"
    let facts =
      [percent]
      + [speed.map { "\(decimal($0))x" }, left.map { "\(clock($0)) left" }].compactMap { $0 }
    if let width = console.width {
      let text = facts.joined(separator: "  ")
      let cells = max(0, min(50, width - text.count - 6))
      let full = Int(done * Double(cells))
      let bar =
        String(repeating: "█", count: full) + String(repeating: "░", count: cells - full)
      return console.show(["\(bar)  \(text)"])
    }
    let isNew = tenths.withLock { told in
      defer { told = max(told, Int(done * 10)) }
      return Int(done * 10) > told
    }
    if isNew { console.note(facts.joined(separator: ", ")) }
  }
}

/// A length of time as people read it: `0:07`, `1:02:03`.
func clock(_ time: MediaTime) -> String {
  let seconds = max(0, (time.milliseconds + 500) / 1000)
  func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
  let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
  return (hours > 0 ? "\(hours):\(two(minutes))" : "\(minutes)") + ":\(two(seconds % 60))"
}

/// One decimal.
func decimal(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "–" }
  let tenths = Int64((value * 10).rounded())
  return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}
