package import Basics

/// A value of a YAML or JSON text, with the place where it was written.
package struct Node: Hashable, Sendable {
  /// What a node holds.
  package enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A decimal number; `text` is how it was written, as a uid of 20 digits must be kept.
    case number(Double, text: String)
    case string(String)
    case list([Node])
    /// In the order of the text; no key occurs twice.
    case mapping([Entry])
  }

  /// A key of a mapping and what it stands for.
  package struct Entry: Hashable, Sendable {
    package let key: String
    /// Where the key is; nil for what came from the command line.
    package let place: Place?
    package let value: Node

    package init(_ key: String, at place: Place?, _ value: Node) {
      self.key = key
      self.place = place
      self.value = value
    }
  }

  /// Where the value begins; nil for what came from the command line.
  package let place: Place?
  package let value: Value

  package init(_ value: Value, at place: Place?) {
    self.value = value
    self.place = place
  }

  /// The entries of a mapping; empty for every other value.
  package var entries: [Entry] {
    if case .mapping(let entries) = value { entries } else { [] }
  }

  /// The value of a mapping's key; nil where there is none.
  package subscript(key: String) -> Node? { entries.first { $0.key == key }?.value }
}

extension Node.Value {
  /// What a scalar without quotes means: `null`, `true`, `false`, a decimal number, else a text.
  ///
  /// Narrower than YAML 1.1, whose `no`, `012` and `1:30` surprise people: those stay texts.
  package init(plain text: String) {
    switch text {
    case "", "~", "null": self = .null
    case "true": self = .bool(true)
    case "false": self = .bool(false)
    default:
      if isNumber(text.utf8), let number = Double(text) {
        self = .number(number, text: text)
      } else {
        self = .string(text)
      }
    }
  }
}

/// Whether `text` is a number by the grammar of JSON (RFC 8259 §6).
private func isNumber(_ text: String.UTF8View) -> Bool {
  var rest = text[...]
  func skip(_ any: String) -> Bool {
    guard let first = rest.first, any.utf8.contains(first) else { return false }
    rest = rest.dropFirst()
    return true
  }
  func digits() -> Substring.UTF8View {
    let found = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(found.count)
    return found
  }
  _ = skip("-")
  let whole = digits()
  guard let first = whole.first, first != UInt8(ascii: "0") || whole.count == 1 else {
    return false
  }
  if skip("."), digits().isEmpty { return false }
  if skip("eE") {
    _ = skip("+-")
    if digits().isEmpty { return false }
  }
  return rest.isEmpty
}
