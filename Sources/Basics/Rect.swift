/// A rectangle of pixels; the origin is the top left corner.
package struct Rect: Hashable, Sendable {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  package init(x: Int = 0, y: Int = 0, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  package init(_ size: PixelSize) { self.init(width: size.width, height: size.height) }

  package var size: PixelSize { PixelSize(width: width, height: height) }
}

/// A width and a height in pixels.
package struct PixelSize: Hashable, Sendable, CustomStringConvertible {
  package var width: Int
  package var height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// As it is after a turn by `degrees`.
  package func turned(by degrees: Int) -> PixelSize {
    degrees % 180 == 0 ? self : PixelSize(width: height, height: width)
  }

  /// `640x360`.
  package var description: String { "\(width)x\(height)" }
}
