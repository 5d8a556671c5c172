package import Basics
import CLibav
import Glibc

/// A file in MPEG-TS (ISO 13818-1) that is written from the packets of others: only their numbers
/// and times are changed.
package struct TransportFile: ~Copyable {
  /// Pictures are shown so long after the clock of the file says; players fill their buffers then.
  package static let delay: Int64 = 126_000
  /// The clock is so much behind the packets that come with it.
  private static let lead: Int64 = 63_000
  /// Ticks between two readings of the clock, and between two tables: 0.08 and 0.4 s.
  private static let clockPeriod: Int64 = 7200
  private static let tablePeriod: Int64 = 36_000
  private static let size = TransportSlice.packetSize
  private static let mapPID = 0x1000
  private static let firstPID = 0x100

  private let file: LargeFile
  private var chunk: FileChunk
  private let types: [UInt8]
  /// The stream that the clock goes with.
  private let clockStream: Int
  private var counters: [UInt8]
  private var tableCounter: UInt8 = 0
  private var lastClock: Int64?
  private var lastTable: Int64?

  /// Begins a file.
  ///
  /// `types`: of the streams, by ISO 13818-1 table 2-34.
  package init(creating path: String, types: [UInt8]) throws(Failure) {
    let file = try LargeFile(creating: path, isDigested: true)
    chunk = try file.chunk()
    self.file = file
    self.types = types
    clockStream = types.firstIndex { $0 == 0x1b || $0 == 0x24 } ?? 0
    counters = types.map { _ in 0 }
  }

  /// Copies the PES packet that is next in `slice`.
  ///
  /// `pts`, `dts`: when it is shown and decoded, in ticks from the file's zero; those of all
  /// streams come in the order of `dts`.
  package mutating func copy(
    from slice: TransportSlice, stream: Int, pts: Int64, dts: Int64
  ) throws(Failure) {
    try begin(dts)
    var isFirst = true
    let (pid, stamps) = (Self.firstPID + stream, (pts + Self.delay, dts + Self.delay))
    var counter = counters[stream]
    var chunk = chunk
    let file = file
    try slice.takeUnit { (source) throws(Failure) in
      if chunk.count == FileChunk.capacity { chunk = try file.chunk(after: chunk) }
      let packet = chunk.octets + chunk.count
      memcpy(packet, source, Self.size)
      packet[1] = packet[1] & 0xe0 | UInt8(pid >> 8)
      packet[2] = UInt8(pid & 0xff)
      packet[3] = packet[3] & 0xf0 | counter
      if packet[3] & 0x10 != 0 { counter = (counter + 1) & 15 }
      if packet[3] & 0x20 != 0, packet[4] > 0 { Self.dropClock(packet) }
      if isFirst {
        isFirst = false
        let head = packet + TransportSlice.payload(packet)
        let kinds = head[7] >> 6
        Self.put(stamps.0, kinds == 3 ? 0x30 : 0x20, head + 9)
        if kinds == 3 { Self.put(stamps.1, 0x10, head + 14) }
      }
      chunk.count += Self.size
    }
    counters[stream] = counter
    self.chunk = chunk
  }

  /// Writes one frame of sound as a PES packet of its own.
  package mutating func write(_ frame: [UInt8], stream: Int, pts: Int64) throws(Failure) {
    try begin(pts)
    let length = frame.count + 8
    guard length <= 0xffff else { return }
    var bytes: [UInt8] = [0, 0, 1, 0xc0, UInt8(length >> 8), UInt8(length & 0xff), 0x80, 0x80, 5]
    bytes += [0, 0, 0, 0, 0]
    bytes.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { Self.put(pts + Self.delay, 0x20, base + 9) }
    }
    bytes += frame
    var rest = bytes[...]
    var isFirst = true
    while !rest.isEmpty {
      let part = rest.prefix(Self.size - 4)
      let packet = try next(Self.firstPID + stream, counter: counters[stream], isStart: isFirst)
      counters[stream] = (counters[stream] + 1) & 15
      let stuffing = Self.size - 4 - part.count
      if stuffing > 0 {
        packet[3] |= 0x20
        packet[4] = UInt8(stuffing - 1)
        if stuffing > 1 {
          packet[5] = 0
          memset(packet + 6, 0xff, stuffing - 2)
        }
      }
      part.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { memcpy(packet + 4 + stuffing, base, source.count) }
      }
      rest = rest.dropFirst(part.count)
      isFirst = false
    }
  }

  /// Writes what is left, and gives the SHA-256 of the file.
  package consuming func finish() throws(Failure) -> String? {
    file.write(chunk)
    return try file.finish()
  }

  // MARK: Tables and the clock

  private mutating func begin(_ dts: Int64) throws(Failure) {
    if lastTable.map({ dts - $0 >= Self.tablePeriod }) ?? true {
      try writeTables()
      lastTable = dts
    }
    if lastClock.map({ dts - $0 >= Self.clockPeriod }) ?? true {
      try writeClock(max(0, dts + Self.delay - Self.lead))
      lastClock = dts
    }
  }

  /// A packet with nothing in it but the clock.
  private mutating func writeClock(_ ticks: Int64) throws(Failure) {
    // Without a payload the counter stays what it was.
    let packet = try next(
      Self.firstPID + clockStream, counter: (counters[clockStream] + 15) & 15, isStart: false)
    packet[3] = packet[3] & 15 | 0x20
    packet[4] = UInt8(Self.size - 5)
    packet[5] = 0x10
    let base = ticks & (1 << 33 - 1)
    for index in 0..<4 { packet[6 + index] = UInt8(base >> (25 - 8 * Int64(index)) & 0xff) }
    packet[10] = UInt8(base & 1) << 7 | 0x7e
    packet[11] = 0
    memset(packet + 12, 0xff, Self.size - 12)
  }

  private mutating func writeTables() throws(Failure) {
    let programs: [UInt8] = [
      0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | UInt8(Self.mapPID >> 8), UInt8(Self.mapPID & 0xff),
    ]
    try write(table: 0, programs, pid: 0)
    let clockPID = Self.firstPID + clockStream
    var map: [UInt8] = [
      0, 1, 0xc1, 0, 0, 0xe0 | UInt8(clockPID >> 8), UInt8(clockPID & 0xff), 0xf0, 0,
    ]
    for (index, type) in types.enumerated() {
      let pid = Self.firstPID + index
      map += [type, 0xe0 | UInt8(pid >> 8), UInt8(pid & 0xff), 0xf0, 0]
    }
    try write(table: 2, map, pid: Self.mapPID)
    tableCounter = (tableCounter + 1) & 15
  }

  private mutating func write(table: UInt8, _ body: [UInt8], pid: Int) throws(Failure) {
    let length = body.count + 4
    var section = [table, 0xb0 | UInt8(length >> 8), UInt8(length & 0xff)] + body
    let sum = section.withUnsafeBufferPointer {
      av_crc(av_crc_get_table(AV_CRC_32_IEEE), 0xffff_ffff, $0.baseAddress, $0.count)
    }
    // libav keeps the sum with its bytes in the order of the file.
    section += (0..<4).map { UInt8(sum >> ($0 * 8) & 0xff) }
    let packet = try next(pid, counter: tableCounter, isStart: true)
    memset(packet + 4, 0xff, Self.size - 4)
    packet[4] = 0
    section.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { memcpy(packet + 5, base, source.count) }
    }
  }

  // MARK: Packets

  private mutating func next(_ pid: Int, counter: UInt8, isStart: Bool) throws(Failure)
    -> UnsafeMutablePointer<UInt8>
  {
    if chunk.count == FileChunk.capacity { chunk = try file.chunk(after: chunk) }
    let packet = chunk.octets + chunk.count
    chunk.count += Self.size
    packet[0] = 0x47
    packet[1] = (isStart ? 0x40 : 0) | UInt8(pid >> 8)
    packet[2] = UInt8(pid & 0xff)
    packet[3] = 0x10 | counter
    return packet
  }

  /// Takes the clock of another file out of a packet's adaptation field.
  private static func dropClock(_ packet: UnsafeMutablePointer<UInt8>) {
    let length = Int(packet[4])
    guard packet[5] & 0x10 != 0, length >= 7, 5 + length <= size else { return }
    packet[5] &= ~0x10
    memmove(packet + 6, packet + 12, length - 7)
    memset(packet + 5 + length - 6, 0xff, 6)
  }

  private static func put(_ ticks: Int64, _ mark: UInt8, _ bytes: UnsafeMutablePointer<UInt8>) {
    let time = ticks & (1 << 33 - 1)
    bytes[0] = mark | UInt8(time >> 30 & 7) << 1 | 1
    bytes[1] = UInt8(time >> 22 & 0xff)
    bytes[2] = UInt8(time >> 15 & 0x7f) << 1 | 1
    bytes[3] = UInt8(time >> 7 & 0xff)
    bytes[4] = UInt8(time & 0x7f) << 1 | 1
  }
}
