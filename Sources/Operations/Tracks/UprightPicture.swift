import Basics
import Media
import Plan

/// A canvas of full range on which a picture stands upright, with black beside it where the shapes
/// differ.
struct UprightPicture: ~Copyable {
  private(set) var canvas = Frame()
  private var scaler = Scaler()
  private var drawn: Rect?

  /// `degrees`: the turn anticlockwise that sets the picture upright.
  mutating func draw(
    _ picture: borrowing Frame, turnedBy degrees: Int, on size: PixelSize, _ fit: Fit,
    subject: String
  ) throws(Failure) {
    let upright = picture.size.turned(by: degrees)
    let shape = picture.shape.turned(by: degrees)
    let placement = fit.place(shape, on: size)
    if canvas.isBlank || canvas.size != size || drawn != placement.rect {
      canvas = .black(size, isFullRange: true)
      drawn = placement.rect
    }
    try scaler.draw(
      picture, turnedBy: degrees, crop: placement.crop.scaled(from: shape, to: upright),
      into: placement.rect, of: &canvas, subject: subject)
  }
}

extension Frame {
  /// The size that the picture has with square pixels.
  var shape: PixelSize { size.seen(pixelAspect) }
}
