import Basics
import Documents
import Slices

/// Checks located trees against definitions, and puts every value into its final form.
struct Checker {
  var problems = Problems()
  var variables: Variables
  /// What a recipe's relative paths are relative to; empty for the working folder.
  let folder: String

  /// The entries of `node` that are right, as a mapping; `path` is the keys that lead to it.
  ///
  /// `owner` is what unknown and missing keys are named after: `unknown key 'x' in 'audio'`.
  mutating func group(
    _ node: Node, _ definitions: [Definition], path: [String] = [], owner: String?
  ) -> Node {
    let place = node.place
    let entries: [Node.Entry]
    switch node.value {
    case .mapping(let found): entries = found
    case .null where path.isEmpty: entries = []
    default:
      problems.add(
        at: place, "\(label(path, at: place, owner)) must be a mapping, found \(node.found)")
      return Node(.mapping([]), at: place)
    }
    var checked: [Node.Entry] = []
    for entry in entries {
      guard let definition = definitions.first(where: { $0.name == entry.key }) else {
        unknown(entry, among: definitions.map(\.name), owner: owner)
        continue
      }
      let inner = path + [definition.name]
      guard definition.isAvailable else {
        // An option names the key in the group that was given.
        let deepest = entry.place == nil ? entry.value.entries.first.map { [$0.key] } ?? [] : []
        problems.unavailable(at: entry.place, label(inner + deepest, at: entry.place))
        continue
      }
      if let value = value(entry.value, definition.type, path: inner) {
        checked.append(Node.Entry(entry.key, at: entry.place, value))
      }
    }
    for definition in definitions
    where definition.isRequired && !entries.contains(where: { $0.key == definition.name }) {
      let name = label(path + [definition.name], at: place)
      let inside = place == nil ? "" : owner.map { " in '\($0)'" } ?? ""
      problems.add(at: place, "\(name) is missing\(inside)")
    }
    return Node(.mapping(checked), at: place)
  }

  mutating func unknown(_ entry: Node.Entry, among names: [String], owner: String?) {
    let inside = owner.map { " in '\($0)'" } ?? ""
    if entry.key == "id", let owner, StepKind.named(owner) != nil {
      return problems.add(at: entry.place, "'id' belongs beside '\(owner)', not in it")
    }
    let hint = problems.isFull ? "" : suggest(entry.key, names)
    problems.add(
      at: entry.place,
      "unknown key '\(excerpt(entry.key))'\(inside)\(hint)")
  }

  /// `node` in its final form when it is of `type`; else nil, and there is a problem.
  mutating func value(_ raw: Node, _ type: ValueType, path: [String]) -> Node? {
    switch type {
    case .text, .path, .location, .template: return text(raw, type, path: path)
    case .uid: return uid(raw, path: path)
    case .list(let item, let count): return list(raw, of: item, count: count, path: path)
    case .patterns:
      guard case .string = raw.value else {
        return list(raw, of: .path, count: 1...10_000, path: path)
      }
      return text(raw, .path, path: path).map { Node(.list([$0]), at: raw.place) }
    case .map(let item):
      guard case .mapping(let entries) = raw.value else {
        return wrong(raw, path, "a mapping")
      }
      return Node(
        .mapping(
          entries.compactMap { entry in
            // An option is named as a whole.
            value(entry.value, item, path: entry.place == nil ? path : path + [entry.key]).map {
              Node.Entry(entry.key, at: entry.place, $0)
            }
          }), at: raw.place)
    case .group(let definitions):
      return group(raw, definitions, path: path, owner: path.last)
    case .flag, .integer, .number, .choice:
      return variables.resolve(raw, &problems).flatMap { scalar($0, type, path: path) }
    }
  }

  private mutating func scalar(_ node: Node, _ type: ValueType, path: [String]) -> Node? {
    switch (type, node.value) {
    case (.flag, .bool): return node
    case (.integer(let range, _), .number(let number, _)) where number.rounded() == number:
      return inRange(node, number, Double(range.lowerBound)...Double(range.upperBound), path)
    case (.number(let range, _), .number(let number, _)):
      return inRange(node, number, range, path)
    case (.choice(let choices), .string(let word)):
      if let choice = choices.first(where: { $0.name == word }) {
        guard !choice.isAvailable else { return node }
        let name = label(path, at: node.place)
        problems.unavailable(
          at: node.place, node.place == nil ? "\(name) \(word)" : "\(name.dropLast()): \(word)'")
        return nil
      }
      return wrong(node, path, type.phrase, suggest(word, choices.map(\.name)))
    default: return wrong(node, path, type.phrase, hint(for: node, type))
    }
  }

  private mutating func inRange(
    _ node: Node, _ number: Double, _ range: ClosedRange<Double>, _ path: [String]
  ) -> Node? {
    guard range.contains(number) else {
      return wrong(
        node, path,
        range.lowerBound == range.upperBound
          ? plain(range.lowerBound)
          : "from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
      )
    }
    return node
  }

  // MARK: Texts

