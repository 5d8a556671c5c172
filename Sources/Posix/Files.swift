package import Basics
import Glibc

/// The whole contents of a file, a pipe, or (`-`) of standard input.
///
/// Throws when it cannot be read, or holds more than `limit` bytes.
package func readFile(_ path: String, limit: Int = 1 << 30) throws(Failure) -> [UInt8] {
  let file = path == "-" ? dup(0) : open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw systemFailure(path, cannot: "open", .noInput) }
  defer { close(file) }
  var facts = stat()
  fstat(file, &facts)
  guard facts.st_mode & S_IFMT != S_IFDIR else {
    throw Failure(path, cannot: "read", "it is a folder", .noInput)
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(min(limit, max(0, Int(facts.st_size))) + 1)
  let space = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
  defer { space.deallocate() }
  while true {
    let count = read(file, space.baseAddress, space.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw systemFailure(path, cannot: "read") }
    bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: space[..<count]))
    guard bytes.count <= limit else {
      throw Failure(path, cannot: "read", "it is larger than \(limit) bytes", .data)
    }
    if count == 0 { return bytes }
  }
}

/// Replaces a file as a whole: whoever reads it sees the old bytes or the new ones, also after a
/// crash, since the new ones are on the disk before they get the name.
package func replaceFile(_ path: String, with bytes: some Sequence<UInt8>) throws(Failure) {
  let temporary = temporaryName(for: path)
  do throws(Failure) {
    try writeFile(temporary, bytes)
    try syncFile(temporary)
    try rename(temporary, to: path)
  } catch {
    unlink(temporary)
    throw Failure(path, cannot: error.verb, error.reason, error.code)
  }
}

/// The hidden name beside `path` under which its next contents are written.
package func temporaryName(for path: String) -> String {
  let parts = splitPath(path)
  return joinPath(parts.folder, ".\(parts.name).tmp")
}

/// Creates or truncates a file and writes `bytes` into it.
package func writeFile(_ path: String, _ bytes: some Sequence<UInt8>) throws(Failure) {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard file >= 0 else { throw systemFailure(path, cannot: "create", .cannotCreate) }
  defer { close(file) }
  try writeAll(Array(bytes), to: file, named: path)
}

/// Writes all of `bytes` to an open file descriptor.
package func writeAll(_ bytes: [UInt8], to file: Int32, named name: String) throws(Failure) {
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { space in
      space.baseAddress.map { write(file, $0 + done, space.count - done) } ?? 0
    }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw systemFailure(name, cannot: "write") }
    done += count
  }
}

/// Brings a file's, or a folder's, contents onto the disk.
package func syncFile(_ path: String) throws(Failure) {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else { throw systemFailure(path, cannot: "open") }
  defer { close(file) }
  guard fsync(file) == 0 else { throw systemFailure(path, cannot: "flush to disk") }
}

/// Brings the contents of many files onto the disk, which is much cheaper than one after the other.
package func syncFiles(_ paths: [String]) throws(Failure) {
  // Linux begins to write what is said not to be needed; the first flush takes most of it along.
  // One file alone it would only forget, though it is to be read again.
  for path in paths where paths.count > 1 {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw systemFailure(path, cannot: "open") }
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
    close(file)
  }
  for path in paths { try syncFile(path) }
}

/// Gives files their final names, and brings their folders' entries onto the disk.
package func renameFiles(_ names: [(path: String, final: String)]) throws(Failure) {
  for (path, final) in names {
    guard Glibc.rename(path, final) == 0 else {
      throw systemFailure(final, cannot: "create", .cannotCreate)
    }
  }
  for folder in Set(names.map { splitPath($0.final).folder }) { try syncFile(folder) }
}

/// Gives a file its final name, and brings the folder's entry onto the disk.
package func rename(_ path: String, to final: String) throws(Failure) {
  try renameFiles([(path, final)])
}

/// Removes a file if it is there.
package func removeFile(_ path: String) { unlink(path) }

/// Makes a folder and those above it; it is no error when they are there.
package func makeFolder(_ path: String) throws(Failure) {
  if isFolder(path) { return }
  let above = splitPath(path).folder
  if above != path { try makeFolder(above) }
  guard mkdir(path, 0o777) == 0 || isFolder(path) else {
    if errno == EEXIST { errno = ENOTDIR }
    throw systemFailure(path, cannot: "create", .cannotCreate)
  }
}

/// The names in a folder, sorted, without `.` and `..`.
package func listFolder(_ path: String) throws(Failure) -> [String] {
  guard let folder = opendir(path) else { throw systemFailure(path, cannot: "list", .noInput) }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

package func isFolder(_ path: String) -> Bool {
  var facts = stat()
  return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
}

/// Which file a name leads to: links and other names of one have the same.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// Nil when there is none.
  package init?(of path: String) {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    device = UInt64(facts.st_dev)
    number = UInt64(facts.st_ino)
  }
}

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// When a file was last changed, in nanoseconds of Unix time; nil when there is none.
package func fileChanged(_ path: String) -> Int64? {
  var facts = stat()
  guard stat(path, &facts) == 0 else { return nil }
  return Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec)
}

/// The size of a file in bytes; nil when there is none.
package func fileSize(_ path: String) -> Int64? {
  var facts = stat()
  return stat(path, &facts) == 0 ? Int64(facts.st_size) : nil
}

/// Replaces a text file by another head, its old contents after their first bytes, and a tail, as a
/// whole and without holding it in memory; a file that is not there counts as empty.
package func regrowFile(_ path: String, droppingFirst count: Int, newHead: String, tail: String)
  throws(Failure)
{
  let temporary = temporaryName(for: path)
  do throws(Failure) {
    try writeFile(temporary, newHead.utf8)
    let target = open(temporary, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard target >= 0 else { throw systemFailure(path, cannot: "write") }
    defer { close(target) }
    let source = open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 || errno == ENOENT else { throw systemFailure(path, cannot: "open") }
    if source >= 0 {
      defer { close(source) }
      lseek(source, off_t(count), SEEK_SET)
      var block = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let size = block.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
        if size < 0, errno == EINTR { continue }
        guard size >= 0 else { throw systemFailure(path, cannot: "read") }
        if size == 0 { break }
        try writeAll(Array(block[..<size]), to: target, named: path)
      }
    }
    try writeAll(Array(tail.utf8), to: target, named: path)
    guard fsync(target) == 0 else { throw systemFailure(path, cannot: "flush to disk") }
    try rename(temporary, to: path)
  } catch {
    unlink(temporary)
    throw error
  }
}

/// Removes a folder if it is empty.
package func removeFolder(_ path: String) { rmdir(path) }
