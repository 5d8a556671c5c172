import Basics
import Documents
import Plan

/// A key of a step as an option of the command line: kebab case, nested keys joined.
package struct StepOption: Sendable {
  /// With the two dashes: `--max-idle-time`.
  package let name: String
  /// What follows it, for help: `SECONDS`; nil for a flag, which needs no value.
  package let placeholder: String?
  /// One line, with the default.
  package let doc: String
  fileprivate let path: [String]
  fileprivate let type: ValueType
}

/// The option of a key: `["audio", "sampleRate"]` is `--audio-sample-rate`.
func optionName(_ path: [String]) -> String {
  "--"
    + path.map { key in
      key.reduce(into: "") { name, character in
        if character.isUppercase { name += "-" }
        name += character.lowercased()
      }
    }.joined(separator: "-")
}

extension StepKind {
  /// The keys that a command line can give; the rest are lists of groups.
  package var options: [StepOption] { Self.options(of: keys, under: []) }

  private static func options(of keys: [Definition], under path: [String]) -> [StepOption] {
    keys.filter { $0.name != "output" && $0.name != "from" }.flatMap { key -> [StepOption] in
      let inner = path + [key.name]
      switch key.type {
      case .group(let keys):
        return options(of: keys, under: inner)
          .map { key.isAvailable ? $0 : $0.notAvailable }
      case .list(.group, _): return []
      default:
        let option = StepOption(
          name: optionName(inner), placeholder: key.type.placeholder,
          doc: key.doc + (key.fallback.map { " (\($0.plainText))" } ?? ""), path: inner,
          type: key.type)
        return [key.isAvailable ? option : option.notAvailable]
      }
    }
  }

  /// The recipe of one step of this kind that a command line stands for.
  ///
  /// `sources` are those of a recording, all read in real time or none; `inputs` are the files of a
  /// conversion.
  package func recipe(
    _ options: [(StepOption, String)], sources: [(uid: String, url: String)] = [],
    realtime: Bool = false, inputs: [String] = []
  ) -> (recipe: Recipe?, problems: Problems) {
    var step: [Node.Entry] = []
    if !sources.isEmpty {
      let nodes = sources.map { source in
        Node(
          .mapping([
            .here("uid", .string(source.uid)), .here("url", .string(source.url)),
            .here("realtime", .bool(realtime)),
          ]), at: nil)
      }
      step.append(.here("sources", .list(nodes)))
    }
    if !inputs.isEmpty {
      step.append(.here("input", .list(inputs.map { Node(.string($0), at: nil) })))
    }
    for (option, text) in options { option.put(text, into: &step, option.path[...]) }
    let steps = Node(.list([Node(.mapping([.here(name, .mapping(step))]), at: nil)]), at: nil)
    let root = Node(
      .mapping([.here("version", .number(1, text: "1")), .here("steps", steps.value)]), at: nil)
    return Recipe.read(root, file: "")
  }
}

extension StepOption {
  /// The word for the format of a file with this ending: `hls` for `m3u8` where it is one of the
  /// option's, else the ending itself.
  package func format(ofEnding ending: String) -> String {
    guard case .choice(let choices) = type else { return ending }
    let words = choices.map(\.name).filter { Container(rawValue: $0)?.ending == ending }
    return words.first ?? ending
  }

  fileprivate var notAvailable: StepOption {
    StepOption(
      name: name, placeholder: placeholder, doc: doc + "; not available yet", path: path,
      type: type)
  }

  /// Puts the value at its path; the last of several wins.
  fileprivate func put(_ text: String, into step: inout [Node.Entry], _ path: ArraySlice<String>) {
    guard let key = path.first else { return }
    let at = step.firstIndex { $0.key == key }
    var value = value(of: text, type)
    if path.count > 1 {
      var inner = at.map { step[$0].value.entries } ?? []
      put(text, into: &inner, path.dropFirst())
      value = .mapping(inner)
    }
    let entry = Node.Entry.here(key, value)
    if let at { step[at] = entry } else { step.append(entry) }
  }

  private func value(of text: String, _ type: ValueType) -> Node.Value {
    func list(_ item: ValueType) -> Node.Value {
      .list(
        text.split(separator: ",", omittingEmptySubsequences: false)
          .map { Node(value(of: String($0), item), at: nil) })
    }
    return switch type {
    case .flag, .integer, .number: Node.Value(plain: text)
    case .list(let item, _): list(item)
    case .patterns: list(.path)
    case .map(let item):
      .mapping(
        text.split(separator: ",", omittingEmptySubsequences: false).map { pair in
          let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          let inner = parts.count == 2 ? value(of: String(parts[1]), item) : .null
          return .here(String(parts.first ?? ""), inner)
        })
    default: .string(text)
    }
  }
}

extension Node.Entry {
  /// An entry from the command line.
  fileprivate static func here(_ key: String, _ value: Node.Value) -> Node.Entry {
    Node.Entry(key, at: nil, Node(value, at: nil))
  }
}

extension ValueType {
  fileprivate var placeholder: String? {
    switch self {
    case .flag: nil
    case .text: "TEXT"
    case .path: "PATH"
    case .location: "URL"
    case .template: "NAME"
    case .uid: "UID"
    case .integer(_, let unit), .number(_, let unit): unit.isEmpty ? "N" : unit.uppercased()
    case .choice(let choices):
      choices.filter(\.isAvailable).map(\.name).joined(separator: "|")
    case .list(let item, _): (item.placeholder ?? "ITEM") + ",…"
    case .patterns: "PATH,…"
    case .map(let item): "UID=\(item.placeholder ?? "…"),…"
    case .group: "…"
    }
  }
}

extension JSONValue {
  /// A default as prose has it: `hold`, `30`.
  var plainText: String { if case .string(let text) = self { text } else { line } }
}
