import Basics
import Documents

/// A field of the request that starts a recording at a service.
struct Field: Sendable {
  /// What a field holds.
  indirect enum Shape: Sendable {
    case value(ValueType)
    /// One of these numbers.
    case number([Int])
    /// A text that no message, plan or file ever shows.
    case secret
    case object([Field])
    case list([Field], count: ClosedRange<Int>)
  }

  let name: String
  let shape: Shape
  /// Other spellings that services use.
  let aliases: [String]
  /// Whether it says something about the work on an archive.
  let hasMeaning: Bool

  private init(_ name: String, _ shape: Shape, or aliases: [String], hasMeaning: Bool = true) {
    self.name = name
    self.shape = shape
    self.aliases = aliases
    self.hasMeaning = hasMeaning
  }

  static func value(_ name: String, _ type: ValueType, or aliases: String...) -> Field {
    Field(name, .value(type), or: aliases)
  }
  static func integer(_ name: String, _ range: ClosedRange<Int>, unit: String = "") -> Field {
    Field(name, .value(.integer(range, unit: unit)), or: [])
  }
  static func number(_ name: String, _ range: ClosedRange<Double>) -> Field {
    Field(name, .value(.number(range, unit: "")), or: [])
  }
  static func choice(_ name: String, _ words: String...) -> Field {
    Field(
      name, .value(.choice(words.map { ValueType.Choice(name: $0, isAvailable: true) })), or: [])
  }
  static func oneOf(_ name: String, _ numbers: Int...) -> Field {
    Field(name, .number(numbers), or: [])
  }
  static func texts(
    _ name: String, _ item: ValueType = .text, upTo most: Int, or aliases: String...
  ) -> Field {
    Field(name, .value(.list(item, count: 1...most)), or: aliases)
  }
  static func secret(_ name: String) -> Field { Field(name, .secret, or: []).idle }
  static func object(_ name: String, _ fields: [Field], or aliases: String...) -> Field {
    Field(name, .object(fields), or: aliases)
  }
  static func list(_ name: String, _ fields: [Field], upTo most: Int) -> Field {
    Field(name, .list(fields, count: 1...most), or: [])
  }

  /// The same field, checked but without meaning for an archive.
  var idle: Field { Field(name, shape, or: aliases, hasMeaning: false) }

  func isCalled(_ key: String) -> Bool { name == key || aliases.contains(key) }
}

extension RecipeReader {
  /// The fields of an object that are right, by their first names; what is wrong is told.
  ///
  /// Services take numbers spelled as strings, and so does this; a null is as good as no field.
  mutating func fields(of node: Node, _ known: [Field], path: [String] = []) -> Node {
    guard case .mapping(let entries) = node.value else {
      checker.problems.add(
        at: node.place,
        "'\(excerpt(path.last ?? "request"))' must be an object, found \(node.found)")
      return Node(.mapping([]), at: node.place)
    }
    var checked: [Node.Entry] = []
    for entry in entries where entry.value.value != .null {
      guard let field = known.first(where: { $0.isCalled(entry.key) }) else {
        let inside = path.last.map { " in '\($0)'" } ?? ""
        checker.problems.warn(
          at: entry.place,
          "unknown field '\(excerpt(entry.key))'\(inside) is ignored"
            + suggest(entry.key, known.map(\.name)))
        continue
      }
      if !field.hasMeaning {
        checker.problems.warn(at: entry.place, "'\(entry.key)' has no meaning offline")
      }
      if let value = value(of: entry, field, path: path + [entry.key]) {
        checked.append(Node.Entry(field.name, at: entry.place, value))
      }
    }
    return Node(.mapping(checked), at: node.place)
  }

  private mutating func value(of entry: Node.Entry, _ field: Field, path: [String]) -> Node? {
    let node = entry.value
    switch field.shape {
    case .object(let known): return fields(of: node, known, path: path)
    case .list(let known, let count):
      guard case .list(let items) = node.value, count.contains(items.count) else {
        checker.problems.add(
          at: node.place,
          "'\(entry.key)' must be a list of \(count.lowerBound) to \(count.upperBound) objects")
        return nil
      }
      return Node(.list(items.map { fields(of: $0, known, path: path) }), at: node.place)
    case .secret:
      if node.scalarText == nil {
        checker.problems.add(at: node.place, "'\(entry.key)' must be a text")
      }
      return nil
    case .number(let allowed):
      let type = ValueType.integer(Int.min...Int.max, unit: "")
      guard let node = plainValue(node, type, path),
        case .number(let number, _) = node.value
      else { return nil }
      if allowed.contains(where: { Double($0) == number }) { return node }
      let words = allowed.map(String.init)
      let wanted =
        words.dropLast().joined(separator: ", ") + (words.count > 1 ? " or " : "")
        + (words.last ?? "")
      checker.problems.add(
        at: node.place, "'\(entry.key)' must be \(wanted), found \(node.found)")
      return nil
    case .value(let type):
      return plainValue(node, type, path)
    }
  }

  private mutating func plainValue(_ node: Node, _ type: ValueType, _ path: [String]) -> Node? {
    let name = path.last ?? ""
    if case .list = type, node.value == .list([]) {
      checker.problems.warn(at: node.place, "'\(name)' is empty and is taken as absent")
      return nil
    }
    if type.isNumber, case .string(let text) = node.value, isPlaceholder(text) {
      checker.problems.warn(
        at: node.place, "'\(name)' is the placeholder \"\(excerpt(text))\"; its default is taken")
      return nil
    }
    return checker.value(node.tolerant(type), type, path: path)
  }

  /// Whether a text stands where an example wants a value to be filled in: `xxxx`, `<value>`.
  private func isPlaceholder(_ text: String) -> Bool {
    text.count > 2 && (text.allSatisfy { $0 == "x" } || text.hasPrefix("<") && text.hasSuffix(">"))
  }
}

extension ValueType {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .number: true
    default: false
    }
  }
}

extension Node {
  /// This value as the type wants it, where a service would take it so.
  fileprivate func tolerant(_ type: ValueType) -> Node {
    switch (type, value) {
    case (.integer, .string(let text)), (.number, .string(let text)):
      let plain = Value(plain: text)
      if case .number = plain { return Node(plain, at: place) }
    case (.text, .number(_, let text)), (.choice, .number(_, let text)):
      return Node(.string(text), at: place)
    case (.flag, .string(let text)):
      let plain = Value(plain: text)
      if case .bool = plain { return Node(plain, at: place) }
    case (.flag, .number(let number, _)) where number == 0 || number == 1:
      return Node(.bool(number == 1), at: place)
    case (.list(let item, _), .list(let items)):
      return Node(.list(items.map { $0.tolerant(item) }), at: place)
    case (.list(let item, _), .string), (.list(let item, _), .number):
      return Node(.list([tolerant(item)]), at: place)
    default: break
    }
    return self
  }
}
