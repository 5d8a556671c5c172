/// A place in a text: lines and columns count from 1, columns in characters.
package struct Place: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let file: String
  package let line: Int
  package let column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  package static func < (a: Place, b: Place) -> Bool {
    (a.file, a.line, a.column) < (b.file, b.line, b.column)
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// One thing that is wrong with, or odd in, a recipe: `file:line:column: message`.
package struct Diagnostic: Hashable, Sendable, CustomStringConvertible {
  package enum Severity: Hashable, Sendable { case warning, error }

  package let severity: Severity
  /// Where it is; nil for what came from the command line.
  package let place: Place?
  package let message: String

  package init(_ severity: Severity = .error, at place: Place?, _ message: String) {
    self.severity = severity
    self.place = place
    self.message = message
  }

  package var description: String {
    let text = severity == .warning ? "warning: \(message)" : message
    return place.map { "\($0): \(text)" } ?? text
  }
}
