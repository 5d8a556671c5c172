/// A WebM file of one track, as bytes.
struct MatroskaBytes {
  private(set) var packets: [SlicePacket] = []
  /// The element that describes the track.
  private(set) var tracks: [UInt8] = []

  init(_ bytes: [UInt8]) {
    var time: Int64 = 0
    read(bytes[...], &time)
  }

  private mutating func read(_ bytes: ArraySlice<UInt8>, _ time: inout Int64) {
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let start = at
      let id = Self.number(bytes, &at, keepsMarker: true)
      let size = Int(clamping: Self.number(bytes, &at, keepsMarker: false))
      let end = min(bytes.endIndex, at + min(size, bytes.endIndex - at))
      let body = bytes[at..<end]
      switch id {
      case 0x1853_8067, 0x1f43_b675: read(body, &time)
      case 0x1654_ae6b: tracks = Array(bytes[start..<end])
      case 0xe7: time = body.reduce(0) { $0 << 8 | Int64($1) }
      case 0xa3: take(body, time)
      case 0xa0:
        var inner = body.startIndex
        while inner < body.endIndex {
          let id = Self.number(body, &inner, keepsMarker: true)
          let size = Int(clamping: Self.number(body, &inner, keepsMarker: false))
          if id == 0xa1 { take(body[inner..<inner + size], time) }
          inner += size
        }
      default: break
      }
      at = end
    }
  }

  private mutating func take(_ block: ArraySlice<UInt8>, _ time: Int64) {
    let at = block.startIndex
    let offset = Int16(bitPattern: UInt16(block[at + 1]) << 8 | UInt16(block[at + 2]))
    packets.append(
      SlicePacket(
        time: Double(time + Int64(offset)) / 1000, isKey: block[at + 3] & 0x80 != 0,
        payload: Array(block.dropFirst(4))))
  }

  private static func number(_ bytes: ArraySlice<UInt8>, _ at: inout Int, keepsMarker: Bool)
    -> UInt64
  {
    guard at < bytes.endIndex else { return 0 }
    let width = min(8, bytes[at].leadingZeroBitCount + 1)
    var value = UInt64(keepsMarker ? bytes[at] : bytes[at] & UInt8(0xff >> width))
    for byte in bytes[(at + 1)...].prefix(width - 1) { value = value << 8 | UInt64(byte) }
    at += width
    return value
  }

  /// A file of these packets, whose times begin at zero, from `start` on, in clusters of a second.
  static func file(
    _ tracks: [UInt8], _ packets: [SlicePacket], from start: Double, seconds: Double
  ) -> [UInt8] {
    let head =
      element([0x42, 0x86], [1]) + element([0x42, 0xf7], [1]) + element([0x42, 0xf2], [4])
      + element([0x42, 0xf3], [8]) + element([0x42, 0x82], Array("webm".utf8))
      + element([0x42, 0x87], [4]) + element([0x42, 0x85], [2])
    let duration = ((start + seconds) * 1000).bitPattern
    var segment =
      element(
        [0x15, 0x49, 0xa9, 0x66],
        element([0x2a, 0xd7, 0xb1], [0x0f, 0x42, 0x40])
          + element([0x44, 0x89], big(duration)) + element([0x4d, 0x80], Array("test".utf8))
          + element([0x57, 0x41], Array("test".utf8))) + tracks
    var cluster: (time: Int64, blocks: [UInt8])?
    func close() {
      guard let open = cluster else { return }
      segment += element(
        [0x1f, 0x43, 0xb6, 0x75], element([0xe7], big(UInt64(max(0, open.time)))) + open.blocks)
      cluster = nil
    }
    for packet in packets {
      let time = Int64(((start + packet.time) * 1000).rounded())
      if let open = cluster, time - open.time >= 1000 { close() }
      var open = cluster ?? (time, [])
      let offset = UInt16(bitPattern: Int16(clamping: time - open.time))
      open.blocks += element(
        [0xa3],
        [0x81, UInt8(offset >> 8), UInt8(offset & 255), packet.isKey ? 0x80 : 0] + packet.payload)
      cluster = open
    }
    close()
    return element([0x1a, 0x45, 0xdf, 0xa3], head) + element([0x18, 0x53, 0x80, 0x67], segment)
  }

  private static func big(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(value >> (56 - 8 * UInt64($0)) & 255) }
  }

  private static func element(_ id: [UInt8], _ body: [UInt8]) -> [UInt8] {
    let size = UInt64(body.count)
    let length: [UInt8] =
      size < 127
      ? [0x80 | UInt8(size)] : [0x10 | UInt8(size >> 24 & 15)] + big(size).suffix(3)
    return id + length + body
  }
}
