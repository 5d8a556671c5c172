import Basics
import CLibav
import Glibc

/// Stretches of files, read by a demuxer as if they were one file: an initialization section and a
/// segment, a byte range, or just a whole file.
package struct MediaInput: Hashable, Sendable {
  package struct Piece: Hashable, Sendable {
    package var path: String
    /// The bytes that count, cut off at the file's end; nil is the whole file.
    package var bytes: Range<Int64>?

    package init(path: String, bytes: Range<Int64>? = nil) {
      self.path = path
      self.bytes = bytes
    }
  }

  package var pieces: [Piece]

  package init(_ pieces: [Piece]) { self.pieces = pieces }

  /// A whole file.
  package init(path: String) { pieces = [Piece(path: path)] }
}

/// The open `MediaInput` behind a demuxer; of its files one is open at a time.
final class InputReader: ByteReader {
  private struct Part {
    let path: String
    /// Where it begins in its file, and in the whole.
    let offset: Int64
    let start: Int64
    let length: Int64
  }

  private let parts: [Part]
  private let length: Int64
  private var position: Int64 = 0
  private var file: Int32 = -1
  private var current = -1
  private var hiddenPIDs: [Int] = []
  /// Whether the system has refused to read a file.
  private(set) var hasFailed = false

  /// - Throws: when one of its files is not there, or is none.
  init(_ input: MediaInput, name: String) throws(Failure) {
    var parts: [Part] = []
    var start: Int64 = 0
    for piece in input.pieces {
      var facts = stat()
      if stat(piece.path, &facts) != 0 {
        try check(shim_AVERROR(errno), name, cannot: "open", .noInput)
      }
      // A pipe or a device would make a reader wait for ever.
      guard facts.st_mode & S_IFMT == S_IFREG else {
        throw Failure(name, cannot: "open", "it is no file", .noInput)
      }
      let size = Int64(facts.st_size)
      let lower = min(max(0, piece.bytes?.lowerBound ?? 0), size)
      let upper = min(max(lower, piece.bytes?.upperBound ?? size), size)
      parts.append(Part(path: piece.path, offset: lower, start: start, length: upper - lower))
      start += upper - lower
    }
    self.parts = parts
    length = start
    super.init(isSeekable: true)
  }

  deinit {
    if file >= 0 { close(file) }
  }

  /// Lets the packets of a stream of MPEG-TS look like stuffing from now on.
  func hide(pid: Int) { hiddenPIDs.append(pid) }

  /// `offset`: of `space` in a file of plain packets; a head between two reads is left as it is.
  private func hide(_ space: UnsafeMutablePointer<UInt8>, _ count: Int, at offset: Int64) {
    let size = Int64(TransportSlice.packetSize)
    var at = Int((size - offset % size) % size)
    while at + 3 <= count, space[at] == 0x47 {
      if hiddenPIDs.contains(Int(space[at + 1] & 0x1f) << 8 | Int(space[at + 2])) {
        space[at + 1] |= 0x1f
        space[at + 2] = 0xff
      }
      at += TransportSlice.packetSize
    }
  }

  override func read(_ space: UnsafeMutablePointer<UInt8>, _ count: Int32) -> Int32 {
    guard let index = parts.firstIndex(where: { position < $0.start + $0.length }) else {
      return shim_AVERROR_EOF
    }
    let part = parts[index]
    if index != current {
      if file >= 0 { close(file) }
      file = open(part.path, O_RDONLY | O_CLOEXEC)
      current = file < 0 ? -1 : index
      guard file >= 0 else { return failure() }
    }
    let inside = position - part.start
    let wanted = min(Int64(count), part.length - inside)
    while true {
      let got = pread(file, space, Int(wanted), Int(part.offset + inside))
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return failure() }
      // The file has shrunk since it was opened.
      guard got > 0 else { return shim_AVERROR_EOF }
      if !hiddenPIDs.isEmpty { hide(space, got, at: position) }
      position += Int64(got)
      return Int32(got)
    }
  }

  private func failure() -> Int32 {
    hasFailed = true
    return shim_AVERROR(errno)
  }

  override func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    if whence & AVSEEK_SIZE != 0 { return length }
    let target = seekTarget(offset, whence, position: position, size: length)
    if target >= 0 { position = target }
    return target
  }
}
