/// Why a program ends: the exit codes of BSD's `sysexits.h` that Rushes uses.
package struct ExitCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  /// Done, perhaps with losses that the report lists.
  package static let done = ExitCode(rawValue: 0)
  /// The command line is wrong (`EX_USAGE`).
  package static let usage = ExitCode(rawValue: 64)
  /// A recipe or media is wrong (`EX_DATAERR`).
  package static let data = ExitCode(rawValue: 65)
  /// An input is missing (`EX_NOINPUT`).
  package static let noInput = ExitCode(rawValue: 66)
  /// A source or service is unavailable, or a feature not available yet (`EX_UNAVAILABLE`).
  package static let unavailable = ExitCode(rawValue: 69)
  /// A bug of this program (`EX_SOFTWARE`).
  package static let software = ExitCode(rawValue: 70)
  /// An output cannot be created (`EX_CANTCREAT`).
  package static let cannotCreate = ExitCode(rawValue: 73)
  /// Reading or writing failed, or the disk is full (`EX_IOERR`).
  package static let io = ExitCode(rawValue: 74)
  /// The same command may succeed later (`EX_TEMPFAIL`).
  package static let tryAgain = ExitCode(rawValue: 75)
  /// Ended by SIGINT.
  package static let interrupted = ExitCode(rawValue: 130)
  /// Ended by SIGTERM.
  package static let terminated = ExitCode(rawValue: 143)
}

/// What could not be done, to what, and why: `subject: cannot verb: reason`.
package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
  package let subject: String
  package let verb: String
  package let reason: String
  /// The exit code of a program that this failure ends.
  package let code: ExitCode

  package init(_ subject: String, cannot verb: String, _ reason: String, _ code: ExitCode) {
    self.subject = subject
    self.verb = verb
    self.reason = reason
    self.code = code
  }

  package var description: String { "\(subject): cannot \(verb): \(reason)" }
}
