import Basics
import Decoding
import Media
import Plan

/// What the encoder is shown: pictures of any size, upright on one canvas.
struct PictureCanvas: ~Copyable {
  private let fit: Fit
  private let subject: String
  private var drawn: Frame
  /// The part of the canvas that is not black.
  private var filled: Rect?
  /// A picture that needs no drawing, instead of the canvas.
  private var direct = Frame()
  private var isDirect = false
  private var scaler = Scaler()
  /// Whether a picture of the track is seen, or what stands in for one.
  private(set) var showsPicture = false
  /// The still picture that is seen.
  private var still: ObjectIdentifier?

  init(size: PixelSize, colours: Colours, fit: Fit, subject: String) {
    self.fit = fit
    self.subject = subject
    drawn = .black(size)
    drawn.colours = colours
  }

  mutating func drawBlack() {
    isDirect = false
    clear(for: nil)
    showsPicture = false
    still = nil
  }

  mutating func draw(_ picture: StillPicture) throws(Failure) {
    guard still != ObjectIdentifier(picture) else { return }
    try draw(picture.frame, turnedBy: picture.degrees)
    showsPicture = false
    still = ObjectIdentifier(picture)
  }

  mutating func draw(_ picture: borrowing Frame, turnedBy degrees: Int) throws(Failure) {
    showsPicture = true
    still = nil
    let shape = picture.size.seen(picture.pixelAspect)
    if degrees == 0, picture.size == drawn.size, shape == picture.size,
      picture.isPlain(in: drawn.colours)
    {
      direct = picture.shared()
      isDirect = true
      return
    }
    isDirect = false
    let upright = picture.size.turned(by: degrees)
    let seen = shape.turned(by: degrees)
    let placement = fit.place(seen, on: drawn.size)
    drawn.makeOwn()
    clear(for: placement.rect)
    try scaler.draw(
      picture, turnedBy: degrees, crop: placement.crop.scaled(from: seen, to: upright),
      into: placement.rect, of: &drawn, subject: subject)
  }

  /// Paints black what `rect` will not cover.
  private mutating func clear(for rect: Rect?) {
    guard filled != rect else { return }
    if filled != nil {
      drawn.makeOwn()
      drawn.fill(Rect(drawn.size), luma: 16)
    }
    filled = rect
  }

  func withPicture(_ body: (borrowing Frame) throws(Failure) -> Void) throws(Failure) {
    if isDirect {
      try body(direct)
    } else {
      try body(drawn)
    }
  }
}

extension PixelSize {
  /// The size in square pixels of a picture whose pixels are `aspect` times as wide as high.
  func seen(_ aspect: Double) -> PixelSize {
    guard aspect != 1 else { return self }
    return PixelSize(width: max(1, Int((Double(width) * aspect).rounded())), height: height)
  }
}

extension Rect {
  /// The same part of a picture of another size.
  func scaled(from old: PixelSize, to new: PixelSize) -> Rect {
    guard old != new else { return self }
    func x(_ value: Int) -> Int { value * new.width / max(1, old.width) }
    func y(_ value: Int) -> Int { value * new.height / max(1, old.height) }
    return Rect(
      x: x(self.x), y: y(self.y), width: max(1, x(self.x + width) - x(self.x)),
      height: max(1, y(self.y + height) - y(self.y)))
  }
}
