package import Basics
import CLibav

/// A decoded picture, or a block of decoded sound; one value is reused across decodes.
package struct Frame: ~Copyable {
  let raw: UnsafeMutablePointer<AVFrame>

  package init() { raw = allocated(av_frame_alloc()) }

  deinit {
    var raw: UnsafeMutablePointer<AVFrame>? = raw
    av_frame_free(&raw)
  }

  /// Where it lies on the clock that its packet came with.
  package var time: MediaTime? {
    get {
      let own = timestamp(raw.pointee.pts) ?? timestamp(raw.pointee.best_effort_timestamp)
      return own.map { MediaTime(flicks: $0) }
    }
    set { raw.pointee.pts = newValue?.flicks ?? shim_AV_NOPTS_VALUE }
  }

  /// Lets go of what it holds.
  package mutating func clear() { av_frame_unref(raw) }

  /// Moves the content out, leaving this one blank.
  package mutating func take() -> Frame {
    let other = Frame()
    av_frame_move_ref(other.raw, raw)
    return other
  }

  /// Takes over what `other` holds, leaving it blank.
  package mutating func move(from other: inout Frame) {
    av_frame_unref(raw)
    av_frame_move_ref(raw, other.raw)
  }

  /// Another reference to the same picture or sound, which neither may change any more.
  package func shared() -> Frame {
    let other = Frame()
    let result = av_frame_ref(other.raw, raw)
    precondition(result >= 0, "out of memory")
    return other
  }

  // MARK: Pictures

  package var size: PixelSize {
    PixelSize(width: Int(raw.pointee.width), height: Int(raw.pointee.height))
  }
  /// Whether there is neither picture nor sound in it.
  package var isBlank: Bool { raw.pointee.data.0 == nil }
  /// Whether the decoder had to make up a part of it.
  package var isDamaged: Bool {
    raw.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 || raw.pointee.decode_error_flags != 0
  }
  /// Degrees anticlockwise by which the picture's own side data asks to be turned: 0, 90, 180 or
  /// 270; nil when it says nothing.
  package var ownRotation: Int? {
    guard let side = av_frame_get_side_data(raw, AV_FRAME_DATA_DISPLAYMATRIX),
      side.pointee.size >= 36, let data = side.pointee.data
    else { return nil }
    return data.withMemoryRebound(to: Int32.self, capacity: 9) { quarterTurn($0) }
  }

  /// A black picture of `size` in 8-bit 4:2:0.
  package static func black(_ size: PixelSize, isFullRange: Bool = false) -> Frame {
    let frame = Frame()
    frame.raw.pointee.width = Int32(clamping: size.width)
    frame.raw.pointee.height = Int32(clamping: size.height)
    frame.raw.pointee.format =
      isFullRange ? AV_PIX_FMT_YUVJ420P.rawValue : AV_PIX_FMT_YUV420P.rawValue
    frame.raw.pointee.color_range = isFullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG
    let result = av_frame_get_buffer(frame.raw, 0)
    precondition(result >= 0, "out of memory")
    frame.fill(Rect(size), luma: isFullRange ? 0 : 16)
    return frame
  }

  /// Paints a rectangle of a 4:2:0 picture in one colour; its corner is even.
  package func fill(_ rect: Rect, luma: UInt8, u: UInt8 = 128, v: UInt8 = 128) {
    for (plane, value) in [luma, u, v].enumerated() {
      guard let (base, stride) = self.plane(plane) else { continue }
      let shift = plane == 0 ? 0 : 1
      // At odd edges half a pixel of colour is one, too.
      for row in (rect.y >> shift)..<((rect.y + rect.height + shift) >> shift) {
        memset(base + row * stride + rect.x >> shift, Int32(value), (rect.width + shift) >> shift)
      }
    }
  }

  /// The first byte of a plane, and the bytes from row to row.
  func plane(_ index: Int) -> (base: UnsafeMutablePointer<UInt8>, stride: Int)? {
    let data = raw.pointee.data
    let strides = raw.pointee.linesize
    let found =
      switch index {
      case 0: (data.0, strides.0)
      case 1: (data.1, strides.1)
      case 2: (data.2, strides.2)
      default: (data.3, strides.3)
      }
    return found.0.map { ($0, Int(found.1)) }
  }

  /// Makes the picture one that nobody else reads, so that it may be changed.
  package mutating func makeOwn() {
    let result = av_frame_make_writable(raw)
    precondition(result >= 0, "out of memory")
  }

  // MARK: Sound

  /// Samples per channel.
  package var samples: Int { Int(raw.pointee.nb_samples) }
  package var sampleRate: Int { Int(raw.pointee.sample_rate) }
  package var channels: Int { Int(raw.pointee.ch_layout.nb_channels) }
}

// Sound: one owner at a time, and libav counts references to the payload atomically.
extension Frame: @unchecked Sendable {}

/// The turn of a display matrix, in degrees anticlockwise: 0, 90, 180 or 270.
func quarterTurn(_ matrix: UnsafePointer<Int32>) -> Int {
  // libav's angle is anticlockwise, from -180 to 180; a matrix of nothing has none.
  let angle = av_display_rotation_get(matrix)
  guard angle.isFinite else { return 0 }
  return (Int((angle / 90).rounded()) * 90 + 360) % 360
}
