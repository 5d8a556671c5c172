import Basics
import CLibav

/// How often the colours of pictures occur, so that the best few can be chosen to stand for all.
///
/// Colours are told apart by the upper six bits of red, green and blue.
package struct ColourCount: ~Copyable {
  private var counts = [UInt32](repeating: 0, count: 1 << 18)

  package init() {}

  /// Counts the colours of a full-range 4:2:0 picture.
  package mutating func add(_ picture: borrowing Frame) {
    picture.forEachColour { _, _, colour in
      if counts[colour.cell] < .max { counts[colour.cell] += 1 }
    }
  }

  /// At most 255 colours that stand for all with little error: a box of all colours is cut in two
  /// where they differ most, and so on.
  package func table() -> ColourTable {
    let counts = counts
    var boxes = [Box(counts.indices.filter { counts[$0] > 0 }.map { ($0, counts[$0]) })]
    while boxes.count < ColourTable.unchanged {
      guard let worst = boxes.indices.max(by: { boxes[$0].error < boxes[$1].error }),
        let (low, high) = boxes[worst].halves
      else { break }
      boxes[worst] = low
      boxes.append(high)
    }
    return ColourTable(boxes.filter { !$0.cells.isEmpty }.map(\.mean))
  }

  /// Colours that one stands for.
  private struct Box {
    let cells: [(cell: Int, count: UInt32)]
    let mean: Colour
    /// The sum of the squared distances from the mean.
    let error: Double
    /// The channel in which they differ most, and its mean.
    private let widest: (shift: Int, mean: Double)

    init(_ cells: [(Int, UInt32)]) {
      self.cells = cells
      var weight = 0.0
      var sums = (0.0, 0.0, 0.0)
      var squares = (0.0, 0.0, 0.0)
      for (cell, count) in cells {
        let count = Double(count)
        let (r, g, b) = (Double(cell >> 12), Double(cell >> 6 & 63), Double(cell & 63))
        weight += count
        sums = (sums.0 + r * count, sums.1 + g * count, sums.2 + b * count)
        squares = (
          squares.0 + r * r * count, squares.1 + g * g * count, squares.2 + b * b * count
        )
      }
      let all = max(1, weight)
      let means = (sums.0 / all, sums.1 / all, sums.2 / all)
      let errors = [
        squares.0 - sums.0 * means.0, squares.1 - sums.1 * means.1, squares.2 - sums.2 * means.2,
      ]
      error = cells.count > 1 ? errors.reduce(0, +) : 0
      mean = Colour(cell: means)
      let index = errors.indices.max { errors[$0] < errors[$1] } ?? 0
      widest = (12 - 6 * index, [means.0, means.1, means.2][index])
    }

    /// Nil where it is one colour.
    var halves: (Box, Box)? {
      let low = cells.filter { Double($0.cell >> widest.shift & 63) <= widest.mean }
      guard low.count < cells.count, !low.isEmpty else { return nil }
      let high = cells.filter { Double($0.cell >> widest.shift & 63) > widest.mean }
      return (Box(low), Box(high))
    }
  }
}

