package import Basics
import Glibc
import Posix
import Synchronization

/// How a child process ended, and what it used.
package struct ProcessEnd: Hashable, Sendable, CustomStringConvertible {
  /// The exit code, or nil when a signal ended it.
  package let exitCode: Int32?
  /// The signal that ended it.
  package let signal: Int32?
  /// User and system time of the process and of those it waited for, in seconds.
  package let cpuSeconds: Double

  package var isSuccess: Bool { exitCode == 0 }

  package var description: String {
    exitCode.map { "exit code \($0)" } ?? "signal \(signal ?? 0)"
  }
}

/// A program that runs beside this one, with its output kept.
///
/// What is still running when the last reference goes, or when `killAll` is called, is killed.
package final class ChildProcess: Sendable {
  package let processIdentifier: Int32
  /// The command as a person would type it.
  package let command: String
  private let output: OutputFile
  private let errors: OutputFile
  private let end = Mutex<ProcessEnd?>(nil)

  private static let running = Mutex<Set<Int32>>([])

  /// Starts a program, looked for in PATH, without standard input and with no signal blocked.
  package init(
    _ program: String, _ arguments: [String], environment added: [String: String] = [:],
    folder: String? = nil
  ) throws(Failure) {
    let words = (folder.map { ["env", "-C", $0] } ?? []) + [program] + arguments
    command = words.map(shellQuoted).joined(separator: " ")
    output = try OutputFile()
    errors = try OutputFile()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.descriptor, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.descriptor, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let inherited = try readFile("/proc/self/environ").split(separator: 0).map {
      String(decoding: $0, as: UTF8.self)
    }
    let environment =
      inherited.filter { entry in !added.keys.contains { entry.hasPrefix("\($0)=") } }
      + added.map { "\($0)=\($1)" }
    var identifier: pid_t = 0
    let code = withCStrings(words) { arguments in
      withCStrings(environment) { environment in
        posix_spawnp(&identifier, words[0], &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else {
      throw Failure(program, cannot: "start", String(cString: strerror(code)), .unavailable)
    }
    processIdentifier = identifier
    Self.running.withLock { _ = $0.insert(identifier) }
  }

  deinit {
    guard end.withLock({ $0 == nil }) else { return }
    kill(processIdentifier, SIGKILL)
    _ = reap(0)
  }

  /// Kills every child of this program that still runs.
  package static func killAll() {
    for identifier in running.withLock({ $0 }) { kill(identifier, SIGKILL) }
  }

  /// Makes Ctrl-C, SIGTERM or a closed terminal kill every child from now on.
  ///
  /// The program then ends with 128 + the signal's number. To be called before any thread starts.
  package static func killAllOnSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let waited = signals
    _ = Thread {
      var signals = waited
      var number: Int32 = 0
      sigwait(&signals, &number)
      killAll()
      _exit(128 + number)
    }
  }

  /// What the program has printed so far.
  package var standardOutput: String { String(decoding: output.bytes, as: UTF8.self) }
  package var standardOutputBytes: [UInt8] { output.bytes }
  package var standardError: String { String(decoding: errors.bytes, as: UTF8.self) }

  package var isRunning: Bool { reap(WNOHANG) == nil }

  package func send(_ signal: Int32) {
    end.withLock { if $0 == nil { kill(processIdentifier, signal) } }
  }

  /// Waits without limit; for what is known to end and is timed.
  package func wait() -> ProcessEnd {
    while true {
      if let end = reap(0) { return end }
    }
  }

  /// Waits for the end, at most so many seconds; one that runs on is killed and is a failure.
  package func wait(seconds: Double) throws(Failure) -> ProcessEnd {
    guard let end = waited(seconds: seconds) else {
      send(SIGKILL)
      _ = reap(0)
      throw Failure(
        command, cannot: "finish", "still running after \(seconds) s\n\(standardError)", .tryAgain)
    }
    return end
  }

  /// The end, or nil when the process still runs after so many seconds.
  package func waited(seconds: Double) -> ProcessEnd? {
    _ = Wait.until(atMost: seconds) { !isRunning }
    return reap(WNOHANG)
  }

  /// Waits until the program has printed the text on either of its outputs.
  package func waitForOutput(_ text: String, seconds: Double) throws(Failure) {
    func isPrinted() -> Bool { standardOutput.contains(text) || standardError.contains(text) }
    _ = Wait.until(atMost: seconds) { isPrinted() || !isRunning }
    guard isPrinted() else {
      let state = isRunning ? "not within \(seconds) s" : "it ended"
      throw Failure(
        command, cannot: "print \"\(text)\"", "\(state)\n\(standardOutput)\(standardError)",
        .tryAgain)
    }
  }

  private func reap(_ flags: Int32) -> ProcessEnd? {
    end.withLock { end in
      if let end { return end }
      var status: Int32 = 0
      var usage = rusage()
      guard wait4(processIdentifier, &status, flags, &usage) == processIdentifier else {
        return nil
      }
      let signal = status & 0x7f
      let cpu = usage.ru_utime.seconds + usage.ru_stime.seconds
      end = ProcessEnd(
        exitCode: signal == 0 ? (status >> 8) & 0xff : nil, signal: signal == 0 ? nil : signal,
        cpuSeconds: cpu)
      Self.running.withLock { _ = $0.remove(processIdentifier) }
      return end
    }
  }
}

/// A file without a name that a child writes and this program may read at any time.
private final class OutputFile: Sendable {
  let descriptor: Int32

  init() throws(Failure) {
    var path = Array("/tmp/rushes-output-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else {
      throw Failure("/tmp", cannot: "make a file", String(cString: strerror(errno)), .io)
    }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  var bytes: [UInt8] {
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_size > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: Int(facts.st_size)) { buffer, count in
      // pread leaves the position alone, which the child shares.
      while count < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        let got = pread(descriptor, rest.baseAddress, rest.count, count)
        guard got > 0 else { break }
        count += got
      }
    }
  }
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

private func withCStrings<R>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
  let pointers = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers + [nil])
}

/// The word as a shell reads it back.
package func shellQuoted(_ word: String) -> String {
  let plain = word.allSatisfy {
    $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:=+,@%".contains($0))
  }
  return plain && !word.isEmpty
    ? word
    : "'"
      + word.split(
        separator: "'", omittingEmptySubsequences: false
      ).joined(separator: "'\\''") + "'"
}
