import Basics

/// The bytes of a text and the places in it.
struct SourceText {
  let bytes: [UInt8]
  let file: String
  /// Where the text begins, after a byte order mark.
  let start: Int

  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
    start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The first byte that is no blank opens a JSON object or array.
  var looksLikeJSON: Bool {
    let first = bytes[start...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  /// The place of a byte: lines end in LF, CR or both, columns count characters.
  func place(of offset: Int) -> Place {
    var line = 1
    var column = 1
    var previous: UInt8 = 0
    for byte in bytes[start..<min(max(offset, start), bytes.count)] {
      if byte == 0x0A && previous == 0x0D {
        // The second half of a line end.
      } else if byte == 0x0A || byte == 0x0D {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
      previous = byte
    }
    return Place(file: file, line: line, column: column)
  }

  /// The ASCII character that `index` characters precede; nil for every other one.
  func character(_ index: Int) -> Character? {
    let starts = bytes[start...].lazy.filter { $0 & 0xC0 != 0x80 }
    return starts.dropFirst(index).first.flatMap {
      $0 < 0x80 ? Character(Unicode.Scalar($0)) : nil
    }
  }

  /// Throws where the text is too long or is not UTF-8.
  func checkEncoding() throws(SyntaxError) {
    guard bytes.count <= Limit.bytes else {
      throw SyntaxError(
        place(of: 0), "larger than \(Limit.bytes >> 20) MiB (\(bytes.count) bytes)")
    }
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    var decoder = Unicode.UTF8.ForwardParser()
    var rest = CountingIterator(bytes[...])
    while true {
      let offset = rest.offset
      switch decoder.parseScalar(from: &rest) {
      case .valid: continue
      case .emptyInput: return
      case .error: throw SyntaxError(place(of: offset), "not UTF-8 (\(hex(bytes[offset])))")
      }
    }
  }

  /// Throws at a character that YAML does not allow (YAML 1.2 §5.1).
  func checkCharacters() throws(SyntaxError) {
    for (offset, byte) in zip(start..., bytes[start...]) {
      switch byte {
      case 0x09, 0x0A, 0x0D, 0x20..<0x7F, 0x80..<0xC2, 0xC3..<0xEF, 0xF0...: continue
      case 0xC2:
        let next = bytes[offset + 1]
        if next >= 0xA0 || next == 0x85 { continue }
      case 0xEF:
        let next = (bytes[offset + 1], bytes[offset + 2])
        if next != (0xBB, 0xBF), next != (0xBF, 0xBE), next != (0xBF, 0xBF) { continue }
      default: break
      }
      throw SyntaxError(place(of: offset), "a control character (\(hex(byte)))")
    }
  }

  private func hex(_ byte: UInt8) -> String {
    "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}

/// Knows how many bytes it has given out.
private struct CountingIterator: IteratorProtocol {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var offset: Int { rest.startIndex }
  mutating func next() -> UInt8? { rest.popFirst() }
}
