/// The headers of MP3 frames (ISO 11172-3 §2.4.2.3, ISO 13818-3).
enum MP3Header {
  private static let bitrates1 = [
    0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320,
  ]
  private static let bitrates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]

  /// The sizes in bytes of frames that follow each other; what is no frame ends the list.
  static func sizes(in bytes: [UInt8]) -> [Int] {
    var sizes: [Int] = []
    var position = 0
    while let size = size(of: bytes[position...]), position + size <= bytes.count {
      sizes.append(size)
      position += size
    }
    return sizes
  }

  /// The size of the frame that begins here.
  static func size(of bytes: ArraySlice<UInt8>) -> Int? {
    let head = Array(bytes.prefix(4))
    guard head.count == 4, head[0] == 0xff, head[1] & 0xe6 == 0xe2 else { return nil }
    let isFirst = head[1] & 0x08 != 0
    let bitrates = isFirst ? bitrates1 : bitrates2
    let rates = isFirst ? [44_100, 48_000, 32_000] : [22_050, 24_000, 16_000]
    let (bitrate, rate) = (Int(head[2] >> 4), Int(head[2] >> 2 & 3))
    guard bitrates.indices.contains(bitrate), bitrate > 0, rate < 3 else { return nil }
    let padding = Int(head[2] >> 1 & 1)
    return (isFirst ? 144 : 72) * bitrates[bitrate] * 1000 / rates[rate] + padding
  }

  /// The header of a frame like the one that begins with `head`, without padding and large enough
  /// for `room` bytes after the side information, and where that is.
  static func spacious(_ head: [UInt8], room: Int) -> (head: [UInt8], start: Int)? {
    guard head.count >= 4 else { return nil }
    let isFirst = head[1] & 0x08 != 0
    let isMono = head[3] >> 6 == 3
    let start = 4 + (isFirst ? (isMono ? 17 : 32) : (isMono ? 9 : 17))
    for bitrate in max(1, head[2] >> 4)..<15 {
      // Without a checksum or padding.
      let made = [head[0], head[1] | 1, bitrate << 4 | head[2] & 0x0c, head[3] & 0xc0]
      if let size = size(of: made[...]), size >= start + room { return (made, start) }
    }
    return nil
  }
}