  private mutating func text(_ node: Node, _ type: ValueType, path: [String]) -> Node? {
    guard case .string(let written) = node.value else {
      let quotes = node.scalarText.map { $0.isEmpty ? "" : "; put it in quotes" } ?? ""
      return wrong(node, path, type.phrase, quotes)
    }
    var isTemplate = false
    if case .template = type { isTemplate = true }
    guard
      let text = variables.replace(
        in: written, at: node.place, keepingNames: isTemplate, &problems)
    else { return nil }
    guard !text.isEmpty, !text.contains("\0") else {
      return wrong(node, path, "a text that is not empty")
    }
    switch type {
    case .path: return Node(.string(resolve(text, at: node.place)), at: node.place)
    case .location:
      return Node(.string(isURL(text) ? text : resolve(text, at: node.place)), at: node.place)
    case .template where text.contains("/"):
      return wrong(node, path, "a file name without '/'")
    case .template where text.unicodeScalars.contains { $0.properties.generalCategory == .control }:
      return wrong(node, path, "a file name without control characters")
    default: return Node(.string(text), at: node.place)
    }
  }

  private mutating func uid(_ raw: Node, path: [String]) -> Node? {
    let text: String
    switch raw.value {
    case .string(let written):
      guard
        let replaced = variables.replace(
          in: written, at: raw.place, keepingNames: false, &problems)
      else { return nil }
      text = replaced
    case .number(let number, let written) where number >= 0 && number.rounded() == number:
      text = written
    default:
      let quotes = raw.scalarText.map { $0.isEmpty ? "" : "; put it in quotes" } ?? ""
      return wrong(raw, path, "a uid", quotes)
    }
    if let problem = SliceName.problem(uid: text) {
      problems.add(
        at: raw.place,
        "\(label(path, at: raw.place)) cannot hold the uid \"\(excerpt(text))\": \(problem)")
      return nil
    }
    return Node(.string(text), at: raw.place)
  }

  private mutating func list(
    _ raw: Node, of item: ValueType, count: ClosedRange<Int>, path: [String]
  ) -> Node? {
    guard case .list(let items) = raw.value else {
      let hint = raw.scalarText.map { $0.isEmpty ? "" : "; write [\(excerpt($0))]" } ?? ""
      return wrong(raw, path, "a list", hint)
    }
    guard count.contains(items.count) else {
      return wrong(
        raw, path, "a list of \(count.lowerBound) to \(count.upperBound)",
        items.isEmpty ? " without items" : " of \(items.count)")
    }
    return Node(.list(items.compactMap { value($0, item, path: path) }), at: raw.place)
  }

  private func resolve(_ path: String, at place: Place?) -> String {
    guard place != nil, !path.hasPrefix("/"), !folder.isEmpty else { return path }
    return "\(folder)/\(path.hasPrefix("./") ? path.dropFirst(2) : path[...])"
  }

  /// Whether a scheme (RFC 3986 §3.1) begins `text`.
  private func isURL(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":"), text.first?.isLetter == true else { return false }
    return text[..<colon].allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0))
    }
  }

  // MARK: Messages

  private mutating func wrong(
    _ node: Node, _ path: [String], _ wanted: String, _ hint: String = ""
  ) -> Node? {
    problems.add(
      at: node.place,
      node.value == .null && node.place != nil
        ? "\(label(path, at: node.place)) has no value"
        : "\(label(path, at: node.place)) must be \(wanted), found \(node.found)\(hint)")
    return nil
  }

  /// What somebody probably meant who wrote a text where a number, true or false is wanted.
  private func hint(for node: Node, _ type: ValueType) -> String {
    guard case .string(let text) = node.value else { return "" }
    switch type {
    case .flag:
      switch text.lowercased() {
      case "true", "yes", "on", "y": return " (did you mean true?)"
      case "false", "no", "off", "n": return " (did you mean false?)"
      default: return ""
      }
    case .integer, .number:
      if case .number = Node.Value(plain: text) { return " (did you mean \(text)?)" }
      let trimmed = text.drop { $0 == "0" || $0 == "+" }
      if case .number = Node.Value(plain: String(trimmed)) {
        return " (did you mean \(trimmed)?)"
      }
      return clock(text).map { " (did you mean \($0)?)" } ?? ""
    default: return ""
    }
  }

  /// The seconds of `1:30` or `1:02:03`.
  private func clock(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), parts.allSatisfy({ (1...4).contains($0.utf8.count) })
    else { return nil }
    return parts.reduce(Int?(0)) { sum, part in
      guard let sum, let value = Int(part), value >= 0 else { return nil }
      return sum * 60 + value
    }
  }
}

/// How messages name a key: `'bitrate'`, or `--audio-bitrate` for what came as an option.
func label(_ path: [String], at place: Place?, _ owner: String? = nil) -> String {
  guard place == nil, !path.isEmpty else { return "'\(excerpt(path.last ?? owner ?? "recipe"))'" }
  return optionName(path)
}

/// A whole number without its decimals.
func plain(_ number: Double) -> String {
  Int(exactly: number).map(String.init) ?? "\(number)"
}

extension ValueType {
  /// What it is, for "must be …".
  var phrase: String {
    switch self {
    case .text: "a text"
    case .path: "a path"
    case .location: "a URL or path"
    case .template: "a file name"
    case .uid: "a uid"
    case .flag: "true or false"
    case .integer(_, let unit): "a whole number" + (unit.isEmpty ? "" : " of \(unit)")
    case .number(_, let unit): "a number" + (unit.isEmpty ? "" : " of \(unit)")
    case .choice(let choices):
      choices.map { "'\($0.name)'" }.enumerated().reduce("") { text, word in
        switch word.offset {
        case 0: word.element
        case choices.count - 1: "\(text) or \(word.element)"
        default: "\(text), \(word.element)"
        }
      }
    case .list: "a list"
    case .patterns: "a path or a list of paths"
    case .map, .group: "a mapping"
    }
  }
}
