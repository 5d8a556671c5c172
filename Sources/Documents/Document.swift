package import Basics

/// A YAML or JSON text as a tree that knows the place of every value.
///
/// Any bytes give a tree or a problem, in time and memory that the limits bound.
package struct Document: Sendable {
  /// nil when the text cannot be read; there is a problem then.
  package let root: Node?
  /// What is wrong, in the order of the text.
  package let problems: [Diagnostic]

  /// Reads a text: JSON (RFC 8259) when `file` ends in `.json` or the text is JSON, else YAML.
  ///
  /// `file` is the name that places bear. An empty text is a null.
  package init(reading bytes: [UInt8], file: String) {
    let text = SourceText(bytes, file: file)
    var builder = TreeBuilder()
    do throws(SyntaxError) {
      root = try Self.read(text, into: &builder)
      problems = builder.problems
    } catch {
      root = nil
      problems = builder.problems + [Diagnostic(at: error.place, error.message)]
    }
  }

  private static func read(_ text: SourceText, into builder: inout TreeBuilder)
    throws(SyntaxError) -> Node
  {
    try text.checkEncoding()
    if text.file.lowercased().hasSuffix(".json") {
      return try JSONReader.read(text, into: &builder)
    }
    if text.looksLikeJSON {
      var attempt = TreeBuilder()
      if let tree = try? JSONReader.read(text, into: &attempt) {
        builder = attempt
        return tree
      }
    }
    try text.checkCharacters()
    return try YAMLReader.read(text, into: &builder)
  }
}

/// How much a text may hold.
///
/// The largest recipe anybody will write is far below.
enum Limit {
  static let bytes = 8 << 20
  /// Counted with every use of an alias, so that a few lines cannot stand for billions of values.
  static let nodes = 200_000
  static let depth = 100
  static let problems = 100
}

/// Why a text cannot be read, and where.
struct SyntaxError: Error {
  let place: Place
  let message: String

  init(_ place: Place, _ message: String) {
    self.place = place
    self.message = message
  }
}

/// What both readers do to every value: count, check for duplicate keys.
struct TreeBuilder {
  private(set) var problems: [Diagnostic] = []
  private(set) var count = 0

  /// Counts `nodes` more at `place`, `depth` levels deep.
  mutating func admit(_ nodes: Int = 1, depth: Int, at place: Place) throws(SyntaxError) {
    count += nodes
    if count > Limit.nodes {
      throw SyntaxError(place, "more than \(Limit.nodes) values")
    }
    if depth > Limit.depth {
      throw SyntaxError(place, "nested more than \(Limit.depth) levels deep")
    }
  }

  /// A mapping of what is left when every key stands once, the first one.
  mutating func mapping(_ entries: [Node.Entry], at place: Place) -> Node {
    var seen: [String: Place?] = [:]
    let unique = entries.filter { entry in
      guard let first = seen[entry.key] else {
        seen[entry.key] = entry.place
        return true
      }
      if problems.count < Limit.problems {
        let line = first.map { " (first on line \($0.line))" } ?? ""
        problems.append(
          Diagnostic(at: entry.place, "duplicate key \(quoted(entry.key))\(line)"))
      }
      return false
    }
    return Node(.mapping(unique), at: place)
  }
}

/// An excerpt of `text` in single quotes.
func quoted(_ text: String) -> String { "'\(excerpt(text))'" }
