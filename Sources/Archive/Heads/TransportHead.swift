import Basics
import Posix
import Slices

/// Reads the head of an MPEG transport stream (ISO 13818-1) of 188-byte packets.
enum TransportHead {
  static func read(_ file: borrowing FileReader, kind: TrackKind) throws(Failure) -> SliceHead? {
    // Pictures may be shown before one that is no key picture, though they come after it.
    guard let front = try Front.read(file, kind: kind), front.codec.startsWithKeyFrame else {
      return nil
    }
    var head = SliceHead(
      first: MediaTime(ticks: front.start, of: .mpeg), slack: .zero ... .zero,
      startsWithKeyFrame: true, signature: front.codec.signature,
      isTruncated: file.size % Int64(TransportScan.packet) != 0)
    try readEnd(&head, file, front)
    return head
  }

  /// What tells the parameters of the track; nil where only a demuxer can.
  static func signature(_ file: borrowing FileReader, kind: TrackKind) throws(Failure) -> [UInt8]? {
    try Front.read(file, kind: kind)?.codec.signature
  }

  /// The first packet of the track.
  private struct Front {
    var pid: Int
    var kind: TrackKind
    var start: Int64
    var codec: TransportCodec

    static func read(_ file: borrowing FileReader, kind: TrackKind) throws(Failure) -> Front? {
      // Beside pictures, sound comes rarely.
      for size in [1 << 12, 1 << 14, 1 << 17, 1 << 20] {
        let bytes = try file.read(at: 0, count: size)
        var scan = TransportScan(kind: kind)
        // The second start tells that the first packet is there as a whole.
        scan.read(bytes, upTo: 2)
        if let start = scan.starts.first, let stream = scan.stream, let pid = scan.pid,
          let codec = TransportCodec(stream, payload: scan.payload(0, in: bytes))
        {
          return Front(pid: pid, kind: kind, start: start.ticks, codec: codec)
        }
        if scan.starts.count > 1 || bytes.count < size { return nil }
      }
      return nil
    }
  }

  private static func readEnd(
    _ head: inout SliceHead, _ file: borrowing FileReader, _ front: Front
  ) throws(Failure) {
    let packet = Int64(TransportScan.packet)
    for size in [Int64(1 << 14), 1 << 18, 1 << 20] {
      let whole = file.size / packet * packet
      let offset = max(0, whole - size / packet * packet)
      let bytes = try file.read(at: offset, count: Int(whole - offset))
      var scan = TransportScan(kind: front.kind, pid: front.pid)
      scan.read(bytes)
      let times = scan.starts.map { start in
        // Whatever is half a turn ahead is behind.
        let turn: Int64 = 1 << 33
        let ahead = (start.ticks - front.start) & (turn - 1)
        return MediaTime(ticks: ahead > turn / 2 ? ahead - turn : ahead, of: .mpeg)
      }.sorted()
      let payload = scan.payload(scan.starts.count - 1, in: bytes)
      if let last = times.last, let length = front.codec.length(ofLast: payload, times) {
        head.end = head.first + last + length.shortest
        head.slack = .zero - length.tolerance...length.tolerance
        return
      }
      if offset == 0 { return }
    }
  }
}

/// One elementary stream of a program.
struct TransportStream: Hashable {
  var type: UInt8
  var descriptors: [UInt8]

  var kind: TrackKind? {
    switch type {
    case 0x03, 0x04, 0x0f, 0x11, 0x81, 0x87: .audio
    case 0x01, 0x02, 0x10, 0x1b, 0x24: .video
    case 0x06 where has("Opus") || has("AC-3") || has("EAC3"): .audio
    case 0x06 where has("AV01"): .video
    default: nil
    }
  }

  /// Whether a registration descriptor names the format.
  func has(_ format: String) -> Bool {
    let wanted = [5, 4] + Array(format.utf8)
    return descriptors.indices.contains { descriptors[$0...].starts(with: wanted) }
  }
}

/// Finds the packets of a program's first track of a kind.
struct TransportScan {
  static let packet = 188

  /// Where a picture or a stretch of sound begins.
  struct Start {
    /// When it is presented, in ticks of 90 kHz.
    var ticks: Int64
    /// Where its transport packet lies in the bytes that were read.
    var offset: Int
  }

  let kind: TrackKind
  private(set) var pid: Int?
  private(set) var stream: TransportStream?
  /// In the order of the file.
  private(set) var starts: [Start] = []
  private var mapPID: Int?