/// A few colours that stand for all others.
package struct ColourTable {
  private let colours: [Colour]
  /// The nearest colour of each cell, as far as it has been looked for.
  private var nearest: [UInt16]

  /// What no colour has: it stays as in the picture before.
  fileprivate static let unchanged = 255

  fileprivate init(_ colours: [Colour]) {
    self.colours = Array(colours.prefix(Self.unchanged))
    nearest = [UInt16](repeating: .max, count: 1 << 18)
  }

  /// The picture in these colours, as encoders of GIF take it.
  ///
  /// Colours between two of the table become a pattern of both, the same in each picture.
  ///
  /// `picture`: full-range 4:2:0.
  package mutating func picture(of picture: borrowing Frame) -> Frame {
    let frame = Frame()
    frame.raw.pointee.width = picture.raw.pointee.width
    frame.raw.pointee.height = picture.raw.pointee.height
    frame.raw.pointee.format = AV_PIX_FMT_PAL8.rawValue
    let result = av_frame_get_buffer(frame.raw, 0)
    precondition(result >= 0, "out of memory")
    guard let (base, stride) = frame.plane(0), let (palette, _) = frame.plane(1) else {
      return frame
    }
    palette.withMemoryRebound(to: UInt32.self, capacity: 256) { entries in
      for index in 0..<256 {
        entries[index] = index < colours.count ? colours[index].argb : 0xff00_0000
      }
      entries[Self.unchanged] = 0
    }
    picture.forEachColour { x, y, colour in
      var index = nearest(to: colour)
      if colour.distance(to: colours[index]) > Self.invisible {
        index = nearest(to: colour.brighter(by: Self.pattern[(y & 7) * 8 + x & 7]))
      }
      base[y * stride + x] = UInt8(index)
    }
    return frame
  }

  /// A distance that nobody sees.
  private static let invisible = 3 * 4 * 4

  /// Bayer's ordered dither, from -16 to 15: it stands still where the picture does.
  private static let pattern: [Int] = (0..<64).map { place in
    let (x, y) = (place & 7, place >> 3)
    let mixed = x ^ y
    let bits = [mixed & 1, y & 1, mixed >> 1 & 1, y >> 1 & 1, mixed >> 2 & 1, y >> 2 & 1]
    return bits.reduce(0) { $0 * 2 + $1 } / 2 - 16
  }

  private mutating func nearest(to colour: Colour) -> Int {
    let cell = colour.cell
    if nearest[cell] != .max { return Int(nearest[cell]) }
    let wanted = Colour(cell: (Double(cell >> 12), Double(cell >> 6 & 63), Double(cell & 63)))
    let found =
      colours.indices.min { colours[$0].distance(to: wanted) < colours[$1].distance(to: wanted) }
      ?? 0
    nearest[cell] = UInt16(found)
    return found
  }
}

/// A colour of 8 bits a channel.
private struct Colour {
  var (red, green, blue): (Int, Int, Int)

  /// A colour of full-range BT.601.
  init(luma: UInt8, u: UInt8, v: UInt8) {
    let (y, u, v) = (Int(luma) << 16, Int(u) - 128, Int(v) - 128)
    func clamped(_ value: Int) -> Int { max(0, min(255, (value + 1 << 15) >> 16)) }
    red = clamped(y + 91_881 * v)
    green = clamped(y - 22_554 * u - 46_802 * v)
    blue = clamped(y + 116_130 * u)
  }

  /// A colour of 6 bits a channel.
  init(cell: (Double, Double, Double)) {
    func wide(_ value: Double) -> Int { Int((value * 255 / 63).rounded()) }
    (red, green, blue) = (wide(cell.0), wide(cell.1), wide(cell.2))
  }

  var cell: Int { (red >> 2) << 12 | (green >> 2) << 6 | blue >> 2 }
  var argb: UInt32 { 0xff00_0000 | UInt32(red << 16 | green << 8 | blue) }

  func brighter(by amount: Int) -> Colour {
    func moved(_ value: Int) -> Int { max(0, min(255, value + amount)) }
    var other = self
    (other.red, other.green, other.blue) = (moved(red), moved(green), moved(blue))
    return other
  }

  func distance(to other: Colour) -> Int {
    let (r, g, b) = (red - other.red, green - other.green, blue - other.blue)
    return r * r + g * g + b * b
  }
}

extension Frame {
  /// The colours of a full-range 4:2:0 picture, pixel by pixel.
  fileprivate func forEachColour(_ body: (_ x: Int, _ y: Int, Colour) -> Void) {
    guard let luma = plane(0), let u = plane(1), let v = plane(2) else { return }
    for y in 0..<size.height {
      let row = luma.base + y * luma.stride
      let (us, vs) = (u.base + y / 2 * u.stride, v.base + y / 2 * v.stride)
      for x in 0..<size.width { body(x, y, Colour(luma: row[x], u: us[x / 2], v: vs[x / 2])) }
    }
  }
}
