/// Takes an MP4 file that comes in pieces apart: the boxes as wholes, the data as they come.
struct BoxReader {
  enum Piece {
    /// What there was belongs to something that goes on.
    case more
    case box(Box, size: Int)
    case damaged
    /// What comes next is data.
    case dataBegin
    case data(Slice<UnsafeBufferPointer<UInt8>>)
  }

  private var gathered: [UInt8] = []
  /// Bytes of the data box that have not come yet.
  private var data = 0

  /// Takes the next piece from `bytes`, which is not empty.
  mutating func next(_ bytes: inout Slice<UnsafeBufferPointer<UInt8>>) -> Piece {
    if data > 0 {
      let part = bytes.prefix(data)
      bytes = bytes.dropFirst(part.count)
      data -= part.count
      return .data(part)
    }
    take(8, &bytes)
    guard gathered.count >= 8 else { return .more }
    let size = Int(gathered.number(at: 0, bytes: 4))
    if gathered[4..<8].elementsEqual("mdat".utf8) {
      gathered = []
      data = max(0, size - 8)
      return .dataBegin
    }
    take(size, &bytes)
    guard gathered.count >= size else { return .more }
    defer { gathered = [] }
    return Box.parse(gathered[...]).first.map { .box($0, size: size) } ?? .damaged
  }

  /// Gathers until there are `count`.
  private mutating func take(_ count: Int, _ bytes: inout Slice<UnsafeBufferPointer<UInt8>>) {
    let part = bytes.prefix(max(0, count - gathered.count))
    gathered += part
    bytes = bytes.dropFirst(part.count)
  }
}
