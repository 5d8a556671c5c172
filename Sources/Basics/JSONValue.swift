/// A JSON value (RFC 8259) to be printed; objects keep the order of their members.
package enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])
  /// A value that `line` printed before.
  case printed(String)

  package struct Member: Hashable, Sendable {
    package let name: String
    package let value: JSONValue
    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// Seconds to the millisecond, as a number.
  package static func seconds(_ time: MediaTime) -> JSONValue {
    .number(Double(time.milliseconds) / 1000)
  }

  /// The text on one line, without spaces.
  package var line: String { text(indent: nil) }

  /// The text over many lines, two spaces a level, ending in a line feed.
  package var pretty: String { text(indent: 0) + "\n" }

  private func text(indent: Int?) -> String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let value): Self.print(value)
    case .string(let value): Self.quote(value)
    case .array(let values):
      Self.group("[", "]", values.map { $0.text(indent: indent.map { $0 + 2 }) }, indent)
    case .printed(let line): indent.map { Self.spread(line, from: $0) } ?? line
    case .object(let members):
      Self.group(
        "{", "}",
        members.map {
          Self.quote($0.name) + (indent == nil ? ":" : ": ")
            + $0.value.text(indent: indent.map { $0 + 2 })
        }, indent)
    }
  }

  private static func group(_ open: String, _ close: String, _ items: [String], _ indent: Int?)
    -> String
  {
    guard let indent, !items.isEmpty else { return open + items.joined(separator: ",") + close }
    let inner = "\n" + String(repeating: " ", count: indent + 2)
    let outer = "\n" + String(repeating: " ", count: indent)
    return open + inner + items.joined(separator: "," + inner) + outer + close
  }

  /// Lays a value that `line` printed out over many lines.
  private static func spread(_ line: String, from start: Int) -> String {
    var out = ""
    var indent = start
    var isQuoted = false
    var isEscaped = false
    func newLine() -> String { "\n" + String(repeating: " ", count: max(0, indent)) }
    var previous: Character = " "
    for character in line {
      if isQuoted {
        out.append(character)
        isQuoted = isEscaped || character != "\""
        isEscaped = character == "\\" && !isEscaped
      } else {
        let isEmptied = "]}".contains(character) && "[{".contains(previous)
        if "[{".contains(previous), !isEmptied { out += newLine() }
        switch character {
        case "[", "{":
          out.append(character)
          indent += 2
        case "]", "}":
          indent -= 2
          out += (isEmptied ? "" : newLine()) + String(character)
        case ",": out += "," + newLine()
        case ":": out += ": "
        default: out.append(character)
        }
        isQuoted = character == "\""
      }
      previous = isQuoted ? "x" : character
    }
    return out
  }

  private static func print(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    return Int64(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func quote(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\u{0}"..<" ", "\u{7f}":
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
