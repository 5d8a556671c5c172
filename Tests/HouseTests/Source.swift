import Glibc
import TestSupport

/// A source file of this checkout.
struct Source: Sendable {
  /// Relative to the repository's root.
  let path: String
  let text: String
  let lines: [String]
  /// The lines without comments and without what stands between quotes on one line.
  let code: [String]

  static let product = load("Sources")
  static let tests = load("Tests")

  /// The folder below `Sources` or `Tests`.
  var room: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// The modules it imports, with the line of each.
  var imports: [(number: Int, module: String)] {
    lines(holding: "import ").compactMap { number, text in
      let words = text.split(separator: " ")
      guard let word = words.firstIndex(of: "import"), word + 1 < words.count,
        words[..<word].allSatisfy({ $0.hasPrefix("@") || Self.accessLevels.contains($0) })
      else { return nil }
      return (number, String(words[word + 1]))
    }
  }

  /// The numbers, from 1, and the code of the lines in which the word stands.
  func lines(holding word: String) -> [(number: Int, text: String)] {
    // Swift's own search takes a minute for all files and words in a debug build.
    guard strstr(text, word) != nil else { return [] }
    return code.enumerated().filter { strstr($0.element, word) != nil }
      .map { (number: $0.offset + 1, text: $0.element) }
  }

  private static let accessLevels: Set<Substring> = [
    "public", "package", "internal", "fileprivate", "private",
  ]

  private static func code(of line: String) -> String {
    guard strstr(line, "\"") != nil || strstr(line, "//") != nil else { return line }
    let (quote, slash, backslash) = (UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: "\\"))
    var code: [UInt8] = []
    var isQuoted = false
    var previous: UInt8 = 0
    for byte in line.utf8 {
      if byte == quote, previous != backslash { isQuoted.toggle() }
      if !isQuoted, byte == slash, previous == slash {
        code.removeLast()
        break
      }
      if !isQuoted { code.append(byte) }
      previous = byte
    }
    return String(decoding: code, as: UTF8.self)
  }

  /// The Swift files below a folder; none when it cannot be read, which the tests see.
  private static func load(_ folder: String) -> [Source] {
    let names = (try? Files.below(Repository.path(folder))) ?? []
    return names.filter { $0.hasSuffix(".swift") }.map { name in
      let path = "\(folder)/\(name)"
      let text = (try? Files.text(Repository.path(path))) ?? ""
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      return Source(path: path, text: text, lines: lines, code: lines.map(code(of:)))
    }
  }
}
