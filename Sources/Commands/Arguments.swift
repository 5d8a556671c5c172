import Basics

/// One option of a command.
struct Option: Sendable {
  /// The long name with its dashes, or the short one where there is no long.
  let name: String
  /// One letter with its dash.
  let short: String?
  /// What follows it, a word for each value: `W H`; nil for a flag.
  let placeholder: String?
  /// One line for help.
  let doc: String
  let isRepeatable: Bool

  init(
    _ name: String, _ short: String? = nil, _ placeholder: String? = nil, _ doc: String,
    isRepeatable: Bool = false
  ) {
    self.name = name
    self.short = short
    self.placeholder = placeholder
    self.doc = doc
    self.isRepeatable = isRepeatable
  }

  /// How many words follow it.
  var count: Int { placeholder?.split(separator: " ").count ?? 0 }
}

/// A command line, taken apart by a table of options.
struct Arguments: Sendable {
  private(set) var operands: [String] = []
  private var values: [String: [[String]]] = [:]

  /// Takes `words` apart: `--name value`, `--name=value`, `-n value`, `-nvalue`; `--` ends the
  /// options and `-` is an operand.
  init(_ words: some Sequence<String>, options: [Option]) throws(Ending) {
    var rest = Array(words)[...]
    while let word = rest.popFirst() {
      guard word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      if word == "--" {
        operands += rest
        return
      }
      var name = word
      var attached: String?
      if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
        name = String(word[..<equals])
        attached = String(word[word.index(after: equals)...])
      } else if !word.hasPrefix("--"), word.count > 2,
        options.contains(where: { $0.matches(String(word.prefix(2))) })
      {
        name = String(word.prefix(2))
        attached = String(word.dropFirst(2))
      }
      guard let option = options.first(where: { $0.matches(name) }) else {
        let near = name.count > 2 ? nearestName(to: name, in: options.map(\.name)) : nil
        let hint = near.map { " (did you mean '\($0)'?)" } ?? ""
        throw .usage("unknown option '\(excerpt(name))'\(hint)")
      }
      var taken = attached.map { [$0] } ?? []
      guard taken.count <= option.count else { throw .usage("'\(name)' takes no value") }
      while taken.count < option.count {
        guard let value = rest.popFirst() else {
          throw .usage("'\(name)' needs a value: \(name) \(option.placeholder ?? "")")
        }
        taken.append(value)
      }
      values[option.name, default: []].append(taken)
    }
  }

  /// Whether a flag, or any option, was given.
  func has(_ name: String) -> Bool { values[name] != nil }

  /// The value of an option; the last one where it was given again.
  subscript(name: String) -> String? { values[name]?.last?.first }

  /// The words of an option that takes several; empty where it was not given.
  func words(of name: String) -> [String] { values[name]?.last ?? [] }

  /// All values of an option that may be given again.
  func all(_ name: String) -> [String] { values[name]?.compactMap(\.first) ?? [] }
}

extension Option {
  fileprivate func matches(_ word: String) -> Bool { word == name || word == short }
}
