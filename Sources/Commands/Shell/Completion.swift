import Basics

extension Command {
  /// Prints a shell's completion.
  static let completion = Command(
    "completion", "prints what completes command lines in a shell", usage: "[bash|zsh|fish]",
    operands: 1...1,
    notes: """
      For this session: source <(rushes completion bash). 'make install' puts all three where the \
      shells look.
      """
  ) { arguments, console throws(Ending) in
    let shell = arguments.operands[0]
    switch shell {
    case "bash": console.out(Completion.bash)
    case "zsh": console.out(Completion.zsh)
    case "fish": console.out(Completion.fish)
    default:
      throw .usage("there is completion for bash, zsh and fish, found '\(excerpt(shell))'")
    }
    return .done
  }
}

/// Completion of every command and option, also of `merge-files`, from the same definitions as the
/// help.
enum Completion {
  private static var commands: [Command] { Rushes.commands }

  static var bash: String {
    let options = commands.map { command in
      "    \(command.name)) words='\(command.words.joined(separator: " "))' ;;"
    }
    let values = commands.flatMap { command in
      command.options.filter { !$0.choices.isEmpty }.map { option in
        "    '\(command.name) \(option.name)')"
          + " words='\(option.choices.joined(separator: " "))'; cur_is_value=1 ;;"
      }
    }
    return """
      # bash completion for rushes
      _rushes() {
        local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= cur_is_value=
        if [ "$COMP_CWORD" -eq 1 ]; then
          COMPREPLY=($(compgen -W '\(commands.map(\.name).joined(separator: " ")) help --help --version' -- "$cur"))
          return
        fi
        case "${COMP_WORDS[1]}" in
      \(options.joined(separator: "\n"))
          help) words='\(commands.map(\.name).joined(separator: " "))'; cur_is_value=1 ;;
        esac
        case "${COMP_WORDS[1]} $prev" in
      \(values.joined(separator: "\n"))
        esac
        if [ -n "$cur_is_value" ] || [ "${cur:0:1}" = - ]; then
          COMPREPLY=($(compgen -W "$words" -- "$cur"))
        else
          COMPREPLY=($(compgen -f -- "$cur") $(compgen -W "$words" -- "$cur" | grep -v '^-'))
        fi
      }
      _merge_files() {
        local cur=${COMP_WORDS[COMP_CWORD]}
        if [ "${cur:0:1}" = - ]; then
          COMPREPLY=($(compgen -W '\(MergeFiles.command.words.joined(separator: " "))' -- "$cur"))
        else
          COMPREPLY=($(compgen -f -- "$cur"))
        fi
      }
      complete -o filenames -F _rushes rushes
      complete -o filenames -F _merge_files merge-files

      """
  }

  static var zsh: String {
    func quoted(_ text: String) -> String {
      text.map { "[]:\\".contains($0) ? "\\\($0)" : $0 == "'" ? "'\\''" : "\($0)" }.joined()
    }
    let list = commands.map { "    '\(quoted($0.name)):\(quoted($0.summary))'" }
    func arguments(_ command: Command) -> String {
      let options = command.options.map { option -> String in
        let star = option.isRepeatable ? "*" : ""
        let value = option.placeholder.map {
          option.choices.isEmpty
            ? ":\(quoted($0)):_files" : ":value:(\(option.choices.joined(separator: " ")))"
        }
        return option.names.map { "'\(star)\($0)[\(quoted(option.doc))]\(value ?? "")'" }
          .joined(separator: " ")
      }
      let operand =
        command.choices.isEmpty
        ? "'*:file:_files'" : "'*:word:(\(command.choices.joined(separator: " ")))'"
      return "_arguments \((options + [operand]).joined(separator: " "))"
    }
    let cases = commands.map { "    \($0.name)) \(arguments($0)) ;;" }
    return """
      #compdef rushes merge-files
      _rushes() {
        if [[ $service = merge-files ]]; then
          \(arguments(MergeFiles.command))
          return
        fi
        local -a commands
        commands=(
      \(list.joined(separator: "\n"))
        )
        if (( CURRENT == 2 )); then
          _describe command commands
          return
        fi
        local command=$words[2]
        shift words
        (( CURRENT-- ))
        case $command in
      \(cases.joined(separator: "\n"))
          help) _describe command commands ;;
        esac
      }
      if [ "$funcstack[1]" = _rushes ]; then
        _rushes "$@"
      else
        compdef _rushes rushes merge-files
      fi

      """
  }

  static var fish: String {
    func quoted(_ text: String) -> String {
      "'" + text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "'"
    }
    let names = commands.map {
      "complete -c rushes -n __fish_use_subcommand -f -a \($0.name) -d \(quoted($0.summary))"
    }
    func completion(of command: Command, _ head: String) -> [String] {
      let words =
        command.choices.isEmpty
        ? [] : ["\(head) -f -a \(quoted(command.choices.joined(separator: " ")))"]
      return words
        + command.options.map { option in
          let long = option.name.hasPrefix("--") ? " -l \(option.name.dropFirst(2))" : ""
          let letter = option.short ?? (long.isEmpty ? option.name : nil)
          let short = letter.map { " -s \($0.dropFirst())" } ?? ""
          let value =
            option.placeholder == nil
            ? ""
            : option.choices.isEmpty
              ? " -r" : " -x -a \(quoted(option.choices.joined(separator: " ")))"
          return "\(head)\(long)\(short)\(value) -d \(quoted(option.doc))"
        }
    }
    let options =
      commands.flatMap {
        completion(of: $0, "complete -c rushes -n '__fish_seen_subcommand_from \($0.name)'")
      } + completion(of: MergeFiles.command, "complete -c merge-files")
    return "# fish completion for rushes and merge-files\n"
      + (names + options).joined(separator: "\n") + "\n"
  }
}

extension Option {
  /// What people may type for it, each once.
  var names: [String] { [short].compactMap { $0 }.filter { $0 != name } + [name] }

  /// The words that its value may be, as its placeholder lists them: `uid|segment|session`.
  fileprivate var choices: [String] {
    placeholder.map(words(of:)) ?? []
  }
}

extension Command {
  /// The words that its operand may be.
  fileprivate var choices: [String] {
    guard usage.hasPrefix("["), usage.hasSuffix("]") else { return [] }
    return Commands.words(of: String(usage.dropFirst().dropLast()))
  }

  fileprivate var words: [String] {
    options.flatMap(\.names) + choices
  }
}

private func words(of text: String) -> [String] {
  let words = text.split(separator: "|").map(String.init)
  let isList = words.count > 1 && words.allSatisfy { $0.allSatisfy { !$0.isWhitespace } }
  return isList ? words : []
}
