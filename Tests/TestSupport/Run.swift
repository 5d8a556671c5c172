package import Basics
import Glibc

/// Seconds that only go forward.
package enum Clock {
  package static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  package static func sleep(_ seconds: Double) {
    usleep(UInt32(max(0, seconds) * 1e6))
  }

  /// Waits until the condition holds; false when it does not within so many seconds.
  package static func wait(seconds: Double, until condition: () throws -> Bool) rethrows -> Bool {
    let limit = now + seconds
    while try !condition() {
      guard now < limit else { return false }
      sleep(0.01)
    }
    return true
  }
}

/// What a program that ran to its end printed.
package struct RunResult: Sendable {
  package let end: ProcessEnd
  package let standardOutput: String
  package let standardError: String
}

/// Runs a program to its end, whatever its exit code is.
package func run(
  _ program: String, _ arguments: [String], environment: [String: String] = [:],
  folder: String? = nil, seconds: Double = 60
) throws(Failure) -> RunResult {
  let child = try ChildProcess(program, arguments, environment: environment, folder: folder)
  let end = try child.wait(seconds: seconds)
  return RunResult(
    end: end, standardOutput: child.standardOutput, standardError: child.standardError)
}

/// Runs a program that must succeed, and returns its standard output.
@discardableResult
package func output(
  of program: String, _ arguments: [String], folder: String? = nil, seconds: Double = 120
) throws(Failure) -> String {
  let result = try run(program, arguments, folder: folder, seconds: seconds)
  guard result.end.isSuccess else {
    let command = ([program] + arguments).map(shellQuoted).joined(separator: " ")
    throw Failure(command, cannot: "succeed", "\(result.end)\n\(result.standardError)", .software)
  }
  return result.standardOutput
}
