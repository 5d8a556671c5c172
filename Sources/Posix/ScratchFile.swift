package import Basics
import Glibc

/// A file without a name for what memory cannot hold; it goes away with the process.
package final class ScratchFile: Sendable {
  private let file: Int32
  private let folder: String

  /// Throws when there is no room for one in `folder`.
  package init(in folder: String) throws(Failure) {
    self.folder = folder
    // The six letters that mkstemp puts others in place of.
    let name = ".rushes-" + String(repeating: "X", count: 6)
    var template = Array(joinPath(folder, name).utf8CString)
    file = template.withUnsafeMutableBufferPointer { text in
      let file = text.baseAddress.map { mkstemp($0) } ?? -1
      if file >= 0, let name = text.baseAddress { unlink(name) }
      if file >= 0 { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
      return file
    }
    guard file >= 0 else { throw systemFailure(folder, cannot: "create a file in", .cannotCreate) }
  }

  deinit { close(file) }

  /// Writes `bytes` at `offset`; several threads may write at once.
  package func write(_ bytes: RawSpan, at offset: Int) throws(Failure) {
    var done = 0
    while done < bytes.byteCount {
      let count = bytes.withUnsafeBytes { space in
        space.baseAddress.map { pwrite(file, $0 + done, space.count - done, offset + done) }
          ?? 0
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw systemFailure(folder, cannot: "write a file in", .io) }
      done += count
    }
  }

  /// Fills `bytes` from `offset` on; what was never written is zero.
  package func read(into bytes: inout MutableRawSpan, at offset: Int) throws(Failure) {
    var done = 0
    while done < bytes.byteCount {
      let count = bytes.withUnsafeMutableBytes { space in
        space.baseAddress.map { pread(file, $0 + done, space.count - done, offset + done) }
          ?? 0
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw systemFailure(folder, cannot: "read a file in", .io) }
      if count == 0 {
        bytes.withUnsafeMutableBytes { space in
          if let base = space.baseAddress { memset(base + done, 0, space.count - done) }
        }
        return
      }
      done += count
    }
  }
}
