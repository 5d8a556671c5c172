extension StreamParameters {
  /// The codec with its profile and level, as browsers are asked for it (RFC 6381).
  package var codecString: String {
    switch codec {
    case "h264": h264String
    case "hevc": hevcString
    case "vp9": "vp09.00.\(level(Self.vp9Levels)).08"
    case "av1": "av01.0.\(level(Self.av1Levels))M.08"
    case "aac": "mp4a.40.\(extradata.first.map { $0 >> 3 } ?? 2)"
    case "mp3": "mp4a.6B"
    default: codec
    }
  }

  /// ISO 14496-15 §E.3: profile, constraints and level, which stand together in each form.
  private var h264String: String {
    let data = extradata
    let facts = data.first == 1 ? data.dropFirst().prefix(3) : unit(7, mask: 0x1F)?.prefix(3)
    guard let facts, facts.count == 3 else { return "avc1" }
    return "avc1." + facts.map(hex).joined()
  }

  /// ISO 14496-15 §E.3: twelve bytes of profile, tier and level.
  private var hevcString: String {
    let data = extradata
    // After the second byte of the unit's head and a byte of identifiers.
    let facts = Array(
      (data.first == 1 ? data.dropFirst() : unit(33 << 1, mask: 0x7E)?.dropFirst(2) ?? [])
        .prefix(12))
    guard facts.count == 12 else { return "hev1" }
    let space = ["", "A", "B", "C"][Int(facts[0] >> 6)]
    // 32 flags, the first of them in the lowest bit.
    let flags = facts[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let compatibility = (0..<32).reduce(UInt32(0)) { $0 << 1 | flags >> UInt32($1) & 1 }
    let tier = facts[0] & 0x20 == 0 ? "L" : "H"
    var constraints = facts[5...10].map(hex)
    while constraints.last == "00" { constraints.removeLast() }
    let profile = "\(space)\(facts[0] & 0x1F)"
    let head = ["hev1", profile, String(compatibility, radix: 16), "\(tier)\(facts[11])"]
    return (head + constraints).joined(separator: ".")
  }

  private func hex(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "0" + digits : digits
  }

  /// What follows the first byte of the first unit of a type in a byte stream, without the bytes
  /// that keep start codes from occurring in it.
  private func unit(_ type: UInt8, mask: UInt8) -> [UInt8]? {
    let data = extradata
    guard
      let start = data.indices.dropLast(3).first(where: { index in
        data[index] == 0 && data[index + 1] == 0 && data[index + 2] == 1
          && data[index + 3] & mask == type
      })
    else { return nil }
    var unit: [UInt8] = []
    var zeros = 0
    for byte in data[(start + 4)...].prefix(64) {
      if zeros < 2 || byte != 3 { unit.append(byte) }
      zeros = byte == 0 ? zeros + 1 : 0
    }
    return unit
  }

  /// The level for pictures of at most so many pixels, at usual rates.
  private func level(_ levels: [(pixels: Int, level: String)]) -> String {
    let pixels = (width ?? 0) * (height ?? 0)
    return levels.first { pixels <= $0.pixels }?.level ?? levels[levels.count - 1].level
  }

  /// VP9 bitstream specification, annex A.
  private static let vp9Levels: [(pixels: Int, level: String)] = [
    (36_864, "10"), (73_728, "11"), (122_880, "20"), (245_760, "21"), (552_960, "30"),
    (983_040, "31"), (2_228_224, "41"), (8_912_896, "51"), (35_651_584, "61"),
  ]
  /// AV1 bitstream specification, annex A.3, by `seq_level_idx`.
  private static let av1Levels: [(pixels: Int, level: String)] = [
    (147_456, "00"), (278_784, "01"), (665_856, "04"), (1_065_024, "05"), (2_359_296, "09"),
    (8_912_896, "13"), (35_651_584, "17"),
  ]
}
