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
    /// How many lines of live status are on the terminal, below which nothing stands.
    var live = 0
  }

  private let state = Mutex(State())
  private let write: @Sendable (OutputStream, String) -> Bool
  /// Columns of the terminal that shows live status; nil when there is none.
  let width: Int?
  /// Columns to draw in.
  let drawingWidth: Int
  /// Whether results go to a person's terminal.
  let isTerminal: Bool

  /// The process's own streams.
  convenience init() {
    let width = OutputStream.error.isTerminal ? OutputStream.error.width ?? 80 : nil
    let isTerminal = OutputStream.standard.isTerminal
    self.init(
      width: width, drawingWidth: isTerminal ? OutputStream.standard.width ?? 80 : 100,
      isTerminal: isTerminal
    ) { stream, text in stream.write(text) }
  }

  init(
    width: Int? = nil, drawingWidth: Int = 80, isTerminal: Bool = false,
    write: @escaping @Sendable (OutputStream, String) -> Bool
  ) {
    self.width = width
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
      clear(&state)
      if !write(stream, text), stream == .standard { state.hasFailed = true }
    }
  }

  // MARK: Live status

  /// Replaces the live status on a terminal; without one, does nothing.
  func show(_ lines: [String]) {
    guard let width, !isJSON else { return }
    state.withLock { state in
      clear(&state)
      let text = lines.map { String(printable($0).prefix(width - 1)) + "\n" }.joined()
      _ = write(.error, text)
      state.live = lines.count
    }
  }

  private func clear(_ state: inout State) {
    guard state.live > 0 else { return }
    _ = write(.error, "\u{1B}[\(state.live)A\u{1B}[J")
    state.live = 0
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
