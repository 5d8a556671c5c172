/// A box of an MP4 file (ISO 14496-12 §4.2).
indirect enum Box {
  /// What follows its head.
  case leaf(String, [UInt8])
  case parent(String, [Box])
  /// The version and flags of a full box, its other fields, and its entries.
  case table(String, [UInt8], EntryList)
  /// Where chunks begin, counted from a place in the file.
  case offsets(EntryList, from: Int64, areLong: Bool)

  private static let head = 8
  private static let parents: Set<String> = [
    "moov", "trak", "mdia", "minf", "stbl", "moof", "traf",
  ]

  var name: String {
    switch self {
    case .leaf(let name, _), .parent(let name, _), .table(let name, _, _): name
    case .offsets(_, _, let areLong): areLong ? "co64" : "stco"
    }
  }

  /// What follows the head of a leaf.
  var bytes: [UInt8] {
    if case .leaf(_, let bytes) = self { bytes } else { [] }
  }

  var children: [Box] {
    if case .parent(_, let children) = self { children } else { [] }
  }

  subscript(name: String) -> Box? { children.first { $0.name == name } }

  /// In bytes, with the head.
  var size: Int {
    switch self {
    case .leaf(_, let bytes): Self.head + bytes.count
    case .parent(_, let children): children.reduce(Self.head) { $0 + $1.size }
    case .table(_, let fields, let entries): Self.head + fields.count + entries.size
    case .offsets(let entries, _, let areLong):
      Self.head + 8 + Int(entries.count) * (areLong ? 8 : 4)
    }
  }

  /// The boxes that stand in `bytes` one after the other; what has no whole head, or ends behind
  /// the last byte, is left out.
  static func parse(_ bytes: ArraySlice<UInt8>) -> [Box] {
    var boxes: [Box] = []
    var rest = bytes
    while rest.count >= head {
      let size = Int(rest.number(at: 0, bytes: 4))
      guard size >= head, size <= rest.count else { break }
      let name = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
      let content = rest.prefix(size).dropFirst(head)
      boxes.append(
        parents.contains(name) ? .parent(name, parse(content)) : .leaf(name, Array(content)))
      rest = rest.dropFirst(size)
    }
    return boxes
  }

  /// Hands out the bytes of the box, in order.
  func write(_ put: (UnsafeRawBufferPointer) -> Void) {
    func give(_ bytes: [UInt8]) { bytes.withUnsafeBytes(put) }
    give(bigEndian(UInt32(size)) + Array(name.utf8))
    switch self {
    case .leaf(_, let bytes): give(bytes)
    case .parent(_, let children): for child in children { child.write(put) }
    case .table(_, let fields, let entries):
      give(fields)
      entries.forEachStretch(put)
    case .offsets(let entries, let start, let areLong):
      give(bigEndian(UInt32(0)) + bigEndian(entries.count))
      entries.forEachStretch { bytes in
        var found: [UInt8] = []
        for place in stride(from: 0, to: bytes.count, by: 8) {
          let offset = UInt64(start) + bytes[place...].number(at: 0, bytes: 8)
          found += areLong ? bigEndian(offset) : bigEndian(UInt32(offset))
        }
        give(found)
      }
    }
  }
}

/// The bytes of a number, the highest first.
package func bigEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.bigEndian) { Array($0) }
}

extension Collection<UInt8> {
  /// The unsigned number in some bytes behind the first `offset`, the highest first; 0 beyond the
  /// end.
  func number(at offset: Int, bytes: Int) -> UInt64 {
    dropFirst(offset).prefix(bytes).reduce(0) { $0 << 8 | UInt64($1) }
  }
}
