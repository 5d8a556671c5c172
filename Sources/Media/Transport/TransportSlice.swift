package import Basics
import CLibav
import Glibc

/// One stream of a file in MPEG-TS (ISO 13818-1), packet by packet as it lies there.
///
/// For files that are as plain as recorders write them: everything else is refused, as damaged
/// data, and must be read by a `Demuxer`.
package final class TransportSlice {
  /// Where the next PES packet lies in time, in ticks of 90 kHz as they are written.
  package struct Unit: Hashable, Sendable {
    package var pts: Int64
    package var dts: Int64
  }

  static let packetSize = 188
  // As much as the processor keeps at hand.
  private static let capacity = packetSize * 1024

  private let path: String
  private let file: Int32
  private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
  private var position = 0
  private var filled = 0
  /// Of the elementary stream; -1 before the tables have been read.
  private var pid = -1
  private var lastCounter: UInt8 = 0xff
  /// By ISO 13818-1 table 2-34: 0x1b is H.264.
  package private(set) var streamType: UInt8 = 0

  /// `isVideo`: which stream of the file counts.
  package init(_ path: String, isVideo: Bool) throws(Failure) {
    self.path = path
    file = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw Failure(path, cannot: "open", String(cString: strerror(errno)), .noInput)
    }
    try findStream(isVideo: isVideo)
  }

  deinit {
    if file >= 0 { close(file) }
    buffer.deallocate()
  }

  /// Reads on to the next PES packet; nil at the end.
  package func next() throws(Failure) -> Unit? {
    while let packet = try peek() {
      if Self.identifier(packet) == pid, packet[1] & 0x40 != 0 { return try unit(packet) }
      position += Self.packetSize
    }
    return nil
  }

  /// Hands over the packets of the PES packet that `next` found, each once.
  func takeUnit(_ body: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void) throws(Failure) {
    let pid = pid
    var counter = lastCounter
    defer { lastCounter = counter }
    var isFirst = true
    while try fill() {
      // The packets at hand are walked through without looking after what belongs to the class.
      let (packets, end) = (buffer, filled - Self.packetSize)
      var place = position
      defer { position = place }
      while place <= end {
        let packet = packets + place
        guard Self.isPlain(packet) else { throw damage }
        if Self.identifier(packet) == pid {
          if !isFirst, packet[1] & 0x40 != 0 { return }
          let isRepeated = packet[3] & 0x10 != 0 && packet[3] & 15 == counter && !isFirst
          if packet[3] & 0x10 != 0 { counter = packet[3] & 15 }
          if !isRepeated { try body(packet) }
          isFirst = false
        }
        place += Self.packetSize
      }
    }
  }

  /// Where the payload of a packet begins; `packetSize` where it has none.
  static func payload(_ packet: UnsafeMutablePointer<UInt8>) -> Int {
    guard packet[3] & 0x10 != 0 else { return packetSize }
    return packet[3] & 0x20 != 0 ? min(packetSize, 5 + Int(packet[4])) : 4
  }

  /// The next packet; it stays where it is until `position` moves.
  private func peek() throws(Failure) -> UnsafeMutablePointer<UInt8>? {
    guard try fill() else { return nil }
    let packet = buffer + position
    guard Self.isPlain(packet) else { throw damage }
    return packet
  }

  /// Sees to it that there is a whole packet at `position`; false at the end.
  private func fill() throws(Failure) -> Bool {
    guard position + Self.packetSize > filled else { return true }
    memmove(buffer, buffer + position, filled - position)
    filled -= position
    position = 0
    while filled < Self.packetSize {
      let count = read(file, buffer + filled, Self.capacity - filled)
      if count < 0, errno == EINTR { continue }
      if count < 0 {
        throw Failure(path, cannot: "read", String(cString: strerror(errno)), .data)
      }
      // Part of a packet at the end belongs to a recorder that was stopped.
      if count == 0 { return false }
      filled += count
    }
    return true
  }

  /// Whether it begins as a packet does that is neither damaged nor scrambled.
  private static func isPlain(_ packet: UnsafeMutablePointer<UInt8>) -> Bool {
    packet[0] == 0x47 && packet[1] & 0x80 == 0 && packet[3] & 0xc0 == 0
  }

  private var damage: Failure { Failure(path, cannot: "join", "it is damaged", .data) }

  private static func identifier(_ packet: UnsafeMutablePointer<UInt8>) -> Int {
    Int(packet[1] & 0x1f) << 8 | Int(packet[2])
  }

  private func unit(_ packet: UnsafeMutablePointer<UInt8>) throws(Failure) -> Unit {
    let head = Self.payload(packet)
    guard head + 14 <= Self.packetSize, packet[head] == 0, packet[head + 1] == 0,
      packet[head + 2] == 1, packet[head + 6] & 0xc0 == 0x80, packet[head + 7] & 0x80 != 0
    else { throw Failure(path, cannot: "join", "a packet has no timestamp", .data) }
    let pts = Self.stamp(packet + head + 9)
    let hasDTS = packet[head + 7] & 0x40 != 0
    guard !hasDTS || head + 19 <= Self.packetSize else {
      throw Failure(path, cannot: "join", "a packet's head is cut", .data)
    }
    return Unit(pts: pts, dts: hasDTS ? Self.stamp(packet + head + 14) : pts)
  }

  private static func stamp(_ bytes: UnsafeMutablePointer<UInt8>) -> Int64 {
    let high = Int64(bytes[0] & 0x0e) << 29 | Int64(bytes[1]) << 22
    return high | Int64(bytes[2] & 0xfe) << 14 | Int64(bytes[3]) << 7 | Int64(bytes[4]) >> 1
  }

  /// Finds the stream in the tables, which stand in front.
  private func findStream(isVideo: Bool) throws(Failure) {
    let wanted: Set<UInt8> = isVideo ? [0x1b, 0x24] : [0x0f, 0x03, 0x04]
    var map = -1
    for _ in 0..<64 {
      guard let packet = try peek() else { break }
      let table = Self.payload(packet) + 1
      let isStart = packet[1] & 0x40 != 0 && table + 12 < Self.packetSize && packet[table - 1] == 0
      if isStart, Self.identifier(packet) == 0, packet[table] == 0 {
        map = Int(packet[table + 10] & 0x1f) << 8 | Int(packet[table + 11])
      } else if isStart, Self.identifier(packet) == map, packet[table] == 2 {
        let end = min(
          Self.packetSize, table + 3 + (Int(packet[table + 1] & 15) << 8 | Int(packet[table + 2])))
        var at = table + 12 + (Int(packet[table + 10] & 15) << 8 | Int(packet[table + 11]))
        while at + 5 <= end - 4 {
          if wanted.contains(packet[at]), pid < 0 {
            streamType = packet[at]
            pid = Int(packet[at + 1] & 0x1f) << 8 | Int(packet[at + 2])
          }
          at += 5 + (Int(packet[at + 3] & 15) << 8 | Int(packet[at + 4]))
        }
        if pid >= 0 { return }
      }
      position += Self.packetSize
    }
    throw Failure(path, cannot: "join", "it has no plain tables", .data)
  }
}
