package import Basics
import Documents

/// Everything that is wrong with a recipe, collected before anything runs.
package struct Problems: Sendable {
  /// At most this many are kept; a text of millions of mistakes is not worth more lines.
  static let limit = 100

  private var seen: Set<Diagnostic> = []
  private(set) var found: [Diagnostic] = []
  private var isWrong = false
  private var isUnavailable = false
  /// The text that the places are in; nil where there is none, or it may hold secrets.
  var source: SourceLines?
  /// How many are left out of `all`.
  package private(set) var omitted = 0

  package init(_ found: [Diagnostic] = []) {
    for diagnostic in found { add(diagnostic) }
  }

  /// In the order of the text.
  package var all: [Diagnostic] {
    found.enumerated().sorted { a, b in
      switch (a.element.place, b.element.place) {
      case (let p?, let q?) where p != q: p < q
      case (nil, .some): true
      case (.some, nil): false
      default: a.offset < b.offset
      }
    }.map(\.element)
  }

  package var warnings: [Diagnostic] { all.filter { $0.severity == .warning } }
  package var errors: [Diagnostic] { all.filter { $0.severity == .error } }

  /// The exit code that the errors ask for; nil where there is none.
  package var code: ExitCode? { isWrong ? .data : isUnavailable ? .unavailable : nil }

  /// The line of the recipe that a place is in, where it may be shown.
  package func line(of place: Place) -> String? { source?.line(of: place) }

  var isFull: Bool { found.count >= Self.limit }

  package mutating func add(at place: Place?, _ message: String) {
    add(Diagnostic(at: place, message))
  }

  package mutating func warn(at place: Place?, _ message: String) {
    add(Diagnostic(.warning, at: place, message))
  }

  /// Something that recipes define but this version cannot do.
  package mutating func unavailable(at place: Place?, _ what: String) {
    isUnavailable = true
    keep(Diagnostic(at: place, "\(what) is not available yet"))
  }

  package mutating func add(_ diagnostic: Diagnostic) {
    if diagnostic.severity == .error { isWrong = true }
    keep(diagnostic)
  }

  mutating func merge(_ other: Problems) {
    isWrong = isWrong || other.isWrong
    isUnavailable = isUnavailable || other.isUnavailable
    for diagnostic in other.found { keep(diagnostic) }
  }

  private mutating func keep(_ diagnostic: Diagnostic) {
    if isFull {
      omitted += 1
    } else if seen.insert(diagnostic).inserted {
      found.append(diagnostic)
    }
  }
}
