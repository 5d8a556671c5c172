extension Packet {
  /// Whether it brings parameter sets of H.264 or H.265, in byte stream form.
  ///
  /// They come before the picture of their packet (ITU-T H.264 §7.4.1.2.3, H.265 §7.4.2.4.4), so
  /// that the first bytes tell.
  package func hasParameterSets(_ codec: String) -> Bool {
    withBytes { bytes in
      var zeros = 0
      for index in 0..<bytes.byteCount {
        let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        if byte == 1, zeros >= 2, index + 1 < bytes.byteCount {
          let head = bytes.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self)
          if codec == "h264" {
            let unit = head & 0x1F
            if unit == 7 || unit == 8 || unit == 15 { return true }
            if (1...5).contains(unit) { return false }
          } else {
            let unit = head >> 1 & 0x3F
            if (32...34).contains(unit) { return true }
            if unit < 32 { return false }
          }
        }
        zeros = byte == 0 ? zeros + 1 : 0
      }
      return false
    }
  }
}
