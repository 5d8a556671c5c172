import Basics
import Posix
import Slices

/// Reads the head of an MPEG transport stream (ISO 13818-1) of 188-byte packets.
enum TransportHead {
  static func read(_ file: borrowing FileReader, kind: TrackKind) throws(Failure) -> SliceHead? {
    for size in [1 << 14, 1 << 17] {
      let bytes = try file.read(at: 0, count: size)
      var scan = TransportScan(kind: kind)
      scan.read(bytes)
      guard let start = scan.starts.first, let stream = scan.stream else {
        if bytes.count < size { return nil }
        continue
      }
      guard let codec = TransportCodec(stream, payload: scan.payload) else { return nil }
      // Pictures that are shown before the first one of the file come after it.
      guard codec.startsWithKeyFrame else { return nil }
      var head = SliceHead(
        first: MediaTime(ticks: start, of: .mpeg), slack: .zero ... .zero,
        startsWithKeyFrame: true, signature: codec.signature,
        isTruncated: file.size % TransportScan.packet != 0)
      try readEnd(&head, file, scan, codec)
      return head
    }
    return nil
  }

  private static func readEnd(
    _ head: inout SliceHead, _ file: borrowing FileReader, _ front: TransportScan,
    _ codec: TransportCodec
  ) throws(Failure) {
    guard let first = front.starts.first else { return }
    for size in [Int64(1 << 14), 1 << 18] {
      let whole = file.size / TransportScan.packet * TransportScan.packet
      let offset = max(0, whole - size / TransportScan.packet * TransportScan.packet)
      var scan = TransportScan(kind: front.kind, pid: front.pid)
      scan.keepsLast = true
      scan.read(try file.read(at: offset, count: Int(whole - offset)))
      let times = scan.starts.map { ticks in
        // Whatever is half a turn ahead is behind.
        let turn: Int64 = 1 << 33
        let ahead = (ticks - first) & (turn - 1)
        return MediaTime(ticks: ahead > turn / 2 ? ahead - turn : ahead, of: .mpeg)
      }.sorted()
      if let last = times.last, let length = codec.length(ofLast: scan.payload, times) {
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
  static let packet: Int64 = 188

  let kind: TrackKind
  private(set) var pid: Int?
  private(set) var stream: TransportStream?
  /// When pictures or stretches of sound are presented, in the order of the file.
  private(set) var starts: [Int64] = []
  /// The first bytes of the first one, or of the last.
  private(set) var payload: [UInt8] = []
  var keepsLast = false

  private var mapPID: Int?
  private static let keptPayload = 1 << 13

  init(kind: TrackKind, pid: Int? = nil) {
    self.kind = kind
    self.pid = pid
  }

  /// Reads whole packets; at a byte that is out of step it ends.
  mutating func read(_ bytes: [UInt8]) {
    var offset = 0
    while offset + Int(Self.packet) <= bytes.count, bytes[offset] == 0x47 {
      take(bytes[offset..<offset + Int(Self.packet)])
      offset += Int(Self.packet)
    }
  }

  private mutating func take(_ packet: ArraySlice<UInt8>) {
    let at = packet.startIndex
    let number = Int(packet[at + 1] & 0x1f) << 8 | Int(packet[at + 2])
    let isStart = packet[at + 1] & 0x40 != 0
    var body = packet.dropFirst(4)
    if packet[at + 3] & 0x20 != 0 { body = body.dropFirst(1 + Int(body.first ?? 0)) }
    guard packet[at + 3] & 0x10 != 0, !body.isEmpty else { return }
    if number == pid {
      takeMedia(body, isStart: isStart)
    } else if number == 0, isStart, mapPID == nil, pid == nil {
      takePrograms(section(body))
    } else if number == mapPID, isStart, pid == nil {
      takeMap(section(body))
    }
  }

  /// What follows the pointer to a table's start, without its check sum.
  private func section(_ body: ArraySlice<UInt8>) -> [UInt8] {
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

  private mutating func takeMedia(_ body: ArraySlice<UInt8>, isStart: Bool) {
    let at = body.startIndex
    guard isStart else {
      if !starts.isEmpty, keepsLast || starts.count == 1, payload.count < Self.keptPayload {
        payload += body
      }
      return
    }
    guard body.count >= 14, body.starts(with: [0, 0, 1]), body[at + 7] & 0x80 != 0 else { return }
    let b = body.dropFirst(9).prefix(5).map(Int64.init)
    starts.append(
      (b[0] & 0x0e) << 29 | b[1] << 22 | (b[2] & 0xfe) << 14 | b[3] << 7 | b[4] >> 1)
    if keepsLast || starts.count == 1 {
      payload = Array(body.dropFirst(9 + Int(body[at + 8])))
    }
  }
}
