package import Basics
import CLibav
import Glibc

/// Some bytes on their way into a file, handed from one thread to another.
package final class FileChunk: @unchecked Sendable {
  // Sound: whoever fills it has it alone, and afterwards it is only read until it is empty again.
  static let capacity = TransportSlice.packetSize * 2048

  let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  package internal(set) var count = 0

  package init() {}

  deinit { bytes.deallocate() }

  /// To be called when nobody reads it any more.
  package func empty() { count = 0 }
}

extension SHA256 {
  package mutating func update(_ chunk: FileChunk) {
    update(UnsafeBufferPointer(start: chunk.bytes, count: chunk.count))
  }
}

/// A new file that is written from its beginning to its end.
package struct SequentialFile: ~Copyable {
  private let path: String
  private let file: Int32
  private var size: Int64 = 0
  private var writeback: EarlyWriteback

  package init(creating path: String) throws(Failure) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    writeback = EarlyWriteback(path)
    try check(file < 0 ? shim_AVERROR(errno) : 0, path, cannot: "create", .cannotCreate)
  }

  deinit {
    if file >= 0 { close(file) }
  }

  package mutating func write(_ chunk: FileChunk) throws(Failure) {
    var done = 0
    while done < chunk.count {
      let count = Glibc.write(file, chunk.bytes + done, chunk.count - done)
      if count < 0, errno == EINTR { continue }
      try check(count < 0 ? shim_AVERROR(errno) : 0, path, cannot: "write", .io)
      done += count
    }
    size += Int64(done)
    writeback.note(size)
  }
}
