package import Basics
import CLibav
import Synchronization

/// Makes libav's waiting calls return: when asked to, or when they wait too long.
package final class Interrupt: Sendable {
  private let isAsked = Atomic<Bool>(false)
  /// Microseconds of libav's steady clock; 0 is no limit.
  private let deadline = Atomic<Int64>(0)

  package init() {}

  /// Ends the waiting call, and every later one.
  package func ask() { isAsked.store(true, ordering: .relaxed) }

  /// Whether `ask` was called.
  package var wasAsked: Bool { isAsked.load(ordering: .relaxed) }

  /// From now on, calls may wait for `time`; nil is without limit.
  package func limit(to time: MediaTime?) {
    let end = time.map { av_gettime_relative() + Int64($0.seconds * 1e6) } ?? 0
    deadline.store(end, ordering: .relaxed)
  }

  /// Whether the limit has passed.
  package var isLate: Bool {
    let end = deadline.load(ordering: .relaxed)
    return end != 0 && av_gettime_relative() > end
  }

  /// The callback that libav polls; the interrupt must outlive the context that holds it.
  var callback: AVIOInterruptCB {
    AVIOInterruptCB(
      callback: { context in
        guard let context else { return 0 }
        let interrupt = Unmanaged<Interrupt>.fromOpaque(context).takeUnretainedValue()
        return interrupt.wasAsked || interrupt.isLate ? 1 : 0
      }, opaque: Unmanaged.passUnretained(self).toOpaque())
  }
}
