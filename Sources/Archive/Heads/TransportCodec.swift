import Basics
import Slices

/// What the first bytes of a track in a transport stream say of its codec.
///
/// It is there only where the track begins with sound, or with parameter sets and a picture.
struct TransportCodec {
  let signature: [UInt8]
  /// All that follows is presented later, and can be decoded.
  let startsWithKeyFrame: Bool
  private let kind: TrackKind
  private let adts: ADTS?

  /// Nil for what only a decoder's parser can tell.
  init?(_ stream: TransportStream, payload: [UInt8]) {
    guard let kind = stream.kind else { return nil }
    self.kind = kind
    var signature = [stream.type] + stream.descriptors
    var adts: ADTS?
    var isKeyed = true
    switch stream.type {
    case 0x0f:
      guard let head = ADTS(payload[...]) else { return nil }
      adts = head
      signature += head.signature
    case 0x03, 0x04:
      guard payload.count > 3, payload[0] == 0xff, payload[1] & 0xe0 == 0xe0 else { return nil }
      signature += [payload[1], payload[2] & 0x0c, payload[3] & 0xc0]
    case 0x06 where stream.has("Opus"): break
    case 0x1b:
      let sets = Self.parameterSets(payload) { unit in
        switch unit & 31 {
        case 7, 8: .parameters
        case 5: .keyPicture
        case 1...4: .picture
        default: .other
        }
      }
      guard let sets else { return nil }
      signature += sets.bytes
      isKeyed = sets.isKeyed
    case 0x24:
      let sets = Self.parameterSets(payload) { unit in
        switch unit >> 1 & 63 {
        case 32...34: .parameters
        case 19, 20: .keyPicture
        case 0...31: .picture
        default: .other
        }
      }
      guard let sets else { return nil }
      signature += sets.bytes
      isKeyed = sets.isKeyed
    default: return nil
    }
    self.signature = signature
    startsWithKeyFrame = isKeyed
    self.adts = adts
  }

  /// How long the last picture or stretch of sound lasts, and how exactly that is known.
  ///
  /// `times` are those at which the last ones are presented.
  func length(ofLast payload: [UInt8], _ times: [MediaTime]) -> (
    shortest: MediaTime, tolerance: MediaTime
  )? {
    if let adts { return (adts.length(of: payload), MediaTime(milliseconds: 25)) }
    guard times.count >= 3 else { return nil }
    let steps = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    let usual = steps[steps.count / 2]
    return (usual, max(MediaTime(milliseconds: 25), min(usual, MediaTime(milliseconds: 50))))
  }

  private enum Unit { case parameters, keyPicture, picture, other }

  /// The parameter sets in front of the first picture, and whether it is a key picture; nil when
  /// one or the other is not there.
  private static func parameterSets(_ bytes: [UInt8], _ unit: (UInt8) -> Unit) -> (
    bytes: [UInt8], isKeyed: Bool
  )? {
    var sets: [UInt8] = []
    var open: Int?
    var at = 0
    while at + 3 < bytes.count {
      guard bytes[at + 2] <= 1 else {
        at += 3
        continue
      }
      guard bytes[at] == 0, bytes[at + 1] == 0, bytes[at + 2] == 1 else {
        at += 1
        continue
      }
      if let open { sets += bytes[open..<at] }
      open = nil
      let found = unit(bytes[at + 3])
      switch found {
      case .parameters: open = at + 3
      case .keyPicture, .picture: return sets.isEmpty ? nil : (sets, found == .keyPicture)
      case .other: break
      }
      at += 3
    }
    return nil
  }
}

/// The header in front of a frame of AAC (ISO 14496-3 §1.A.2.2).
private struct ADTS {
  let signature: [UInt8]
  private let length: Int
  private let rate: Int32

  init?(_ bytes: ArraySlice<UInt8>) {
    let at = bytes.startIndex
    guard bytes.count >= 7, bytes[at] == 0xff, bytes[at + 1] & 0xf6 == 0xf0 else { return nil }
    let rates: [Int32] = [
      96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
      7350,
    ]
    let index = Int(bytes[at + 2] >> 2 & 15)
    guard index < rates.count else { return nil }
    rate = rates[index]
    length = Int(bytes[at + 3] & 3) << 11 | Int(bytes[at + 4]) << 3 | Int(bytes[at + 5] >> 5)
    signature = [bytes[at + 1], bytes[at + 2] & 0xfd, bytes[at + 3] & 0xc0]
  }

  /// How long the frames in `payload` last.
  func length(of payload: [UInt8]) -> MediaTime {
    var frames: Int64 = 0
    var rest = payload[...]
    while let head = ADTS(rest), head.length >= 7 {
      frames += 1
      rest = rest.dropFirst(head.length)
    }
    return MediaTime(ticks: frames * 1024, of: TimeBase(1, rate))
  }
}
