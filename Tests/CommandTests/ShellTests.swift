import Foundation
import TestSupport
import Testing

@testable import Commands

/// Where a shell is installed; nil when it is not.
func find(_ program: String) -> String? {
  ["/bin", "/usr/bin", "/usr/local/bin"].map { "\($0)/\(program)" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// What a program says of a text on its standard input.
private func run(_ program: String, _ arguments: [String], _ input: String) throws
  -> (code: Int32, out: String)
{
  let process = Process()
  process.executableURL = URL(filePath: program)
  process.arguments = arguments
  let (stdin, stdout) = (Pipe(), Pipe())
  process.standardInput = stdin
  process.standardOutput = stdout
  process.standardError = stdout
  try process.run()
  try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
  try stdin.fileHandleForWriting.close()
  let data = try stdout.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

@Suite struct ShellTests {
  @Test(arguments: [
    ("rushes mer", 1, ["merge"]), ("rushes merge --by ", 3, ["uid", "segment", "session"]),
    ("rushes run --for", 2, ["--force"]), ("rushes schema ev", 2, ["events"]),
    ("rushes help pl", 2, ["plan"]), ("merge-files --com", 1, ["--compat-stretch"]),
  ])
  func bashCompletes(line: String, word: Int, expected: [String]) throws {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
      .map { "'\($0)'" }.joined(separator: " ")
    let script =
      rushes("completion", "bash").out
      + "COMP_WORDS=(\(words)); COMP_CWORD=\(word); "
      + "\(line.hasPrefix("rushes") ? "_rushes" : "_merge_files"); printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    let (code, out) = try run("/bin/bash", [], "cd /; " + script)
    #expect(code == 0)
    #expect(out.split(separator: "\n").map(String.init) == expected)
  }

  @Test(.enabled(if: find("zsh") != nil, "zsh is not installed"))
  func zshTakesItsCompletion() throws {
    let text = rushes("completion", "zsh").out
    let (code, out) = try run(try #require(find("zsh")), ["-n"], text)
    #expect(code == 0 && out.isEmpty, "\(out)")
    #expect(text.contains("'--by[one file per uid"))
    #expect(text.hasPrefix("#compdef rushes merge-files\n"))
    #expect(text.contains("'-m[0 per segment"))
  }

  @Test(.enabled(if: find("fish") != nil, "fish is not installed"))
  func fishCompletes() throws {
    let script =
      rushes("completion", "fish").out
      + "complete -C 'rushes merge --by '\ncomplete -C 'merge-files --com'\n"
    let (code, out) = try run(try #require(find("fish")), [], script)
    #expect(code == 0)
    #expect(out.contains("segment") && out.contains("--compat-stretch"))
  }

  @Test func otherShellsAreRefused() {
    let answer = rushes("completion", "tcsh")
    #expect(answer.code == 64)
    #expect(answer.error.contains("there is completion for bash, zsh and fish, found 'tcsh'"))
  }

  @Test func everyCommandHasAManualPage() throws {
    for command in Rushes.commands + [MergeFiles.command] {
      let page = rushes("man", command.name).out
      let title =
        command.name == "merge-files" ? "merge\\-files" : "rushes\\-\(command.name)"
      #expect(page.contains(".SH NAME\n\(title) \\- "))
      // A line that begins with a dot would be taken for a request.
      for line in page.split(separator: "\n") where line.hasPrefix(".") {
        let request = String(line.prefix { $0 != " " })
        #expect([".TH", ".SH", ".TP", ".B", ".BR", ".I"].contains(request), "\(line)")
      }
    }
    #expect(rushes("man").out.contains(".BR rushes\\-merge (1)"))
    #expect(rushes("man", "x").code == 64)
  }

  @Test(.enabled(if: find("groff") != nil, "groff is not installed"))
  func groffTakesThePages() throws {
    let page = rushes("man", "run").out
    let (code, out) = try run(
      try #require(find("groff")), ["-man", "-Tutf8", "-ww", "-z"], page)
    #expect(code == 0 && out.isEmpty, "\(out)")
  }
}
