package import Basics
import Glibc

/// A file that is being written from its beginning, some of whose bytes are replaced at the end.
package final class RewritableFile {
  private let file: Int32
  private let path: String

  /// Creates or truncates a file.
  package init(_ path: String) throws(Failure) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw systemFailure(path, cannot: "create", .cannotCreate) }
  }

  deinit { close(file) }

  /// Appends `bytes`.
  package func write(_ bytes: [UInt8]) throws(Failure) {
    try writeAll(bytes, to: file, named: path)
  }

  /// Replaces bytes that have been written; the end stays where it is.
  package func replace(at offset: Int, with bytes: [UInt8]) throws(Failure) {
    let end = lseek(file, 0, SEEK_CUR)
    lseek(file, offset, SEEK_SET)
    try writeAll(bytes, to: file, named: path)
    lseek(file, end, SEEK_SET)
  }
}
