/// Samples of a fragment that lie one after the other (§8.8.8).
struct SampleRun {
  /// From the begin of the fragment's box.
  let offset: Int
  let sizes: [UInt32]

  /// Nil when it is damaged.
  ///
  /// `header`: of the fragment's track (§8.8.7).
  init?(_ bytes: [UInt8], header: [UInt8]) {
    func flags(_ bytes: [UInt8]) -> Int { Int(bytes.number(at: 1, bytes: 3)) }
    let (flags, defaults) = (flags(bytes), flags(header))
    guard flags & 0x1 != 0, bytes.count >= 12 else { return nil }
    offset = Int(bytes.number(at: 8, bytes: 4))
    // What comes before the usual size, where there is one.
    let before = [(0x1, 8), (0x2, 4), (0x8, 4)].reduce(8) { $0 + (defaults & $1.0 != 0 ? $1.1 : 0) }
    let usual = defaults & 0x10 != 0 ? UInt32(header.number(at: before, bytes: 4)) : nil
    let fields = [0x100, 0x200, 0x400, 0x800].filter { flags & $0 != 0 }
    let count = Int(bytes.number(at: 4, bytes: 4))
    let start = flags & 0x4 != 0 ? 16 : 12
    guard count > 0, bytes.count >= start + count * fields.count * 4 else { return nil }
    guard let place = fields.firstIndex(of: 0x200) else {
      guard let usual else { return nil }
      sizes = Array(repeating: usual, count: count)
      return
    }
    sizes = (0..<count).map {
      UInt32(bytes[(start + ($0 * fields.count + place) * 4)...].number(at: 0, bytes: 4))
    }
  }
}
