import Basics
import Documents

/// What `${name}` and `${env.NAME}` stand for.
struct Variables {
  /// What output names replace later, per output.
  static let ofNames = ["sid", "cname", "uid", "index", "utc", "id"]
  private static let longest = 4096
  private static let total = 16 << 20

  private var values: [String: String] = [:]
  private let given: [String: String]
  private let environment: @Sendable (String) -> String?
  private var used: Set<String> = []
  private var length = 0

  /// `given` wins over what the recipe says: `--set name=value`.
  init(given: [String: String], environment: @escaping @Sendable (String) -> String?) {
    self.given = given
    self.environment = environment
    values = given
  }

  /// Takes the recipe's `vars`; each may use the ones above it.
  mutating func declare(_ vars: Node, _ problems: inout Problems) {
    guard case .mapping(let entries) = vars.value else {
      return problems.add(at: vars.place, "'vars' must be a mapping, found \(vars.found)")
    }
    for entry in entries {
      used.insert(entry.key)
      if Self.ofNames.contains(entry.key) {
        problems.add(
          at: entry.place,
          "'\(entry.key)' cannot be a variable; '${\(entry.key)}' has a meaning in 'name'")
      } else if !Self.isName(entry.key) {
        problems.add(
          at: entry.place,
          "'\(excerpt(entry.key))' cannot be a variable's name; use letters, digits and '_'")
      } else if let text = entry.value.scalarText {
        if given[entry.key] == nil {
          values[entry.key] =
            replace(in: text, at: entry.value.place, keepingNames: false, &problems) ?? ""
        }
      } else {
        problems.add(
          at: entry.value.place,
          "the variable '\(entry.key)' must be a text, a number, true or false, found "
            + entry.value.found)
      }
    }
  }

  /// Reports what `--set` gave but nothing used.
  func checkUse(_ problems: inout Problems) {
    for name in given.keys.sorted() where !used.contains(name) {
      let known = used.subtracting(given.keys)
      problems.add(
        at: nil, "--set \(excerpt(name)): the recipe has no such variable\(suggest(name, known))")
    }
  }

  /// `node` with the values of its variables; nil when there is a problem.
  ///
  /// A text in which nothing but one variable stands means what the variable's value means:
  /// `${rate}` is a number where `rate` is one.
  mutating func resolve(_ node: Node, _ problems: inout Problems) -> Node? {
    guard case .string(let text) = node.value, text.contains("${") else { return node }
    guard
      let replaced = replace(in: text, at: node.place, keepingNames: false, &problems)
    else { return nil }
    let isAlone = text.hasPrefix("${") && text.firstIndex(of: "}") == text.indices.last
    return Node(isAlone ? .init(plain: replaced) : .string(replaced), at: node.place)
  }

  /// `text` with the values of its variables; nil when there is a problem.
  ///
  /// `$${` stands for `${` itself. With `keepingNames` what output names replace stays.
  mutating func replace(
    in text: String, at place: Place?, keepingNames: Bool, _ problems: inout Problems
  ) -> String? {
    guard text.contains("${") else { return text }
    guard length <= Self.total else { return nil }
    var out = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      out += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        out += keepingNames ? "$${" : "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${") {
        guard let close = rest.firstIndex(of: "}") else {
          problems.add(at: place, "'${' without '}' in \"\(excerpt(text))\"")
          return nil
        }
        let name = String(rest[..<close].dropFirst(2))
        guard
          let value = keepingNames && Self.ofNames.contains(name)
            ? "${\(name)}" : value(of: name, at: place, &problems)
        else { return nil }
        out += value
        rest = rest[close...].dropFirst()
      } else {
        out += "$"
        rest = rest.dropFirst()
      }
      if out.utf8.count > Self.longest {
        problems.add(at: place, "longer than \(Self.longest) bytes with its variables")
        return nil
      }
    }
    out += rest
    length += out.utf8.count
    guard length <= Self.total else {
      problems.add(at: place, "more than \(Self.total >> 20) MiB of text with its variables")
      return nil
    }
    return out
  }

  private mutating func value(of name: String, at place: Place?, _ problems: inout Problems)
    -> String?
  {
    used.insert(name)
    if let value = values[name] { return value }
    if name.hasPrefix("env.") {
      if let value = environment(String(name.dropFirst(4))) { return value }
      problems.add(at: place, "the environment has no '\(excerpt(String(name.dropFirst(4))))'")
    } else if Self.ofNames.contains(name) {
      problems.add(at: place, "'${\(name)}' has a meaning only in 'name'")
    } else {
      problems.add(
        at: place, "unknown variable '${\(excerpt(name))}'\(suggest(name, values.keys))")
    }
    return nil
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
  }
}

/// ` (did you mean 'x'?)`, or nothing when no name is near.
func suggest(_ word: String, _ names: some Sequence<String>) -> String {
  nearestName(to: word, in: names).map { " (did you mean '\($0)'?)" } ?? ""
}

extension Node {
  /// The text of a scalar as it was written; nil for a list or mapping.
  var scalarText: String? {
    switch value {
    case .null: ""
    case .bool(let value): value ? "true" : "false"
    case .number(_, let text), .string(let text): text
    case .list, .mapping: nil
    }
  }

  /// What it is, for the end of "found …".
  var found: String {
    switch value {
    case .null: "nothing"
    case .bool, .number: scalarText.map(excerpt) ?? ""
    case .string(let text): "\"\(excerpt(text))\""
    case .list: "a list"
    case .mapping: "a mapping"
    }
  }
}
