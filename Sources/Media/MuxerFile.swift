import CLibav
import Basics
import Glibc

/// A file that a muxer writes, brought to the disk by a thread of its own.
class MuxerFile {
  /// libav's view of it.
  let context: UnsafeMutablePointer<AVIOContext>
  private let file: LargeFile
  private var chunk: FileChunk?
  private var position: Int64 = 0
  private var size: Int64 = 0

  /// `isSeekable`: libav may go back and write something again.
  init(creating path: String, isSeekable: Bool = true) throws(Failure) {
    file = try LargeFile(creating: path, isDigested: false)
    let count = 1 << 16
    let buffer = av_malloc(count)?.assumingMemoryBound(to: UInt8.self)
    context = allocated(
      avio_alloc_context(
        allocated(buffer), Int32(count), 1, nil, nil,
        { opaque, bytes, count in
          guard let opaque, let bytes else { return shim_AVERROR(EIO) }
          let error = Unmanaged<MuxerFile>.fromOpaque(opaque).takeUnretainedValue()
            .write(UnsafeBufferPointer(start: bytes, count: Int(count)))
          return error < 0 ? error : count
        },
        isSeekable
          ? { opaque, offset, whence in
            guard let opaque else { return -1 }
            return Unmanaged<MuxerFile>.fromOpaque(opaque).takeUnretainedValue()
              .seek(offset, whence)
          } : nil))
    context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    av_freep(&context.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = context
    avio_context_free(&context)
  }

  /// Takes what libav writes; gives libav's code of an error, or 0.
  func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    var done = 0
    while done < bytes.count, let start = bytes.baseAddress {
      guard let chunk = roomyChunk() else { return file.error }
      let part = min(bytes.count - done, room(in: chunk))
      memcpy(chunk.bytes + chunk.count, start + done, part)
      chunk.count += part
      done += part
      position += Int64(part)
    }
    size = max(size, position)
    return 0
  }

  /// What is written next goes there.
  func move(to offset: Int64) { position = offset }

  /// A chunk into which the byte at `position` goes; nil when writing has failed.
  private func roomyChunk() -> FileChunk? {
    if let chunk {
      let isNext = chunk.offset + Int64(chunk.count) == position
      if isNext, room(in: chunk) > 0 { return chunk }
      pass()
    }
    chunk = file.emptyChunk()
    chunk?.offset = position
    return chunk
  }

  /// Chunks end where blocks of the disk do, wherever they begin.
  private func room(in chunk: FileChunk) -> Int {
    FileChunk.capacity - Int(chunk.offset % Int64(DiskWriter.block)) - chunk.count
  }

  private func pass() {
    if let chunk { file.write(chunk) }
    chunk = nil
  }

  private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    if whence & AVSEEK_SIZE != 0 { return size }
    let target = seekTarget(offset, whence, position: position, size: size)
    if target >= 0 { move(to: target) }
    return target
  }

  /// Waits until all that came is written; gives libav's code of an error, or 0.
  func drain() -> Int32 {
    pass()
    return file.drain()
  }

  /// Completes the file; gives libav's code of an error, or 0.
  func finish() -> Int32 {
    avio_flush(context)
    return min(context.pointee.error, drain())
  }
}

/// Moves `count` bytes of a file that begin at `start`, farther to its end; gives libav's code of an
/// error, or 0.
func moveBytes(of path: String, from start: Int64, count: Int64, by distance: Int64) -> Int32 {
  let file = open(path, O_RDWR | O_CLOEXEC)
  guard file >= 0 else { return shim_AVERROR(errno) }
  defer { close(file) }
  let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
  defer { block.deallocate() }
  var rest = count
  while rest > 0 {
    let part = Int(min(rest, Int64(block.count)))
    let place = Int(start + rest) - part
    for (isReading, offset) in [(true, place), (false, place + Int(distance))] {
      var done = 0
      while done < part {
        let space = block.baseAddress.map { $0 + done }
        let moved =
          isReading
          ? pread(file, space, part - done, offset + done)
          : pwrite(file, space, part - done, offset + done)
        if moved < 0, errno == EINTR { continue }
        guard moved > 0 else { return moved < 0 ? shim_AVERROR(errno) : shim_AVERROR(EIO) }
        done += moved
      }
    }
    rest -= Int64(part)
  }
  return 0
}
