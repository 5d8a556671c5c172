import Archive
import Basics
import Recipes

/// Why a command ends early.
enum Ending: Error {
  /// The command line is wrong.
  case usage(String)
  case failure(Failure)
  /// A recipe is wrong, or asks for what is not available yet.
  case problems(Problems)
}

/// One command: its words, its help, and what it does.
struct Command: Sendable {
  /// For every command that reads media.
  static let verbose = Option("--verbose", "-v", nil, "shows the messages of libav too")

  let name: String
  /// One line, without a full stop.
  let summary: String
  /// What follows the name in the usage line.
  let usage: String
  /// How many operands it takes.
  let operands: ClosedRange<Int>
  let options: [Option]
  /// Whether its `--json` is a stream of events, errors included, rather than one result.
  let writesEvents: Bool
  /// False for what recipes define but nothing makes yet: it takes any words and refuses them.
  let isAvailable: Bool
  /// What help says below the options.
  let notes: String
  let run: @Sendable (Arguments, Console) throws(Ending) -> ExitCode

  init(
    _ name: String, _ summary: String, usage: String, operands: ClosedRange<Int> = 0...0,
    options: [Option] = [], writesEvents: Bool = false, isAvailable: Bool = true,
    notes: String = "",
    run: @escaping @Sendable (Arguments, Console) throws(Ending) -> ExitCode
  ) {
    self.name = name
    self.summary = summary
    self.usage = usage
    self.operands = operands
    self.options = options + [Option("--help", "-h", nil, "shows this help")]
    self.writesEvents = writesEvents
    self.isAvailable = isAvailable
    self.notes = notes
    self.run = run
  }

  /// Runs with the words after its name; `program` is what the user typed to reach it.
  func run(_ words: some Sequence<String>, as program: String, _ console: Console) -> ExitCode {
    do throws(Ending) {
      let words = Array(words)
      if words.prefix(while: { $0 != "--" }).contains(where: { $0 == "-h" || $0 == "--help" }) {
        console.out(help(as: program))
        return .done
      }
      guard isAvailable else {
        var problems = Problems()
        problems.unavailable(at: nil, "'\(name)'")
        throw .problems(problems)
      }
      let arguments = try Arguments(words, options: options)
      guard operands.contains(arguments.operands.count) else {
        throw .usage(
          arguments.operands.count < operands.lowerBound
            ? "\(usage.split(separator: " ").first.map(String.init) ?? "an operand") is missing"
            : "too many words: '\(excerpt(arguments.operands.last ?? ""))'")
      }
      if arguments.has(Self.verbose.name) { showLibavMessages() }
      console.isJSON = writesEvents && arguments.has("--json")
      return try run(arguments, console)
    } catch {
      return report(error, as: program, console)
    }
  }

  private func report(_ ending: Ending, as program: String, _ console: Console) -> ExitCode {
    switch ending {
    case .usage(let message):
      console.error("\(program): \(message)")
      console.error("usage: \(program) \(usage); '\(program) --help' says more")
      return console.end(.usage)
    case .failure(let failure):
      console.problem(Diagnostic(at: nil, failure.description))
      return console.end(failure.code)
    case .problems(let problems):
      console.problems(problems, as: program)
      let count = problems.errors.count + problems.omitted
      console.note("\(count) problem\(count == 1 ? "" : "s"); nothing was run")
      return console.end(problems.code ?? .data)
    }
  }

  // MARK: Help

  func help(as program: String) -> String {
    let heads = options.map { option in
      (option.short.map { $0 == option.name ? "" : "\($0), " } ?? "    ") + option.name
        + (option.placeholder.map { " \($0)" } ?? "")
    }
    // A head that is wider gets its text on the next line.
    let width = min(heads.map(\.count).max() ?? 0, 34)
    let lines = zip(heads, options).map { head, option in
      let gap =
        head.count > width
        ? "\n" + String(repeating: " ", count: width + 4)
        : String(repeating: " ", count: width - head.count + 2)
      let doc = option.doc + (option.isRepeatable ? "; may be repeated" : "")
      return "  \(head)\(gap)\(wrapped(doc, indent: width + 4))"
    }
    return """
      \(program): \(summary)

      usage: \(program) \(usage)

      \(lines.joined(separator: "\n"))
      \(notes.isEmpty ? "" : "\n\(wrapped(notes, indent: 0))\n")
      """
  }
}

/// `text` in lines of at most 90 characters, all but the first of them indented.
private func wrapped(_ text: String, indent: Int) -> String {
  var lines = [""]
  for word in text.split(separator: " ") {
    let last = lines[lines.count - 1]
    if !last.isEmpty, indent + last.count + 1 + word.count > 90 {
      lines.append(String(word))
    } else {
      lines[lines.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
    }
  }
  return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
}
