import Basics
import Posix

/// The program `rushes`.
package enum Rushes {
  static let version = "0.1.0"

  static let commands: [Command] =
    [
      .record, .run, .plan, .check, .inspect, .repair, .merge, .transcode, .mix, .snapshot,
      .convert,
    ]
    + Command.later + [.schema, .completion, .man]

  /// Runs the process's own arguments, and ends the process.
  package static func main() -> Never {
    let console = Console()
    finish(run(CommandLine.arguments.dropFirst(), console), console)
  }

  /// Runs a command line without the program's name.
  static func run(_ words: some Sequence<String>, _ console: Console) -> ExitCode {
    var rest = Array(words)[...]
    guard let word = rest.popFirst() else {
      console.explain(overview)
      return .usage
    }
    switch word {
    case "-h", "--help": return help([], console)
    case "help": return help(Array(rest), console)
    case "--version":
      console.out("rushes \(version)")
      return .done
    default:
      guard let command = commands.first(where: { $0.name == word }) else {
        return unknown(word, console)
      }
      return command.run(rest, as: "rushes \(word)", console)
    }
  }

  private static func help(_ words: [String], _ console: Console) -> ExitCode {
    guard let word = words.first else {
      console.out(overview)
      return .done
    }
    guard let command = commands.first(where: { $0.name == word }) else {
      return unknown(word, console)
    }
    console.out(command.help(as: "rushes \(word)"))
    return .done
  }

  private static func unknown(_ word: String, _ console: Console) -> ExitCode {
    let kind = word.hasPrefix("-") ? "option" : "command"
    let near = nearestName(to: word, in: commands.map(\.name) + ["help", "--help", "--version"])
    let hint = near.map { " (did you mean '\($0)'?)" } ?? ""
    console.error("rushes: unknown \(kind) '\(excerpt(word))'\(hint)")
    console.error("usage: rushes COMMAND [...]; 'rushes --help' lists the commands")
    return .usage
  }

  static var overview: String {
    let width = commands.map(\.name.count).max() ?? 0
    let list = commands.map { command in
      let padding = String(repeating: " ", count: width - command.name.count)
      return "  \(command.name)\(padding)  \(command.summary)"
    }
    return """
      rushes records live sessions and turns the recordings into files.

      usage: rushes COMMAND [...]

      \(list.joined(separator: "\n"))

      'rushes help COMMAND' says more. A first recording, and what to make of it:

        rushes record --channel lesson --source 101=srt://:9001?mode=listener -o recordings
        rushes merge recordings/SID -o out

      """
  }
}

/// Ends the process; a result that could not be written is an error of its own.
func finish(_ code: ExitCode, _ console: Console) -> Never {
  guard console.hasFailed, code == .done else { endProcess(code.rawValue) }
  console.error("standard output: cannot write: the disk is full, or its reader is gone")
  endProcess(ExitCode.io.rawValue)
}
