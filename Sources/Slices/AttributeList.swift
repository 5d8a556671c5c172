/// An attribute list of a playlist tag (RFC 8216 §4.2): `NAME=value,NAME="value"`.
struct AttributeList: Hashable, Sendable {
  private(set) var text = ""
  private var values: [String: String] = [:]

  init() {}

  /// Reads as far as the list is one; what comes after a mistake is left out.
  ///
  /// Of several attributes of one name the first counts.
  init(parsing text: Substring) {
    self.text = String(text)
    var rest = text.utf8[...]
    while !rest.isEmpty {
      guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { return }
      let name = Substring(rest[..<equals]).trimmed
      rest = rest[rest.index(after: equals)...]
      let value: Substring
      if rest.first == UInt8(ascii: "\"") {
        rest = rest.dropFirst()
        let end = rest.firstIndex(of: UInt8(ascii: "\"")) ?? rest.endIndex
        value = Substring(rest[..<end])
        rest = rest[end...].dropFirst()
        rest = rest.drop { $0 != UInt8(ascii: ",") }.dropFirst()
      } else {
        let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
        value = Substring(rest[..<end]).trimmed
        rest = rest[end...].dropFirst()
      }
      if values[String(name)] == nil { values[String(name)] = String(value) }
    }
  }

  subscript(name: String) -> String? { values[name] }

  func number(_ name: String) -> Int? { values[name].flatMap { Int($0) } }

  mutating func plain(_ name: String, _ value: String) { append(name, value, as: value) }

  /// A quoted string cannot hold quotes or line breaks; they are left out.
  mutating func quoted(_ name: String, _ value: String) {
    let scalars = value.unicodeScalars.filter { $0 != "\"" && $0 != "\n" && $0 != "\r" }
    let safe = String(String.UnicodeScalarView(scalars))
    append(name, safe, as: "\"\(safe)\"")
  }

  private mutating func append(_ name: String, _ value: String, as written: String) {
    text += (text.isEmpty ? "" : ",") + "\(name)=\(written)"
    values[name] = value
  }
}

extension Substring {
  /// Without spaces, tabs and carriage returns at both ends.
  var trimmed: Substring {
    func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 || byte == 13 }
    var bytes = utf8[...].drop(while: isBlank)
    while let last = bytes.last, isBlank(last) { bytes = bytes.dropLast() }
    return Substring(bytes)
  }
}
