package import Basics
import Glibc

/// An open file of which parts are read.
package struct FileReader: ~Copyable {
  private let file: Int32
  private let path: String
  /// In bytes, when it was opened.
  package let size: Int64

  /// - Throws: when it cannot be opened, or is no file: a pipe or a device might never end.
  package init(_ path: String) throws(Failure) {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw systemFailure(path, cannot: "open", .noInput) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw Failure(path, cannot: "open", "it is no file", .noInput)
    }
    self.file = file
    self.path = path
    size = Int64(facts.st_size)
  }

  deinit { close(file) }

  /// Up to `count` bytes from `offset` on; fewer only at the end of the file.
  package func read(at offset: Int64, count: Int) throws(Failure) -> [UInt8] {
    let wanted = Int(clamping: max(0, min(Int64(count), size - offset)))
    var bytes = [UInt8](repeating: 0, count: wanted)
    var done = 0
    while done < wanted {
      let got = bytes.withUnsafeMutableBytes { space in
        space.baseAddress.map { pread(file, $0 + done, wanted - done, off_t(offset) + done) } ?? 0
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw systemFailure(path, cannot: "read") }
      if got == 0 { break }
      done += got
    }
    bytes.removeLast(wanted - done)
    return bytes
  }
}

/// The size of a file in bytes; nil when there is none, or what is there is a folder or a device.
package func regularFileSize(_ path: String) -> Int64? {
  var facts = stat()
  guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int64(facts.st_size)
}
