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

  init(size: PixelSize, fit: Fit, subject: String) {
    self.fit = fit
    self.subject = subject
    drawn = .black(size)
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
    if degrees == 0, picture.size == drawn.size, picture.isPlain {
      direct = picture.shared()
      isDirect = true
      return
    }
    isDirect = false
    let placement = fit.place(picture.size.turned(by: degrees), on: drawn.size)
    drawn.makeOwn()
    clear(for: placement.rect)
    try scaler.draw(
      picture, turnedBy: degrees, crop: placement.crop, into: placement.rect, of: &drawn,
      subject: subject)
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
