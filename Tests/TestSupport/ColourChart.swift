/// A chart of 64 colours: four steps of red, of green and of blue.
package struct ColourChart: Sendable {
  /// Fields in a row, and rows.
  package static let grid = 8
  /// The sides of a field in pixels.
  private static let side = 32
  /// By how much of 255 a colour may be another after two rounded conversions.
  package static let tolerance = 3.0

  package init() {}

  private var colours: [[Double]] {
    let steps = [0.0, 85, 170, 255]
    return steps.flatMap { red in steps.flatMap { green in steps.map { [red, green, $0] } } }
  }

  /// Encodes the chart without loss, but for what the format itself cannot say.
  ///
  /// `matrix`, `range` and `format` are libav's names; `isTagged` says whether the file tells them.
  package func make(
    at path: String, matrix: String, range: String = "tv", format: String, isTagged: Bool = true
  ) throws {
    let field = "(trunc(Y/\(Self.side))*\(Self.grid)+trunc(X/\(Self.side)))"
    func channel(_ divisor: Int) -> String { "mod(trunc(\(field)/\(divisor)),4)*85" }
    let size = Self.grid * Self.side
    let tags = [
      "-colorspace", matrix == "bt601" ? "smpte170m" : matrix, "-color_range", range,
    ]
    try output(
      of: "ffmpeg",
      [
        "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
        "color=s=\(size)x\(size):r=5:d=1,format=gbrp,"
          + "geq=r='\(channel(16))':g='\(channel(4))':b='\(channel(1))',"
          + "scale=flags=full_chroma_int+accurate_rnd:out_color_matrix=\(matrix):out_range=\(range),"
          + "format=\(format)", "-c:v", "libx264", "-qp", "0",
      ] + (isTagged ? tags : []) + [path])
  }

  /// The largest difference of a channel of a field; `found` has red, green and blue of each, row by
  /// row.
  package func worst(_ found: [[Double]]) -> Double {
    guard found.count == colours.count else { return .infinity }
    return zip(found, colours).flatMap { zip($0, $1).map { abs($0 - $1) } }.max() ?? .infinity
  }

  /// The mean colours of the middles of a picture's fields, as the `ffmpeg` program decodes it.
  package func read(_ path: String) throws -> [[Double]] {
    let child = try ChildProcess(
      "ffmpeg",
      [
        "-nostdin", "-v", "error", "-i", path, "-vf",
        "scale=flags=full_chroma_int+full_chroma_inp+accurate_rnd", "-pix_fmt", "rgb24", "-f",
        "rawvideo", "pipe:1",
      ])
    _ = try child.wait(seconds: 60)
    let bytes = child.standardOutputBytes
    let size = Self.grid * Self.side
    guard bytes.count == size * size * 3 else { return [] }
    return (0..<Self.grid * Self.grid).map { field in
      let (left, top) = (field % Self.grid * Self.side, field / Self.grid * Self.side)
      let middle = Self.side / 4..<Self.side * 3 / 4
      var sums = [0.0, 0, 0]
      for y in middle {
        for x in middle {
          let place = ((top + y) * size + left + x) * 3
          for channel in 0..<3 { sums[channel] += Double(bytes[place + channel]) }
        }
      }
      return sums.map { $0 / Double(middle.count * middle.count) }
    }
  }
}
