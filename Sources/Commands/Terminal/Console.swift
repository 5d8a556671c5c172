import Basics
import Posix
import Recipes
import Synchronization

/// Where a command writes: results on standard output, all else on standard error.
///
/// Several threads may write; every line comes out whole.
final class Console: Sendable {
  private struct State {
    var isJSON = false
    var hasFailed = false
    /// The lengths of the lines of live status on the terminal, below which nothing stands.
    var live: [Int] = []
  }

  private let state = Mutex(State())
  private let write: @Sendable (OutputStream, String) -> Bool
  private let measure: @Sendable () -> Int?
  /// Columns of the terminal that shows live status, as it is now; nil when there is none.
  var width: Int? { measure() }
  /// Columns to draw in.
  let drawingWidth: Int
  /// Whether results go to a person's terminal.
  let isTerminal: Bool

  /// The process's own streams.
  convenience init() {
    let hasStatus = OutputStream.error.isTerminal
    let isTerminal = OutputStream.standard.isTerminal
    self.init(
      width: hasStatus ? OutputStream.error.width ?? 80 : nil,
      drawingWidth: isTerminal ? OutputStream.standard.width ?? 80 : 100,
      isTerminal: isTerminal
    ) { stream, text in stream.write(text) }
  }

  init(
    width: @escaping @autoclosure @Sendable () -> Int? = nil, drawingWidth: Int = 80,
    isTerminal: Bool = false,
    write: @escaping @Sendable (OutputStream, String) -> Bool
  ) {
    measure = width
    self.drawingWidth = drawingWidth
    self.isTerminal = isTerminal
    self.write = write
  }

  /// Whether standard output gets JSON lines.
  var isJSON: Bool {
    get { state.withLock { $0.isJSON } }
    set { state.withLock { $0.isJSON = newValue } }
  }

  /// Whether a result could not be written.
  var hasFailed: Bool { state.withLock { $0.hasFailed } }

  // MARK: Lines

  /// A result: text that ends in a line feed, or gets one.
  func out(_ text: String) {
    put(.standard, text.hasSuffix("\n") ? text : text + "\n")
  }

  /// A message.
  func error(_ line: String) { put(.error, printable(line) + "\n") }

  /// Text of many lines, such as help, as a message.
  func explain(_ text: String) { put(.error, text.hasSuffix("\n") ? text : text + "\n") }

  /// A message that JSON readers do without.
  func note(_ line: String) { if !isJSON { error(line) } }

  private func put(_ stream: OutputStream, _ text: String) {
    state.withLock { state in
      let gone = cleared(&state)
      if !gone.isEmpty { _ = write(.error, gone) }
      if !write(stream, text), stream == .standard { state.hasFailed = true }
    }
  }

  // MARK: Live status

  /// Replaces the live status on a terminal; without one, does nothing.
  func show(_ lines: [String]) {
    guard let width, !isJSON else { return }
    state.withLock { state in
      // All in one write: a terminal that draws between two would flicker.
      let gone = cleared(&state)
      let cut = lines.map { String(printable($0).prefix(max(1, width - 1))) }
      _ = write(.error, gone + cut.map { $0 + "\n" }.joined())
      state.live = cut.map(\.count)
    }
  }

  /// What takes the live status from the terminal; a terminal that has become narrower shows its
  /// lines in several rows.
  private func cleared(_ state: inout State) -> String {
    guard !state.live.isEmpty else { return "" }
    let width = max(1, self.width ?? 80)
    let rows = state.live.map { max(1, ($0 + width - 1) / width) }.reduce(0, +)
    state.live = []
    return "\u{1B}[\(rows)A\u{1B}[J"
  }

  // MARK: Events and problems

  /// One line of JSON with the `event` first; only in JSON mode.
  func event(_ name: String, _ members: [JSONValue.Member]) {
    guard isJSON else { return }
    out(JSONValue.object([.init("event", .string(name))] + members).line)
  }

  /// A warning or error, as an event in JSON mode and else as a line.
  func problem(_ diagnostic: Diagnostic) {
    guard isJSON else { return error(diagnostic.description) }
    var members: [JSONValue.Member] = [.init("message", .string(diagnostic.message))]
    if let place = diagnostic.place {
      members += [
        .init("file", .string(place.file)), .init("line", .integer(Int64(place.line))),
        .init("column", .integer(Int64(place.column))),
      ]
    }
    event(diagnostic.severity == .warning ? "warning" : "error", members)
  }

  /// Everything that is wrong with a recipe; what came from options bears the program's name.
  func problems(_ problems: Problems, as program: String) {
    for diagnostic in problems.all {
      if diagnostic.place == nil, !isJSON {
        error("\(program): \(diagnostic.description)")
      } else {
        problem(diagnostic)
      }
    }
    if problems.omitted > 0 { note("… and \(problems.omitted) more") }
  }

  /// Tells the exit code in JSON mode, and returns it.
  func end(_ code: ExitCode) -> ExitCode {
    event("done", [.init("code", .integer(Int64(code.rawValue)))])
    return code
  }
}

/// `text` on one line, without what would move a terminal's cursor or colour it.
func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
    return text
  }
  let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
    scalar.properties.generalCategory == .control ? " " : scalar
  }
  return String(String.UnicodeScalarView(scalars))
}
