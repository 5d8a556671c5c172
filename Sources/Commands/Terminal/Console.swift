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
    /// The lines of live status on the terminal, below which nothing stands.
    var live: [String] = []
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
      // The live status moves on below what is written.
      let (gone, live) = (removal(of: state.live), state.live.joined())
      if stream == .error {
        _ = write(.error, gone + text + live)
      } else {
        if !gone.isEmpty { _ = write(.error, gone) }
        if !write(stream, text) { state.hasFailed = true }
        if !live.isEmpty { _ = write(.error, live) }
      }
    }
  }

  // MARK: Live status

  /// Replaces the live status on a terminal; without one, does nothing, and makes no lines.
  func show(_ lines: @autoclosure () -> [String]) {
    guard let width, !isJSON else { return }
    let lines = lines()
    state.withLock { state in
      // All in one write: a terminal that draws between two would flicker.
      let cut = lines.map { String(printable($0).prefix(max(1, width - 1))) + "\n" }
      _ = write(.error, removal(of: state.live) + cut.joined())
      state.live = cut
    }
  }

  /// What takes lines of live status from the terminal; one that has become narrower shows a line in
  /// several rows.
  private func removal(of lines: [String]) -> String {
    guard !lines.isEmpty else { return "" }
    let width = max(1, self.width ?? 80)
    let rows = lines.map { max(1, ($0.count - 1 + width - 1) / width) }.reduce(0, +)
    // From the beginning of the row, as a terminal may have put "^C" there.
    return "\u{1B}[\(rows)F\u{1B}[J"
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
        show(diagnostic.place, in: problems)
      }
    }
    if problems.omitted > 0 { note("… and \(problems.omitted) more") }
  }

  /// On a terminal, the line of a place, and a caret below its column.
  private func show(_ place: Place?, in problems: Problems) {
    guard !isJSON, let width, let place, let line = problems.line(of: place) else { return }
    let margin = "  \(place.line) | "
    let room = max(20, width - margin.count - 1)
    let scalars = Array(printable(line).unicodeScalars)
    let column = min(place.column - 1, scalars.count)
    let start = column < room * 3 / 4 ? 0 : column - room / 2
    func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
      String(String.UnicodeScalarView(scalars))
    }
    error(margin + text(scalars[start...].prefix(room)))
    // Characters of double width have blanks of double width below them.
    let blanks = scalars[start..<column].map { $0.isWide ? "\u{3000}" : " " }
    error(String(repeating: " ", count: margin.count - 2) + "| " + blanks.joined() + "^")
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

extension Unicode.Scalar {
  /// Whether terminals give it two columns (Unicode Standard Annex #11), roughly.
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
