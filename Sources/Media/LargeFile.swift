package import Basics
import CLibav
import Glibc
import Posix

/// Some bytes of a file on their way there, handed from one thread to another.
package final class FileChunk: @unchecked Sendable {
  // Sound: whoever fills it has it alone, and afterwards it is only read until it is empty again.

  /// Bytes that fit: whole packets of MPEG-TS, and whole blocks of a disk.
  static let capacity = TransportSlice.packetSize * 4096

  let bytes: UnsafeMutableRawPointer
  var count = 0
  /// Where in the file it goes.
  var offset: Int64 = 0

  init() { bytes = .allocate(byteCount: Self.capacity, alignment: DiskWriter.block) }

  deinit { bytes.deallocate() }

  var octets: UnsafeMutablePointer<UInt8> {
    bytes.assumingMemoryBound(to: UInt8.self)
  }
  var contents: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: octets, count: count) }
}

/// A new file that is written, and where wished digested, on threads of their own while the next
/// bytes are made.
package final class LargeFile {
  private struct State {
    /// Chunks that are not written or not digested yet; the first one's number is `base`.
    var pending: [FileChunk] = []
    var base = 0
    var written = 0
    var digested = 0
    var spare: [FileChunk]
    var isEnded = false
    /// libav's code of what went wrong.
    var error: Int32 = 0
    var digest: String?

    mutating func release() {
      while base < min(written, digested) {
        let chunk = pending.removeFirst()
        chunk.count = 0
        spare.append(chunk)
        base += 1
      }
    }

    /// The chunk with a number; nil when it has not come yet, and nil inside when none will come.
    func chunk(_ number: Int) -> FileChunk?? {
      if error < 0 { return .some(nil) }
      if number < base + pending.count { return pending[number - base] }
      return isEnded ? .some(nil) : nil
    }
  }

  private let path: String
  private let state = Monitor(State(spare: (0..<3).map { _ in FileChunk() }))
  private let writer: Thread
  private let digester: Thread?

  /// `isDigested`: its SHA-256 is wanted, and its bytes come one after the other.
  package init(creating path: String, isDigested: Bool) throws(Failure) {
    self.path = path
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    try check(file < 0 ? shim_AVERROR(errno) : 0, path, cannot: "create", .cannotCreate)
    let state = state
    writer = Thread {
      var disk = DiskWriter(file)
      while let chunk = state.wait(for: { $0.chunk($0.written) }) ?? nil {
        let error = disk.write(chunk)
        state.with {
          $0.error = min(error, $0.error)
          $0.written += 1
          if !isDigested { $0.digested += 1 }
          $0.release()
        }
      }
    }
    digester =
      !isDigested
      ? nil
      : Thread {
        var digest = SHA256()
        while let chunk = state.wait(for: { $0.chunk($0.digested) }) ?? nil {
          digest.update(chunk.contents)
          state.with {
            $0.digested += 1
            $0.release()
          }
        }
        let text = digest.finish()
        state.with { $0.digest = text }
      }
  }

  deinit {
    state.with { $0.isEnded = true }
    writer.join()
    digester?.join()
  }

  /// A chunk to be filled, once there is one; nil when writing has failed.
  func emptyChunk() -> FileChunk? {
    state.wait { state -> FileChunk?? in
      if state.error < 0 { return .some(nil) }
      return state.spare.popLast().map { .some($0) }
    } ?? nil
  }

  /// Takes a full chunk, if there is one, and gives an empty one for what comes behind it.
  func chunk(after full: FileChunk? = nil) throws(Failure) -> FileChunk {
    let end = full.map { $0.offset + Int64($0.count) } ?? 0
    if let full { write(full) }
    while true {
      try check(error, path, cannot: "write", .io)
      guard let next = emptyChunk() else { continue }
      next.offset = end
      return next
    }
  }

  /// Takes a chunk that is to be written at its offset.
  func write(_ chunk: FileChunk) { state.with { $0.pending.append(chunk) } }

  /// libav's code of what went wrong; 0 while all is well.
  var error: Int32 { state.with { $0.error } }

  /// Waits until everything is written; gives libav's code of what went wrong, or 0.
  func drain() -> Int32 {
    state.wait { $0.error < 0 || $0.written == $0.base + $0.pending.count ? $0.error : nil } ?? 0
  }

  /// Waits until everything is written, and gives the SHA-256 of the file if it was wished.
  package func finish() throws(Failure) -> String? {
    try check(drain(), path, cannot: "write", .io)
    guard digester != nil else { return nil }
    state.with { $0.isEnded = true }
    return state.wait { $0.digest }
  }
}

/// Writes chunks past the system's memory of files, as long as the file system allows it.
///
/// Whoever brings a file onto the disk in the end has its bytes copied to memory and written from
/// there, where they push out what others need; a large file goes to the disk at once.
struct DiskWriter: ~Copyable {
  /// What the offsets and lengths of such writes are multiples of.
  static let block = 4096
  /// So much of a file, like all of a smaller one, is written as usual: it is soon read again.
  static let beginning: Int64 = 16 << 20

  private let file: Int32
  private var mayBypass = true
  private var bypasses = false

  init(_ file: Int32) { self.file = file }

  deinit { close(file) }

  /// Gives libav's code of an error, or 0.
  mutating func write(_ chunk: FileChunk) -> Int32 {
    let block = Self.block
    let isWhole = chunk.offset % Int64(block) == 0 && chunk.count % block == 0
    bypass(isWhole && chunk.offset >= Self.beginning)
    var done = 0
    while done < chunk.count {
      let count = pwrite(
        file, chunk.bytes + done, chunk.count - done, Int(chunk.offset) + done)
      if count >= 0 {
        done += count
        // What a disk takes in part is no whole number of blocks any more.
        if count % block != 0 { bypass(false) }
      } else if errno == EINVAL, bypasses {
        bypass(false)
        mayBypass = false
      } else if errno != EINTR {
        return shim_AVERROR(errno)
      }
    }
    return 0
  }

  private mutating func bypass(_ isWished: Bool) {
    let isWished = isWished && mayBypass
    guard isWished != bypasses else { return }
    if fcntl(file, F_SETFL, isWished ? shim_O_DIRECT : 0) == 0 {
      bypasses = isWished
    } else {
      mayBypass = false
    }
  }
}
