package import Basics

/// How pictures of one shape come onto a canvas of another.
package enum Fit: String, Hashable, Sendable, CaseIterable {
  /// The whole picture, with bars where the shapes differ.
  case contain
  /// The whole canvas, with the picture's edges cut off where the shapes differ.
  case cover
  /// The whole picture on the whole canvas, whatever becomes of its shape.
  case stretch

  /// Where a picture goes, and which part of it.
  package struct Placement: Hashable, Sendable {
    /// The part of the upright picture that is seen.
    package var crop: Rect
    /// Where on the canvas it is seen; even in all its numbers.
    package var rect: Rect

    package init(crop: Rect, rect: Rect) {
      self.crop = crop
      self.rect = rect
    }
  }

  /// Where a picture is drawn on `canvas`, in its middle.
  ///
  /// `picture`: the size of the upright picture.
  /// `canvas`: even in both numbers.
  package func place(_ picture: PixelSize, on canvas: PixelSize) -> Placement {
    let all = Placement(crop: Rect(picture), rect: Rect(canvas))
    guard picture.width > 0, picture.height > 0, canvas.width > 0, canvas.height > 0 else {
      return all
    }
    switch self {
    case .stretch: return all
    case .contain:
      return Placement(crop: all.crop, rect: Self.largest(shapedAs: picture, in: canvas))
    case .cover:
      return Placement(crop: Self.largest(shapedAs: canvas, in: picture), rect: all.rect)
    }
  }

  /// The largest rectangle of one shape that lies in the middle of another; even where it is
  /// smaller, as pictures with one colour for four pixels are.
  private static func largest(shapedAs shape: PixelSize, in room: PixelSize) -> Rect {
    let (width, height) = (Double(room.width), Double(room.height))
    let aspect = Double(shape.width) / Double(shape.height)
    let size = PixelSize(
      width: side(height * aspect, atMost: room.width),
      height: side(width / aspect, atMost: room.height))
    return Rect(
      x: (room.width - size.width) / 2 & ~1, y: (room.height - size.height) / 2 & ~1,
      width: size.width, height: size.height)
  }

  /// `length` as an even number of pixels, at least two where there is room; all of the room where
  /// it is more.
  private static func side(_ length: Double, atMost room: Int) -> Int {
    guard length < Double(room) - 1 else { return room }
    return min(room, max(2, Int((length / 2).rounded()) * 2))
  }
}
