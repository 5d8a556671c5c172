package import Basics
import Documents

/// The kind of value that a key takes.
indirect enum ValueType: Sendable {
  /// Any text; `${…}` is replaced in it.
  case text
  /// A file or folder, relative to the recipe.
  case path
  /// A URL, or a path relative to the recipe.
  case location
  /// A file name in which `${sid}`, `${uid}` and others stand for what an output is made of.
  case template
  /// A text, or a whole number that is kept as it was written.
  case uid
  case flag
  case integer(ClosedRange<Int>, unit: String)
  case number(ClosedRange<Double>, unit: String)
  case choice([Choice])
  case list(ValueType, count: ClosedRange<Int>)
  /// A path in which `*`, `?` and `[…]` stand for many, or a list of such paths.
  case patterns
  case map(ValueType)
  case group([Definition])

  /// One of the words of a choice.
  struct Choice: Sendable {
    let name: String
    let isAvailable: Bool
  }
}

/// Everything there is to say about one key of a recipe.
///
/// The check, the JSON Schema, the options of the command line and the reference all come from here.
struct Definition: Sendable {
  let name: String
  let type: ValueType
  /// What holds where the key is absent, as recipes spell it; nil when nothing does.
  let fallback: JSONValue?
  /// One line, without a full stop.
  let doc: String
  let isRequired: Bool
  /// False for what is defined, but not made yet.
  let isAvailable: Bool

  init(
    _ name: String, _ type: ValueType, fallback: JSONValue? = nil, _ doc: String,
    isRequired: Bool = false, isAvailable: Bool = true
  ) {
    self.name = name
    self.type = type
    self.fallback = fallback
    self.doc = doc
    self.isRequired = isRequired
    self.isAvailable = isAvailable
  }
}

/// A key together with the Swift value that it stands for.
struct Key<Value: Sendable>: Sendable {
  let definition: Definition
  let fallback: Value
  /// Reads a checked node.
  let read: @Sendable (Node) -> Value?
}

/// The checked value of a group: every entry is of its key's type.
struct Values: Sendable {
  let node: Node

  init(_ node: Node) { self.node = node }

  subscript<Value>(_ key: Key<Value>) -> Value {
    node[key.definition.name].flatMap(key.read) ?? key.fallback
  }

  /// The value with its place; nil where the recipe does not have the key.
  func located<Value>(_ key: Key<Value?>) -> Located<Value>? {
    guard let node = node[key.definition.name], let value = key.read(node) ?? nil else {
      return nil
    }
    return Located(value, at: node.place)
  }
}

/// A value and where the recipe has it.
package struct Located<Value: Hashable & Sendable>: Hashable, Sendable {
  package let value: Value
  /// nil for what came from the command line.
  package let place: Place?

  package init(_ value: Value, at place: Place?) {
    self.value = value
    self.place = place
  }
}

// MARK: Keys of each type

extension Node {
  fileprivate var text: String? { if case .string(let text) = value { text } else { nil } }
  fileprivate var number: Double? { if case .number(let number, _) = value { number } else { nil } }
  fileprivate var items: [Node]? { if case .list(let items) = value { items } else { nil } }
}

extension Key where Value == Bool {
  static func flag(_ name: String, _ fallback: Bool, _ doc: String) -> Self {
    Self(
      definition: Definition(name, .flag, fallback: .bool(fallback), doc), fallback: fallback
    ) { if case .bool(let value) = $0.value { value } else { nil } }
  }
}

extension Key where Value == Int {
  static func integer(
    _ name: String, _ fallback: Int, in range: ClosedRange<Int>, unit: String = "",
    _ doc: String, isRequired: Bool = false
  ) -> Self {
    Self(
      definition: Definition(
        name, .integer(range, unit: unit),
        fallback: isRequired ? nil : .integer(Int64(fallback)), doc, isRequired: isRequired),
      fallback: fallback
    ) { $0.number.flatMap(Int.init(exactly:)) }
  }
}

extension Key where Value == Double {
  static func number(
    _ name: String, _ fallback: Double, in range: ClosedRange<Double>, unit: String,
    _ doc: String
  ) -> Self {
    Self(
      definition: Definition(name, .number(range, unit: unit), fallback: .number(fallback), doc),
      fallback: fallback
    ) { $0.number }
  }
}

extension Key where Value == Int? {
  /// One that has no value where the recipe is silent.
  static func integer(
    _ name: String, in range: ClosedRange<Int>, unit: String = "", _ doc: String
  ) -> Self {
    Self(definition: Definition(name, .integer(range, unit: unit), doc), fallback: nil) {
      $0.number.flatMap(Int.init(exactly:))
    }
  }
}

