import Glibc
import Synchronization

/// Ctrl-C and SIGTERM as a question that work asks now and then.
package enum Interruption {
  private static let count = Atomic<Int32>(0)
  private static let last = Atomic<Int32>(0)

  /// From now on the first SIGINT, SIGTERM or SIGHUP is only noted; a second one ends the process at once
  /// with 128 + its number.
  package static func watch() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      signal(number) { number in
        Interruption.last.store(number, ordering: .relaxed)
        if Interruption.count.add(1, ordering: .relaxed).newValue > 1 { _exit(128 + number) }
      }
    }
    // A reader that goes away is a failed write, not the end of the program.
    signal(SIGPIPE, SIG_IGN)
  }

  /// The signal that asked the program to end; nil while none has.
  package static var signalNumber: Int32? {
    let number = last.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}

/// Ends the process.
package func endProcess(_ code: Int32) -> Never { exit(code) }
