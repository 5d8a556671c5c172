package import Basics
import Posix

/// Waiting, in seconds.
package enum Wait {
  package static func seconds(_ seconds: Double) { sleep(for: MediaTime(seconds: seconds)) }

  /// Waits until the condition holds; false when it does not within so many seconds.
  package static func until(atMost seconds: Double, _ condition: () throws -> Bool) rethrows -> Bool
  {
    let limit = steadyNow() + MediaTime(seconds: seconds)
    while try !condition() {
      guard steadyNow() < limit else { return false }
      Wait.seconds(0.01)
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
