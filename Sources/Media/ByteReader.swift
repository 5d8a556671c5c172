import CLibav

/// Bytes of ours that a demuxer reads.
package class ByteReader {
  /// libav's view of them.
  let context: UnsafeMutablePointer<AVIOContext>

  init(isSeekable: Bool) {
    let size = 1 << 15
    let buffer = av_malloc(size)?.assumingMemoryBound(to: UInt8.self)
    // Without a way to read, libav would take the empty buffer for all there is.
    context = allocated(
      avio_alloc_context(
        allocated(buffer), Int32(size), 0, nil,
        { opaque, space, count in
          guard let opaque, let space else { return shim_AVERROR_EOF }
          return Unmanaged<ByteReader>.fromOpaque(opaque).takeUnretainedValue()
            .read(space, count)
        }, nil,
        isSeekable
          ? { opaque, offset, whence in
            guard let opaque else { return -1 }
            return Unmanaged<ByteReader>.fromOpaque(opaque).takeUnretainedValue()
              .seek(offset, whence)
          } : nil))
    context.pointee.opaque = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    av_freep(&context.pointee.buffer)
    var context: UnsafeMutablePointer<AVIOContext>? = context
    avio_context_free(&context)
  }

  /// Fills `space` with at least one byte; gives how many, or libav's code of an error or the end.
  func read(_ space: UnsafeMutablePointer<UInt8>, _ count: Int32) -> Int32 { shim_AVERROR_EOF }

  /// Moves to an offset as libav asks; gives the new position, or libav's code of an error.
  func seek(_ offset: Int64, _ whence: Int32) -> Int64 { Int64(shim_AVERROR(ESPIPE)) }
}
