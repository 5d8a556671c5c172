/// A transport stream of one track, as bytes.
struct TransportBytes {
  struct Packet {
    var number: Int
    var time: Double
    /// Of what it carries, in bytes.
    var size: Int
  }

  private let bytes: [UInt8]
  private(set) var packets: [Packet] = []
  /// For each 188 bytes, the number of the packet they belong to; -1 for tables.
  private var owners: [Int] = []
  private static let turn: Int64 = 1 << 33

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    for at in stride(from: 0, to: bytes.count - 187, by: 188) {
      let pid = Int(bytes[at + 1] & 0x1f) << 8 | Int(bytes[at + 2])
      guard pid >= 0x100, pid != 0x1fff, pid != 0x1000 else {
        owners.append(-1)
        continue
      }
      let body = Self.body(bytes, at)
      if bytes[at + 1] & 0x40 != 0 {
        let time = Double(Self.stamp(bytes, body + 9)) / 90_000
        packets.append(
          Packet(
            number: packets.count, time: time, size: at + 188 - body - 9 - Int(bytes[body + 8])))
      } else if !packets.isEmpty {
        packets[packets.count - 1].size += at + 188 - body
      }
      owners.append(packets.count - 1)
    }
  }

  private static func body(_ bytes: [UInt8], _ at: Int) -> Int {
    bytes[at + 3] & 0x20 != 0 ? at + 5 + Int(bytes[at + 4]) : at + 4
  }

  private static func stamp(_ bytes: [UInt8], _ at: Int) -> Int64 {
    let b = bytes[at..<at + 5].map { Int64($0) }
    return (b[0] & 0x0e) << 29 | b[1] << 22 | (b[2] & 0xfe) << 14 | b[3] << 7 | b[4] >> 1
  }

  /// The packets of these numbers, with the tables in front, and `zero` as time zero.
  func cut(to numbers: Set<Int>, from zero: Double) -> [UInt8] {
    var out: [UInt8] = []
    var hasTables = 0
    for (index, owner) in owners.enumerated() {
      let isWanted = numbers.contains(owner) || owner < 0 && hasTables < 3
      guard isWanted else { continue }
      if owner < 0 { hasTables += 1 }
      out += bytes[index * 188..<index * 188 + 188]
    }
    return Self.moved(out, by: -Int64((zero * 90_000).rounded()))
  }

  /// The stream, whose timestamps begin at zero, with them beginning at so many seconds.
  static func moved(_ bytes: [UInt8], to seconds: Double) -> [UInt8] {
    moved(bytes, by: Int64((seconds * 90_000).rounded()))
  }

  private static func moved(_ bytes: [UInt8], by ticks: Int64) -> [UInt8] {
    var out = bytes
    var counters: [Int: UInt8] = [:]
    for at in stride(from: 0, to: bytes.count - 187, by: 188) {
      let pid = Int(bytes[at + 1] & 0x1f) << 8 | Int(bytes[at + 2])
      let counter = counters[pid, default: 0]
      out[at + 3] = bytes[at + 3] & 0xf0 | counter
      if bytes[at + 3] & 0x10 != 0 { counters[pid] = (counter + 1) & 15 }
      if bytes[at + 3] & 0x20 != 0, bytes[at + 4] > 6, bytes[at + 5] & 0x10 != 0 {
        let old =
          bytes[at + 6..<at + 10].reduce(Int64(0)) { $0 << 8 | Int64($1) } << 1
          | Int64(bytes[at + 10] >> 7)
        let new = (old + ticks) & (turn - 1)
        for index in 0..<4 { out[at + 6 + index] = UInt8(new >> (25 - 8 * Int64(index)) & 255) }
        out[at + 10] = UInt8(new & 1) << 7 | bytes[at + 10] & 0x7f
      }
      guard pid >= 0x100, pid != 0x1000, pid != 0x1fff, bytes[at + 1] & 0x40 != 0 else { continue }
      let head = body(bytes, at)
      let stamps = bytes[head + 7] >> 6
      if stamps & 2 != 0 { move(&out, head + 9, ticks) }
      if stamps == 3 { move(&out, head + 14, ticks) }
    }
    return out
  }

  private static func move(_ bytes: inout [UInt8], _ at: Int, _ ticks: Int64) {
    let new = (stamp(bytes, at) + ticks) & (turn - 1)
    bytes[at] = bytes[at] & 0xf1 | UInt8(new >> 29 & 0x0e)
    bytes[at + 1] = UInt8(new >> 22 & 255)
    bytes[at + 2] = UInt8(new >> 14 & 0xfe) | 1
    bytes[at + 3] = UInt8(new >> 7 & 255)
    bytes[at + 4] = UInt8(new << 1 & 0xfe) | 1
  }
}