  init(kind: TrackKind, pid: Int? = nil) {
    self.kind = kind
    self.pid = pid
  }

  /// Reads whole packets until there are so many starts; at a byte that is out of step it ends.
  mutating func read(_ bytes: [UInt8], upTo count: Int = .max) {
    var offset = 0
    while offset + Self.packet <= bytes.count, bytes[offset] == 0x47, starts.count < count {
      let number = Self.pid(bytes, offset)
      if number == pid {
        if bytes[offset + 1] & 0x40 != 0 { takeStart(bytes, offset) }
      } else if number == 0 || number == mapPID, pid == nil, bytes[offset + 1] & 0x40 != 0 {
        let table = Self.section(bytes[Self.body(bytes, offset)])
        if number == mapPID { takeMap(table) } else if mapPID == nil { takePrograms(table) }
      }
      offset += Self.packet
    }
  }

  /// The first bytes of the stretch that begins with a start, of those that were read.
  func payload(_ index: Int, in bytes: [UInt8]) -> [UInt8] {
    guard starts.indices.contains(index) else { return [] }
    var offset = starts[index].offset
    let first = Self.body(bytes, offset)
    var payload = Array(bytes[first].dropFirst(9 + Int(bytes[first.lowerBound + 8])))
    while payload.count < Self.keptPayload {
      offset += Self.packet
      guard offset + Self.packet <= bytes.count, bytes[offset] == 0x47 else { break }
      guard Self.pid(bytes, offset) == pid else { continue }
      if bytes[offset + 1] & 0x40 != 0 { break }
      payload += bytes[Self.body(bytes, offset)]
    }
    return payload
  }

  private static let keptPayload = 1 << 13

  private static func pid(_ bytes: [UInt8], _ at: Int) -> Int {
    Int(bytes[at + 1] & 0x1f) << 8 | Int(bytes[at + 2])
  }

  /// Where a packet's payload lies.
  private static func body(_ bytes: [UInt8], _ at: Int) -> Range<Int> {
    let end = at + packet
    guard bytes[at + 3] & 0x10 != 0 else { return end..<end }
    guard bytes[at + 3] & 0x20 != 0 else { return at + 4..<end }
    return min(end, at + 5 + Int(bytes[at + 4]))..<end
  }

  private mutating func takeStart(_ bytes: [UInt8], _ offset: Int) {
    let body = Self.body(bytes, offset)
    let at = body.lowerBound
    guard body.count >= 14, bytes[at] == 0, bytes[at + 1] == 0, bytes[at + 2] == 1,
      bytes[at + 7] & 0x80 != 0
    else { return }
    func byte(_ index: Int) -> Int64 { Int64(bytes[at + index]) }
    let high = (byte(9) & 0x0e) << 29 | byte(10) << 22 | (byte(11) & 0xfe) << 14
    starts.append(Start(ticks: high | byte(12) << 7 | byte(13) >> 1, offset: offset))
  }

  /// What follows the pointer to a table's start, without its check sum.
  private static func section(_ body: ArraySlice<UInt8>) -> [UInt8] {
    let table = Array(body.dropFirst(1 + Int(body.first ?? 0)))
    guard table.count > 3 else { return [] }
    let length = Int(table[1] & 0x0f) << 8 | Int(table[2])
    return Array(table.prefix(max(0, 3 + length - 4)))
  }

  private mutating func takePrograms(_ table: [UInt8]) {
    var at = 8
    while at + 4 <= table.count {
      if table[at] != 0 || table[at + 1] != 0 {
        mapPID = Int(table[at + 2] & 0x1f) << 8 | Int(table[at + 3])
        return
      }
      at += 4
    }
  }

  private mutating func takeMap(_ table: [UInt8]) {
    guard table.count > 12 else { return }
    var at = 12 + (Int(table[10] & 0x0f) << 8 | Int(table[11]))
    while at + 5 <= table.count {
      let length = Int(table[at + 3] & 0x0f) << 8 | Int(table[at + 4])
      let found = TransportStream(
        type: table[at], descriptors: Array(table[(at + 5)...].prefix(length)))
      if found.kind == kind {
        pid = Int(table[at + 1] & 0x1f) << 8 | Int(table[at + 2])
        stream = found
        return
      }
      at += 5 + length
    }
  }
}
