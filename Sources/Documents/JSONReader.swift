import Basics

/// A reader of JSON (RFC 8259).
///
/// libyaml reads most JSON too, but fails on surrogate pairs (`"\ud83d\ude00"`).
struct JSONReader {
  private let text: SourceText
  private var offset: Int
  private var line = 1
  private var column = 1

  static func read(_ text: SourceText, into builder: inout TreeBuilder) throws(SyntaxError) -> Node
  {
    var reader = JSONReader(text: text, offset: text.start)
    reader.skipBlanks()
    let root = try reader.value(depth: 1, into: &builder)
    reader.skipBlanks()
    guard reader.peek == nil else {
      throw SyntaxError(reader.place, "expected the end of the text, found \(reader.found)")
    }
    return root
  }

  private init(text: SourceText, offset: Int) {
    self.text = text
    self.offset = offset
  }

  // MARK: Bytes

  private var peek: UInt8? { offset < text.bytes.count ? text.bytes[offset] : nil }
  private var place: Place { Place(file: text.file, line: line, column: column) }

  /// What stands here, for a message.
  private var found: String {
    guard peek != nil else { return "the end of the text" }
    let ahead = text.bytes[offset..<min(offset + 4, text.bytes.count)]
    return String(decoding: ahead, as: UTF8.self).first.map { quoted(String($0)) } ?? "nothing"
  }

  private mutating func advance() {
    guard let byte = peek else { return }
    offset += 1
    if byte == 0x0A || byte == 0x0D && peek != 0x0A {
      line += 1
      column = 1
    } else if byte != 0x0D && byte & 0xC0 != 0x80 {
      column += 1
    }
  }

  private mutating func skipBlanks() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      advance()
    }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    advance()
    return true
  }

  // MARK: Values

  private mutating func value(depth: Int, into builder: inout TreeBuilder) throws(SyntaxError)
    -> Node
  {
    let place = place
    try builder.admit(depth: depth, at: place)
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth, into: &builder)
    case UInt8(ascii: "["): return try array(depth: depth, into: &builder)
    case UInt8(ascii: "\""): return Node(.string(try string()), at: place)
    default: return Node(try word(), at: place)
    }
  }

  private mutating func object(depth: Int, into builder: inout TreeBuilder) throws(SyntaxError)
    -> Node
  {
    let start = place
    var entries: [Node.Entry] = []
    advance()
    skipBlanks()
    if skip("}") { return Node(.mapping([]), at: start) }
    while true {
      skipBlanks()
      let place = place
      guard peek == UInt8(ascii: "\"") else {
        throw SyntaxError(place, "expected a key in double quotes, found \(found)")
      }
      let key = try string()
      skipBlanks()
      guard skip(":") else {
        throw SyntaxError(self.place, "expected ':' after \(quoted(key)), found \(found)")
      }
      skipBlanks()
      entries.append(
        Node.Entry(key, at: place, try value(depth: depth + 1, into: &builder)))
      skipBlanks()
      if skip("}") { return builder.mapping(entries, at: start) }
      guard skip(",") else {
        throw SyntaxError(self.place, "expected ',' or '}', found \(found)")
      }
    }
  }

  private mutating func array(depth: Int, into builder: inout TreeBuilder) throws(SyntaxError)
    -> Node
  {
    let start = place
    var items: [Node] = []
    advance()
    skipBlanks()
    if skip("]") { return Node(.list([]), at: start) }
    while true {
      skipBlanks()
      items.append(try value(depth: depth + 1, into: &builder))
      skipBlanks()
      if skip("]") { return Node(.list(items), at: start) }
      guard skip(",") else {
        throw SyntaxError(place, "expected ',' or ']', found \(found)")
      }
    }
  }

  /// `null`, `true`, `false` or a number.
  private mutating func word() throws(SyntaxError) -> Node.Value {
    let place = place
    let start = offset
    let unexpected = found
    while let byte = peek, byte >= 0x80 || isWord(byte) { advance() }
    let word = String(decoding: text.bytes[start..<offset], as: UTF8.self)
    guard !word.isEmpty else { throw SyntaxError(place, "expected a value, found \(unexpected)") }
    let value = Node.Value(plain: word)
    if case .string = value { throw SyntaxError(place, "expected a value, found \(quoted(word))") }
    return value
  }

  private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  // MARK: Strings

  private mutating func string() throws(SyntaxError) -> String {
    let start = place
    var bytes: [UInt8] = []
    advance()
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        advance()
        return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        bytes.append(contentsOf: String(try escape()).utf8)
      case ..<0x20:
        throw SyntaxError(place, "a control character or line end inside a string")
      default:
        bytes.append(byte)
        advance()
      }
    }
    throw SyntaxError(start, "the string that begins here does not end")
  }

  private mutating func escape() throws(SyntaxError) -> Unicode.Scalar {
    let start = place
    advance()
    let byte = peek
    advance()
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{c}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default:
      throw SyntaxError(start, "an unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u")
    }
    let high = try hexUnit(from: start)
    if let scalar = Unicode.Scalar(high) { return scalar }
    // RFC 8259 §7: what lies beyond the basic plane is written as a UTF-16 surrogate pair.
    guard high < 0xDC00, skip("\\"), skip("u") else {
      throw SyntaxError(start, "half of a surrogate pair")
    }
    let low = try hexUnit(from: start)
    guard (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    else { throw SyntaxError(start, "half of a surrogate pair") }
    return scalar
  }

  private mutating func hexUnit(from start: Place) throws(SyntaxError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
      else { throw SyntaxError(start, "'\\u' without four hexadecimal digits") }
      unit = unit << 4 | UInt32(digit)
      advance()
    }
    return unit
  }
}
