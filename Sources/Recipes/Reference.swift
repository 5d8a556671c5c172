import Basics

extension Recipe {
  /// The page that lists every key of recipes, in Markdown.
  package static var reference: String {
    let kinds = StepKind.all.filter(\.isAvailable)
    let later = StepKind.all.filter { !$0.isAvailable }
    return """
      # Recipes

      A recipe is a YAML or JSON file. The commented samples beside this page show one use each; these \
      are all keys. Times are in seconds. Paths are relative to the recipe. `rushes schema recipe` \
      prints the same as JSON Schema, for editors. Words in parentheses are not available yet.

      `${name}` stands for a value of `vars` or of `--set name=value`, `${env.NAME}` for one of the \
      environment, and `$${` for `${` itself.

      ## Samples

      \(samples.map { "- [`\($0)`](\($0)): \($1)" }.joined(separator: "\n"))

      ## The recipe

      \(table(TopLevelKeys.all))
      \(kinds.map { "\n## \($0.name)\n\n\(sentence($0.doc))\n\n\(table($0.keys))" }.joined(separator: "\n"))

      ## Not available yet

      \(later.map { "- `\($0.name)`: \($0.doc)" }.joined(separator: "\n"))

      """
  }

  private static func table(_ keys: [Definition]) -> String {
    (["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
      + rows(keys, under: "")).joined(separator: "\n")
  }

  private static func rows(_ keys: [Definition], under prefix: String) -> [String] {
    keys.flatMap { key -> [String] in
      let name = prefix + key.name
      let fallback = key.isRequired ? "required" : key.fallback?.plainText ?? ""
      let doc = key.isAvailable ? key.doc : "\(key.doc); not available yet"
      let row = "| `\(name)` | \(key.referenceType) | \(fallback) | \(doc) |"
      switch key.type {
      case .group(let inner): return [row] + rows(inner, under: "\(name).")
      case .list(.group(let inner), _): return [row] + rows(inner, under: "\(name)[].")
      default: return [row]
      }
    }
  }

  private static func sentence(_ doc: String) -> String {
    doc.prefix(1).uppercased() + doc.dropFirst() + "."
  }
}

extension Definition {
  fileprivate var referenceType: String {
    switch name {
    case "vars", "defaults": "mapping"
    case "steps": "list of steps"
    default: type.referencePhrase
    }
  }
}

extension ValueType {
  fileprivate var referencePhrase: String {
    switch self {
    case .integer(let range, _) where range.count == 1: "\(range.lowerBound)"
    case .flag: "`true` `false`"
    case .integer(let range, let unit):
      "\(range.lowerBound) to \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
    case .number(let range, let unit):
      "\(plain(range.lowerBound)) to \(plain(range.upperBound))" + (unit.isEmpty ? "" : " \(unit)")
    case .choice(let choices):
      choices.map { $0.isAvailable ? "`\($0.name)`" : "(`\($0.name)`)" }.joined(separator: " ")
    case .list(let item, _): "list of \(item.plural)"
    case .patterns: "path (`*` stands for many) or list of paths"
    case .group: "mapping"
    case .map(let item): "mapping of \(item.plural)"
    default: String(phrase.split(separator: " ", maxSplits: 1).last ?? "")
    }
  }

  private var plural: String {
    switch self {
    case .uid: "uids"
    case .path: "paths"
    case .group: "mappings"
    case .number(let range, let unit):
      "numbers from \(plain(range.lowerBound)) to \(plain(range.upperBound))"
        + (unit.isEmpty ? "" : " \(unit)")
    default: "texts"
    }
  }
}
