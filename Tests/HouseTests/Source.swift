import TestSupport

/// A source file of this checkout.
struct Source: Sendable {
  /// Relative to the repository's root.
  let path: String
  let lines: [Substring]

  /// The folder below `Sources` or `Tests`.
  var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The lines without comments and without what stands between quotes on one line.
  var code: [(number: Int, text: String)] {
    lines.enumerated().map { ($0.offset + 1, Self.code(of: $0.element)) }
  }

  /// The modules it imports, with the line of each.
  var imports: [(number: Int, module: String)] {
    code.compactMap { number, text in
      let words = text.split(separator: " ")
      guard let word = words.firstIndex(of: "import"), word + 1 < words.count,
        words[..<word].allSatisfy({ $0.hasPrefix("@") || Self.accessLevels.contains($0) })
      else { return nil }
      return (number, String(words[word + 1]))
    }
  }

  private static let accessLevels: Set<Substring> = [
    "public", "package", "internal", "fileprivate", "private",
  ]

  private static func code(of line: Substring) -> String {
    var code = ""
    var isQuoted = false
    var previous: Character?
    for character in line {
      if character == "\"", previous != "\\" { isQuoted.toggle() }
      if !isQuoted, character == "/", previous == "/" { return String(code.dropLast()) }
      if !isQuoted { code.append(character) }
      previous = character
    }
    return code
  }

  static func all(in folder: String) throws -> [Source] {
    try Files.below(Repository.path(folder)).filter { $0.hasSuffix(".swift") }.map {
      let path = "\(folder)/\($0)"
      let text = try Files.text(Repository.path(path))
      return Source(
        path: path, lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }
  }
}
