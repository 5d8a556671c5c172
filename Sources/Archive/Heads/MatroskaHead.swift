import Basics
import Posix
import Slices

/// Reads the head of a Matroska or WebM file (RFC 9559).
enum MatroskaHead {
  static func read(_ file: borrowing FileReader, kind: TrackKind) throws(Failure) -> SliceHead? {
    for size in [1 << 12, 1 << 16] {
      let bytes = try file.read(at: 0, count: size)
      var scan = MatroskaScan(kind: kind, fileSize: file.size)
      scan.read(bytes[...])
      if scan.time != nil { return scan.head }
      if bytes.count < size { return nil }
    }
    return nil
  }
}

/// Finds the first block of a file's first track of a kind.
private struct MatroskaScan {
  let kind: TrackKind
  let fileSize: Int64
  private var position: Int64 = 0
  private var scale: UInt64 = 1_000_000
  private var duration: Double?
  private var tracks = 0
  private var track: (number: UInt64, codec: String, delay: UInt64, signature: [UInt8])?
  private var cluster: UInt64?
  private var isTruncated = false
  private(set) var time: Int64?
  private var isKey = false

  init(kind: TrackKind, fileSize: Int64) {
    self.kind = kind
    self.fileSize = fileSize
  }

  /// Nil for what a demuxer must tell.
  var head: SliceHead? {
    guard let time, let track, tick > 0 else { return nil }
    // Of codecs that reorder pictures only a demuxer finds the first.
    guard kind == .audio || ["V_VP8", "V_VP9", "V_AV1"].contains(track.codec) else { return nil }
    let clock = TimeBase(1, 1_000_000_000)
    let delay = Int64((Double(min(track.delay, 1 << 40)) / Double(scale)).rounded())
    let first = MediaTime(ticks: (time - delay) * tick, of: clock)
    let end = duration.flatMap { duration -> MediaTime? in
      guard tracks == 1, duration > 0, duration < 1e12 else { return nil }
      return MediaTime(seconds: (duration - Double(delay)) * Double(scale) / 1e9)
    }
    // The last block's length may be in it or not.
    let slack = MediaTime(milliseconds: kind == .audio ? 125 : 250)
    return SliceHead(
      first: first, end: end, slack: MediaTime(milliseconds: -25)...slack,
      startsWithKeyFrame: kind == .audio || isKey, signature: track.signature,
      isTruncated: isTruncated)
  }

  private var tick: Int64 { scale <= 1_000_000_000 ? Int64(scale) : 0 }

  mutating func read(_ bytes: ArraySlice<UInt8>) {
    var rest = bytes
    while time == nil, let element = EBMLElement(&rest) {
      switch element.id {
      case 0x1853_8067:  // Segment
        if let size = element.size {
          let (end, overflow) = Int64(element.body.startIndex).addingReportingOverflow(size)
          isTruncated = overflow || end > fileSize
        }
        rest = bytes[element.body.startIndex...]
      case 0x1549_a966: readInfo(element.body)
      case 0x1654_ae6b: readTracks(element.body)
      case 0x1f43_b675:  // Cluster
        cluster = nil
        rest = bytes[element.body.startIndex...]
      case 0xe7: cluster = element.number
      case 0xa3: takeBlock(element.body, isGroup: false)
      case 0xa0:
        var inner = element.body
        var isReferring = false
        var block: ArraySlice<UInt8>?
        while let part = EBMLElement(&inner) {
          if part.id == 0xfb { isReferring = true }
          if part.id == 0xa1 { block = part.body }
        }
        if let block { takeBlock(block, isGroup: true, isKeyed: !isReferring) }
      default:
        // What lies beyond the bytes at hand cannot be passed over.
        if !element.isWhole { return }
      }
    }
  }

  private mutating func readInfo(_ body: ArraySlice<UInt8>) {
    var rest = body
    while let element = EBMLElement(&rest) {
      if element.id == 0x2a_d7b1 { scale = max(1, element.number) }
      if element.id == 0x4489 { duration = element.float }
    }
  }

  private mutating func readTracks(_ body: ArraySlice<UInt8>) {
    var rest = body
    while let entry = EBMLElement(&rest) {
      guard entry.id == 0xae, entry.isWhole else { continue }
      tracks += 1
      var found: (number: UInt64, codec: String, delay: UInt64, signature: [UInt8]) =
        (0, "", 0, [])
      var type: UInt64 = 0
      var inner = entry.body
      while let element = EBMLElement(&inner) {
        switch element.id {
        case 0xd7: found.number = element.number
        case 0x83: type = element.number
        case 0x86: found.codec = String(decoding: element.body, as: UTF8.self)
        case 0x56aa: found.delay = element.number
        default: break
        }
        // The track's random number is another in every file.
        if element.id != 0x73c5 { found.signature += [UInt8(element.id & 0xff)] + element.body }
      }
      if track == nil, type == (kind == .video ? 1 : 2) { track = found }
    }
  }

  private mutating func takeBlock(_ body: ArraySlice<UInt8>, isGroup: Bool, isKeyed: Bool = true) {
    var rest = body
    guard let number = EBMLElement.variable(&rest, keepsMarker: false), number == track?.number,
      let cluster, cluster < 1 << 60, rest.count >= 3
    else { return }
    let at = rest.startIndex
    let offset = Int16(bitPattern: UInt16(rest[at]) << 8 | UInt16(rest[at + 1]))
    let value = Int64(cluster) + Int64(offset)
    guard tick == 0 || abs(value) < Int64.max / tick / 2 else { return }
    time = value
    isKey = isGroup ? isKeyed : rest[at + 2] & 0x80 != 0
  }
}

/// One element of EBML (RFC 8794).
struct EBMLElement {
  let id: UInt64
  /// As it says itself; nil when it is unknown.
  let size: Int64?
  /// As much of it as there is.
  let body: ArraySlice<UInt8>

  var isWhole: Bool { size == Int64(body.count) }

  /// Takes the next element off `bytes`.
  init?(_ bytes: inout ArraySlice<UInt8>) {
    guard let id = Self.variable(&bytes, keepsMarker: true) else { return nil }
    guard let first = bytes.first else { return nil }
    let width = first.leadingZeroBitCount + 1
    guard let size = Self.variable(&bytes, keepsMarker: false) else { return nil }
    self.id = id
    let isUnknown = width <= 8 && size == (UInt64(1) << (7 * UInt64(width))) - 1
    self.size = isUnknown ? nil : Int64(clamping: size)
    body = isUnknown ? bytes : bytes.prefix(Int(clamping: size))
    bytes = bytes[body.endIndex...]
  }

  var number: UInt64 { body.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }

  var float: Double? {
    switch body.count {
    case 4: Double(Float(bitPattern: UInt32(truncatingIfNeeded: number)))
    case 8: Double(bitPattern: number)
    default: nil
    }
  }

  /// A number whose length is told by its first bits.
  static func variable(_ bytes: inout ArraySlice<UInt8>, keepsMarker: Bool) -> UInt64? {
    guard let first = bytes.first, first != 0 else { return nil }
    let width = first.leadingZeroBitCount + 1
    guard bytes.count >= width else { return nil }
    var value = UInt64(keepsMarker ? first : first & UInt8(0xff >> width))
    for byte in bytes.dropFirst().prefix(width - 1) { value = value << 8 | UInt64(byte) }
    bytes = bytes.dropFirst(width)
    return value
  }
}
