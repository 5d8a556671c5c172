package import Basics
import Glibc

/// Keeps other processes that ask for it out of a folder, for as long as the value lives; the
/// system lets go of it when the process ends, however it ends.
package struct FolderLock: ~Copyable, Sendable {
  private let file: Int32

  /// Throws `.tryAgain` when another process holds it.
  package init(_ folder: String, cannot verb: String) throws(Failure) {
    let file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw systemFailure(folder, cannot: verb, .noInput) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      close(file)
      throw Failure(folder, cannot: verb, "another process is using it", .tryAgain)
    }
    self.file = file
  }

  deinit { close(file) }
}
