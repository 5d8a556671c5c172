import Basics
import Media

/// The highest and lowest sample of each column of a picture of the sound.
struct Waveform: Sendable {
  private static let width = 1800
  private static let height = 280
  private let length: Int64
  private var columns: [(low: Float, high: Float)]

  /// `length`: in samples.
  init(length: Int64) {
    self.length = max(1, length)
    columns = Array(repeating: (0, 0), count: Self.width)
  }

  /// `core`: what counts of `sound`.
  mutating func add(_ sound: borrowing SoundBuffer, at position: Int64, within core: Range<Int64>) {
    var start = max(position, core.lowerBound)
    let end = min(position + Int64(sound.count), core.upperBound)
    while start < end {
      let column = Int(start * Int64(Self.width) / length)
      guard column < Self.width else { return }
      let next = (Int64(column + 1) * length + Int64(Self.width) - 1) / Int64(Self.width)
      let stop = min(end, max(start + 1, next))
      for channel in 0..<sound.channels {
        sound.withSamples(channel) { samples in
          for index in Int(start - position)..<Int(stop - position) {
            columns[column].low = min(columns[column].low, samples[index])
            columns[column].high = max(columns[column].high, samples[index])
          }
        }
      }
      start = stop
    }
  }

  /// The picture as PNG: dark on white.
  func png() throws(Failure) -> [UInt8] {
    var rows = [[UInt8]](
      repeating: [UInt8](repeating: 255, count: Self.width), count: Self.height)
    let middle = Float(Self.height - 1) / 2
    for (x, column) in columns.enumerated() {
      let top = Int((middle - min(1, column.high) * middle).rounded())
      let bottom = Int((middle - max(-1, column.low) * middle).rounded())
      for y in max(0, top)...min(Self.height - 1, max(top, bottom)) { rows[y][x] = 40 }
    }
    return try greyPNG(rows)
  }
}
