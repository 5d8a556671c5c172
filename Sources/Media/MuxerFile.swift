import CLibav
import Basics
import Glibc

/// A large file that a muxer writes.
final class MuxerFile {
  /// libav's view of it.
  let context: UnsafeMutablePointer<AVIOContext>
  private let file: LargeFile
  private var chunk: FileChunk?
  private var position: Int64 = 0
  private var size: Int64 = 0

  init(creating path: String) throws(Failure) {
    file = try LargeFile(creating: path, isDigested: false)
    let count = 1 << 16
    let buffer = av_malloc(count)?.assumingMemoryBound(to: UInt8.self)
    context = allocated(
      avio_alloc_context(
        allocated(buffer), Int32(count), 1, nil, nil,
        { opaque, bytes, count in
          guard let opaque, let bytes else { return shim_AVERROR(EIO) }
          return Unmanaged<MuxerFile>.fromOpaque(opaque).takeUnretainedValue().write(bytes, count)
        },
        { opaque, offset, whence in
          guard let opaque else { return -1 }
          return Unmanaged<MuxerFile>.fromOpaque(opaque).takeUnretainedValue().seek(offset, whence)
        }))
    context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    av_freep(&context.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = context
    avio_context_free(&context)
  }

  private func write(_ bytes: UnsafePointer<UInt8>, _ count: Int32) -> Int32 {
    var done = 0
    while done < Int(count) {
      guard let chunk = roomyChunk() else { return file.error }
      let part = min(Int(count) - done, room(in: chunk))
      memcpy(chunk.bytes + chunk.count, bytes + done, part)
      chunk.count += part
      done += part
      position += Int64(part)
    }
    size = max(size, position)
    return count
  }

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
    if target >= 0 { position = target }
    return target
  }

  /// Waits until all that the muxer gave is written; gives libav's code of an error, or 0.
  func finish() -> Int32 {
    avio_flush(context)
    pass()
    return min(context.pointee.error, file.drain())
  }
}
