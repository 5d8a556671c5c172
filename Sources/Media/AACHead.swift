/// What AAC says of itself outside its raw data blocks.
package struct AACHead: Hashable, Sendable {
  /// Of the core; a decoder with spectral band replication gives twice as much.
  package let sampleRate: Int
  /// 0 where only the data blocks tell.
  package let channels: Int
  /// The audio object type: 2 is AAC-LC.
  private let type: Int

  private static let rates = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
  ]

  /// From an AudioSpecificConfig (ISO 14496-3 §1.6.2.1), as MP4, FLV and SDP carry it.
  package init?(configuration bytes: [UInt8]) {
    var bits = Bits(bytes)
    guard let type = bits.read(5) else { return nil }
    let longType = type == 31 ? bits.read(6).map { $0 + 32 } : type
    guard let longType else { return nil }
    self.init(type: longType, rateAndChannels: &bits)
  }

  /// From the ADTS header in front of a packet (ISO 14496-3 §1.A.2.2).
  package init?(adts packet: borrowing Packet) {
    let head = packet.withBytes { bytes in
      bytes.byteCount < 7
        ? 0 : UInt32(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt32.self))
    }
    guard head >> 16 & 0xfff6 == 0xfff0 else { return nil }
    let index = Int(head >> 10 & 15)
    guard index < Self.rates.count else { return nil }
    type = Int(head >> 14 & 3) + 1
    sampleRate = Self.rates[index]
    channels = Self.count(Int(head >> 6 & 7))
  }

  /// The AudioSpecificConfig that says the same; nil for what two bytes cannot say.
  package var configuration: [UInt8]? {
    guard let index = Self.rates.firstIndex(of: sampleRate), type < 31 else { return nil }
    let layout = channels == 8 ? 7 : channels
    return [UInt8(type << 3 | index >> 1), UInt8((index & 1) << 7 | layout << 3)]
  }

  private init?(type: Int, rateAndChannels bits: inout Bits) {
    guard let index = bits.read(4) else { return nil }
    let rate = index == 15 ? bits.read(24) : index < Self.rates.count ? Self.rates[index] : nil
    guard let rate, rate > 0, let layout = bits.read(4) else { return nil }
    self.type = type
    sampleRate = rate
    channels = Self.count(layout)
  }

  private static func count(_ layout: Int) -> Int { layout == 7 ? 8 : layout }
}

/// Reads numbers of any width from bytes, most significant bit first.
private struct Bits {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func read(_ count: Int) -> Int? {
    guard position + count <= bytes.count * 8 else { return nil }
    var value = 0
    for _ in 0..<count {
      value = value << 1 | Int(bytes[position >> 3] >> (7 - UInt8(position & 7)) & 1)
      position += 1
    }
    return value
  }
}
