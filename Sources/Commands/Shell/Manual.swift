import Basics

extension Command {
  /// Prints pages for man(1).
  static let man = Command(
    "man", "prints a page of the manual, for man(1)", usage: "[COMMAND]", operands: 0...1,
    notes: "rushes man | man -l -   shows it; 'make install' installs a page for each command."
  ) { arguments, console throws(Ending) in
    guard let name = arguments.operands.first else {
      console.out(Manual.overview)
      return .done
    }
    if name == MergeFiles.command.name {
      console.out(Manual.page(of: MergeFiles.command, as: name))
      return .done
    }
    guard let command = Rushes.commands.first(where: { $0.name == name }) else {
      throw .usage("unknown command '\(excerpt(name))'")
    }
    console.out(Manual.page(of: command, as: "rushes \(name)"))
    return .done
  }
}

/// Pages of section 1, in the macros of man(7), from the same definitions as the help.
enum Manual {
  static var overview: String {
    let commands = Rushes.commands.map { ".TP\n.BR rushes\\-\($0.name) (1)\n\(text($0.summary))" }
    return """
      .TH RUSHES 1 "" "rushes \(Rushes.version)" "Rushes"
      .SH NAME
      rushes \\- records live sessions and turns the recordings into files
      .SH SYNOPSIS
      .B rushes
      .I COMMAND
      [...]
      .SH COMMANDS
      \(commands.joined(separator: "\n"))
      .SH EXIT STATUS
      \(codes)

      """
  }

  /// `program`: what people type to reach the command.
  static func page(of command: Command, as program: String) -> String {
    let title = text(program.replacing(" ", with: "-"))
    let options = command.options.map { option in
      let value = option.placeholder.map { " \\fI\(text($0))\\fR" } ?? ""
      let doc = option.doc + (option.isRepeatable ? "; may be repeated" : "")
      return ".TP\n"
        + option.names.map { "\\fB\(text($0))\\fR\(value)" }.joined(separator: ", ")
        + "\n\(text(doc))."
    }
    let notes = command.notes.isEmpty ? "" : "\n.SH NOTES\n\(text(command.notes))"
    return """
      .TH \(title.uppercased()) 1 "" "rushes \(Rushes.version)" "Rushes"
      .SH NAME
      \(title) \\- \(text(command.summary))
      .SH SYNOPSIS
      .B \(text(program))
      \(text(command.usage))
      .SH OPTIONS
      \(options.joined(separator: "\n"))\(notes)
      .SH EXIT STATUS
      \(codes)
      .SH SEE ALSO
      .BR rushes (1)

      """
  }

  private static var codes: String {
    [
      ("0", "done; losses are reported, not failed"), ("64", "the command line is wrong"),
      ("65", "a recipe or media is wrong, or there are losses with \\-\\-strict"),
      ("66", "an input is missing"),
      ("69", "a source or service is unavailable, or not available yet"),
      ("70", "a bug"), ("73", "a file cannot be created"), ("74", "reading or writing failed"),
      ("75", "try again: another run uses the output folder"), ("130, 143", "interrupted"),
    ].map { ".TP\n.B \($0)\n\($1)" }.joined(separator: "\n")
  }

  /// Text in which nothing is a command or an escape of roff.
  private static func text(_ plain: String) -> String {
    let escaped = plain.map { character -> String in
      switch character {
      case "\\": "\\e"
      case "-": "\\-"
      case "'": "\\(aq"
      default: "\(character)"
      }
    }.joined()
    return escaped.hasPrefix(".") ? "\\&" + escaped : escaped
  }
}
