import Basics
import Media
import Posix

/// An MP3 file whose first frame tells its length, its seek table and the samples to leave out at
/// both ends (the headers of Xing and LAME).
struct MP3File {
  private let file: RewritableFile
  private let length: Int64
  /// Where the first frame begins.
  private let start: Int
  private var head: [UInt8]?
  private var info: (head: [UInt8], start: Int, size: Int)?
  private var frames: Int64 = 0
  private var bytes = 0
  private var digest = CRC16()
  /// Where each part begins: its first frame and byte.
  private var places: [(frame: Int64, byte: Int)] = []

  /// What the headers need after a frame's side information.
  private static let room = 156

  /// `length`: in samples.
  init(_ path: String, tag: ID3Tag, length: Int64) throws(Failure) {
    file = try RewritableFile(path)
    self.length = length
    try file.write(tag.bytes)
    start = tag.bytes.count
  }

  mutating func write(_ frames: [UInt8], sizes: [Int]) throws(Failure) {
    if info == nil {
      guard let made = MP3Header.spacious(Array(frames.prefix(4)), room: Self.room),
        let size = MP3Header.size(of: made.head[...])
      else { throw Failure("mp3", cannot: "encode", "LAME gave no frame", .software) }
      info = (made.head, made.start, size)
      try file.write([UInt8](repeating: 0, count: size))
    }
    places.append((self.frames, bytes))
    try file.write(frames)
    digest.update(frames)
    self.frames += Int64(sizes.count)
    bytes += frames.count
  }

  /// Writes the first frame; nothing may follow.
  ///
  /// `frameSize`: in samples.
  mutating func finish(bitrate: Int, frameSize: Int) throws(Failure) {
    guard let info else { return }
    let delay = LameEncoder.delay
    let padding = Int(frames) * frameSize - delay - Int(length)
    let whole = UInt32(truncatingIfNeeded: bytes + info.size)
    let count = UInt32(truncatingIfNeeded: frames)
    var frame = info.head + [UInt8](repeating: 0, count: info.start - 4)
    frame += Array("Info".utf8) + bigEndian(UInt32(15)) + bigEndian(count) + bigEndian(whole)
    frame += (0..<100).map { UInt8(clamping: (offset(of: $0) + info.size) * 256 / Int(whole)) }
    frame += bigEndian(UInt32(50))
    // One constant bit rate; the fields for loudness and presets are left open.
    frame += Array((LameEncoder.version + "         ").utf8.prefix(9)) + [1, 0]
    frame += [UInt8](repeating: 0, count: 8) + [0, UInt8(clamping: bitrate)]
    let (first, last) = (min(delay, 4095), min(max(0, padding), 4095))
    frame += [UInt8(first >> 4), UInt8(first & 15) << 4 | UInt8(last >> 8), UInt8(last & 255)]
    frame += [0, 0, 0, 0] + bigEndian(whole) + digest.bytes
    var own = CRC16()
    own.update(frame)
    frame += own.bytes
    frame += [UInt8](repeating: 0, count: max(0, info.size - frame.count))
    try file.replace(at: start, with: frame)
  }

  /// The first byte of the frame that is heard after so many hundredths of the length.
  private func offset(of percent: Int) -> Int {
    let frame = frames * Int64(percent) / 100
    guard let index = places.lastIndex(where: { $0.frame <= frame }) else { return 0 }
    let next = index + 1 < places.count ? places[index + 1] : (frame: frames, byte: bytes)
    let count = max(1, next.frame - places[index].frame)
    return places[index].byte
      + Int((frame - places[index].frame) * Int64(next.byte - places[index].byte) / count)
  }
}

/// The checksum of LAME's header: CRC-16 with the polynomial 0x8005, bits reversed.
private struct CRC16 {
  private var value: UInt16 = 0
  private static let table: [UInt16] = (0..<256).map { byte in
    var value = UInt16(byte)
    for _ in 0..<8 { value = value & 1 != 0 ? (value >> 1) ^ 0xa001 : value >> 1 }
    return value
  }

  mutating func update(_ bytes: [UInt8]) {
    for byte in bytes {
      value = (value >> 8) ^ Self.table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
    }
  }

  var bytes: [UInt8] { [UInt8(value >> 8), UInt8(value & 255)] }
}
