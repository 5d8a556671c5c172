package import Basics
import CLibav

/// Draws pictures of any size, format and rotation into 4:2:0 canvases.
///
/// It adapts to each picture as it comes: a change of size costs a new table of filters, no more.
package struct Scaler: ~Copyable {
  private var context: OpaquePointer?
  private var key: Key?
  /// The picture before it is turned.
  private var lying = Frame()

  private struct Key: Hashable {
    var from: PixelSize
    var format: Int32
    var to: PixelSize
    var target: Int32
    var matrix: Int32
    var range: Int32
  }

  package init() {}

  deinit { sws_freeContext(context) }

  /// Draws `picture` into `rect` of `canvas`, turned by `degrees` anticlockwise.
  ///
  /// `crop`: the part of the upright picture that is shown; nil all of it.
  /// `rect`: inside the canvas; its corner is even, and so are its sides but at the canvas's edges.
  ///
  /// Throws when swscale does not know the picture's format.
  package mutating func draw(
    _ picture: borrowing Frame, turnedBy degrees: Int = 0, crop: Rect? = nil,
    into rect: Rect, of canvas: inout Frame, subject: String
  ) throws(Failure) {
    let upright = picture.size.turned(by: degrees)
    let crop = crop ?? Rect(upright)
    let part = crop.lying(in: upright, turnedBy: degrees)
    if degrees % 360 == 0 {
      try scale(picture, part, into: rect, of: canvas, subject)
      return
    }
    let size = rect.size.turned(by: degrees)
    var lying = lying.take()
    if lying.size != size || lying.raw.pointee.format != canvas.raw.pointee.format {
      lying = .black(size, isFullRange: canvas.raw.pointee.color_range == AVCOL_RANGE_JPEG)
      lying.colours = canvas.colours
    }
    try scale(picture, part, into: Rect(size), of: lying, subject)
    turn(lying, by: degrees, into: rect, of: canvas)
    self.lying = lying
  }

  private mutating func scale(
    _ picture: borrowing Frame, _ part: Rect, into rect: Rect, of canvas: borrowing Frame,
    _ subject: String
  ) throws(Failure) {
    _ = Log.lines()
    let raw = picture.raw
    // swscale knows the range by a field of its own, not by the deprecated formats.
    let format = AVPixelFormat(raw.pointee.format)
    let known = Key(
      from: part.size, format: format.rawValue, to: rect.size,
      target: canvas.raw.pointee.format, matrix: Int32(raw.pointee.colorspace.rawValue),
      range: Int32(raw.pointee.color_range.rawValue))
    if known != key {
      sws_freeContext(context)
      key = nil
      context = Self.converter(from: raw, part.size, to: canvas.raw, rect.size)
      guard let context else {
        throw Failure(subject, cannot: "scale", "swscale cannot convert \(name(of: format))", .data)
      }
      setColours(context, of: raw, into: canvas.raw)
      key = known
    }
    let descriptor = av_pix_fmt_desc_get(format)
    var source: [UnsafePointer<UInt8>?] = [nil, nil, nil, nil]
    var sourceStrides: [Int32] = [0, 0, 0, 0]
    for index in 0..<4 {
      guard let (base, stride) = picture.plane(index) else { continue }
      let offset = offset(of: part, plane: index, descriptor)
      source[index] = UnsafePointer(base + offset.rows * stride + offset.bytes)
      sourceStrides[index] = Int32(stride)
    }
    var target: [UnsafeMutablePointer<UInt8>?] = [nil, nil, nil, nil]
    var targetStrides: [Int32] = [0, 0, 0, 0]
    for index in 0..<3 {
      guard let (base, stride) = canvas.plane(index) else { continue }
      let shift = index == 0 ? 0 : 1
      target[index] = base + (rect.y >> shift) * stride + (rect.x >> shift)
      targetStrides[index] = Int32(stride)
    }
    try check(
      sws_scale(
        context, &source, &sourceStrides, 0, Int32(part.height), &target, &targetStrides),
      subject, cannot: "scale")
  }

  /// Where a part of a picture begins in one of its planes.
  private func offset(of part: Rect, plane: Int, _ descriptor: UnsafePointer<AVPixFmtDescriptor>?)
    -> (rows: Int, bytes: Int)
  {
    guard part.x != 0 || part.y != 0, let descriptor else { return (0, 0) }
    let isChroma = plane == 1 || plane == 2
    let x = isChroma ? part.x >> Int(descriptor.pointee.log2_chroma_w) : part.x
    let y = isChroma ? part.y >> Int(descriptor.pointee.log2_chroma_h) : part.y
    let all = descriptor.pointee.comp
    let step = [all.0, all.1, all.2, all.3].first { Int($0.plane) == plane }?.step ?? 1
    return (y, x * Int(step))
  }

  /// A context that knows the ranges from the start: of pictures of more than 8 bits swscale looks at
  /// them only then.
  private static func converter(
    from source: UnsafeMutablePointer<AVFrame>, _ size: PixelSize,
    to target: UnsafeMutablePointer<AVFrame>, _ targetSize: PixelSize
  ) -> OpaquePointer? {
    let context = sws_alloc_context()
    let flags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_BITEXACT
    for (name, value) in [
      ("srcw", size.width), ("srch", size.height), ("src_format", Int(source.pointee.format)),
      ("dstw", targetSize.width), ("dsth", targetSize.height),
      ("dst_format", Int(target.pointee.format)), ("sws_flags", Int(flags)),
      ("src_range", isFullRange(source) ? 1 : 0), ("dst_range", isFullRange(target) ? 1 : 0),
    ] {
      av_opt_set_int(UnsafeMutableRawPointer(context), name, Int64(value), 0)
    }
    if sws_init_context(context, nil, nil) < 0 {
      sws_freeContext(context)
      return nil
    }
    return context
  }

  private static func isFullRange(_ picture: UnsafeMutablePointer<AVFrame>) -> Bool {
    picture.pointee.color_range == AVCOL_RANGE_JPEG
      || [AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_YUVJ422P, AV_PIX_FMT_YUVJ444P]
        .contains(AVPixelFormat(picture.pointee.format))
  }

  /// Brings the picture's matrix and range to the canvas's: BT.601 for full range (JFIF), else what
  /// the canvas says, or the picture where neither or only one says something.
  private func setColours(
    _ context: OpaquePointer, of source: UnsafeMutablePointer<AVFrame>,
    into target: UnsafeMutablePointer<AVFrame>
  ) {
    let isJPEG = target.pointee.color_range == AVCOL_RANGE_JPEG
    let own = coefficients(source.pointee.colorspace)
    let wanted = target.pointee.colorspace
    let areKnown =
      wanted != AVCOL_SPC_UNSPECIFIED && source.pointee.colorspace != AVCOL_SPC_UNSPECIFIED
    let usual = areKnown ? coefficients(wanted) : own
    sws_setColorspaceDetails(
      context, own, Self.isFullRange(source) ? 1 : 0,
      isJPEG ? coefficients(AVCOL_SPC_SMPTE170M) : usual,
      isJPEG ? 1 : 0, 0, 1 << 16, 1 << 16)
  }

  /// Pictures that do not say are taken for BT.601, as ffmpeg takes them.
  private func coefficients(_ space: AVColorSpace) -> UnsafePointer<Int32>? {
    let known =
      switch space {
      case AVCOL_SPC_BT709: SWS_CS_ITU709
      case AVCOL_SPC_BT2020_NCL, AVCOL_SPC_BT2020_CL: SWS_CS_BT2020
      case AVCOL_SPC_SMPTE240M: SWS_CS_SMPTE240M
      case AVCOL_SPC_FCC: SWS_CS_FCC
      default: SWS_CS_ITU601
      }
    return sws_getCoefficients(known).map { UnsafePointer($0) }
  }

  private func name(of format: AVPixelFormat) -> String {
    av_get_pix_fmt_name(format).map { "'\(String(cString: $0))'" } ?? "pictures of no known format"
  }
}

// Sound: one owner at a time.
extension Scaler: @unchecked Sendable {}

extension Rect {
  /// This part of an upright picture, as it lies in the picture before its turn; even, as chroma is.
  func lying(in upright: PixelSize, turnedBy degrees: Int) -> Rect {
    let lying =
      switch degrees % 360 {
      case 90: Rect(x: upright.height - y - height, y: x, width: height, height: width)
      case 180:
        Rect(
          x: upright.width - x - width, y: upright.height - y - height, width: width,
          height: height)
      case 270: Rect(x: y, y: upright.width - x - width, width: height, height: width)
      default: self
      }
    return Rect(x: lying.x & ~1, y: lying.y & ~1, width: lying.width, height: lying.height)
  }
}
