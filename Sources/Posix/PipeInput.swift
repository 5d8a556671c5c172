package import Basics
import Glibc

/// The reading end of a pipe, opened so that neither opening it nor reading from it waits for the
/// writer: whoever reads can look about meanwhile.
package final class PipeInput: Sendable {
  /// The path of the process's standard input; opened anew, its owner's own descriptor stays as it is.
  package static let standardInput = "/proc/self/fd/0"

  package let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Opens a pipe; nil when there is something else, or nothing, at the path.
  package static func open(_ path: String) throws(Failure) -> PipeInput? {
    var facts = stat()
    guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFIFO else { return nil }
    let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemFailure(path, cannot: "open", .noInput) }
    return PipeInput(descriptor)
  }

  /// Waits until there is something to read, or the writer has come and gone.
  package func isReady(within time: MediaTime) -> Bool {
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&event, 1, Int32(clamping: time.milliseconds)) > 0
  }
}