extension Key where Value == Double? {
  /// One that has no value where the recipe is silent.
  static func number(
    _ name: String, in range: ClosedRange<Double>, unit: String = "", _ doc: String
  ) -> Self {
    Self(definition: Definition(name, .number(range, unit: unit), doc), fallback: nil) {
      $0.number
    }
  }
}

extension Key where Value == [Double]? {
  static func numbers(
    _ name: String, in range: ClosedRange<Double>, unit: String, count: ClosedRange<Int>,
    _ doc: String
  ) -> Self {
    Self(
      definition: Definition(name, .list(.number(range, unit: unit), count: count), doc),
      fallback: nil
    ) { $0.items?.compactMap(\.number) }
  }
}

extension Key where Value == [String: Located<Double>] {
  /// A number for each uid.
  static func numberMap(
    _ name: String, in range: ClosedRange<Double>, unit: String, _ doc: String
  ) -> Self {
    Self(definition: Definition(name, .map(.number(range, unit: unit)), doc), fallback: [:]) {
      $0.entries.reduce(into: [:]) { map, entry in
        map[entry.key] = entry.value.number.map { Located($0, at: entry.place) }
      }
    }
  }
}

extension Key where Value == Values {
  /// Keys of their own under one name.
  static func group(_ name: String, of definitions: [Definition], _ doc: String) -> Self {
    Self(
      definition: Definition(name, .group(definitions), doc),
      fallback: Values(Node(.mapping([]), at: nil))
    ) { Values($0) }
  }
}

extension Key where Value == String? {
  static func text(
    _ name: String, as type: ValueType = .text, _ doc: String, isRequired: Bool = false
  ) -> Self {
    Self(definition: Definition(name, type, doc, isRequired: isRequired), fallback: nil) {
      $0.text
    }
  }
}

extension Key where Value == [Located<String>]? {
  static func texts(
    _ name: String, of type: ValueType, count: ClosedRange<Int> = 1...10_000, _ doc: String
  ) -> Self {
    Self(definition: Definition(name, .list(type, count: count), doc), fallback: nil) {
      $0.items?.compactMap { item in item.text.map { Located($0, at: item.place) } }
    }
  }
}

extension Key where Value == [Located<String>]? {
  static func patterns(_ name: String, _ doc: String, isRequired: Bool = false) -> Self {
    Self(definition: Definition(name, .patterns, doc, isRequired: isRequired), fallback: nil) {
      $0.items?.compactMap { item in item.text.map { Located($0, at: item.place) } }
    }
  }
}

extension Key where Value == [String: String] {
  static func map(_ name: String, _ doc: String) -> Self {
    Self(definition: Definition(name, .map(.text), doc), fallback: [:]) { node in
      node.entries.reduce(into: [:]) { map, entry in map[entry.key] = entry.value.text }
    }
  }
}

extension Key where Value == [Values] {
  static func groups(
    _ name: String, of definitions: [Definition], _ doc: String, isRequired: Bool = false
  ) -> Self {
    Self(
      definition: Definition(
        name, .list(.group(definitions), count: 1...1000), doc, isRequired: isRequired),
      fallback: []
    ) { $0.items?.map(Values.init) }
  }
}

extension Key where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases, or of `among`; `later` are words that recipes define but nothing makes yet.
  static func choice(
    _ name: String, _ fallback: Value, among: [Value] = Array(Value.allCases),
    later: [String] = [], _ doc: String
  ) -> Self {
    Self(
      definition: Definition(
        name, .choice(choices(among.map(\.rawValue), later)),
        fallback: .string(fallback.rawValue), doc),
      fallback: fallback
    ) { $0.text.flatMap(Value.init) }
  }
}

extension Key {
  /// One of the cases, or none where the recipe is silent.
  static func choice<Word: RawRepresentable & CaseIterable>(
    _ name: String, among: [Word] = Array(Word.allCases), later: [String] = [], _ doc: String
  ) -> Self where Value == Word?, Word.RawValue == String {
    Self(
      definition: Definition(name, .choice(choices(among.map(\.rawValue), later)), doc),
      fallback: nil
    ) { $0.text.flatMap(Word.init) }
  }
}

private func choices(_ now: [String], _ later: [String]) -> [ValueType.Choice] {
  now.map { ValueType.Choice(name: $0, isAvailable: true) }
    + later.map { ValueType.Choice(name: $0, isAvailable: false) }
}
