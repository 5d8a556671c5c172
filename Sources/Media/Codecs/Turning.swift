import Basics
import CLibav

/// Copies a whole 4:2:0 picture into `rect` of another, turned by 90, 180 or 270 degrees
/// anticlockwise.
func turn(
  _ picture: borrowing Frame, by degrees: Int, into rect: Rect, of canvas: borrowing Frame
) {
  for index in 0..<3 {
    guard let (source, from) = picture.plane(index), let (base, to) = canvas.plane(index) else {
      continue
    }
    let shift = index == 0 ? 0 : 1
    let target = base + (rect.y >> shift) * to + (rect.x >> shift)
    let (width, height) = ((rect.width + shift) >> shift, (rect.height + shift) >> shift)
    // Where the target's first pixel lies in the source, and the steps along its row and column.
    let (start, right, down) =
      switch degrees % 360 {
      case 90: (height - 1, from, -1)
      case 180: ((height - 1) * from + width - 1, -1, -from)
      default: ((width - 1) * from, -from, 1)
      }
    // In tiles, so that both pictures stay in the cache.
    for top in stride(from: 0, to: height, by: 32) {
      for left in stride(from: 0, to: width, by: 32) {
        for y in top..<min(top + 32, height) {
          var pixel = source + start + y * down + left * right
          let row = target + y * to
          for x in left..<min(left + 32, width) {
            row[x] = pixel.pointee
            pixel += right
          }
        }
      }
    }
  }
}
