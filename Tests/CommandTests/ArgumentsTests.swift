import Basics
import Testing

@testable import Commands

private let options = [
  Option("--output", "-o", "OUT", "where"), Option("--force", "-f", nil, "anyway"),
  Option("--set", nil, "K=V", "sets", isRepeatable: true), Option("-r", "-r", "W H", "size"),
]

/// The operands, then the options, in one line.
private func parse(_ words: [String]) -> String {
  do throws(Ending) {
    let arguments = try Arguments(words, options: options)
    var parts = arguments.operands
    if let output = arguments["--output"] { parts.append("output=\(output)") }
    if arguments.has("--force") { parts.append("force") }
    parts += arguments.all("--set").map { "set:\($0)" }
    if let width = arguments["-r"] { parts.append("r=\(width)") }
    return parts.joined(separator: " ")
  } catch {
    guard case .usage(let message) = error else { return "another end" }
    return "usage: \(message)"
  }
}

@Suite struct ArgumentsTests {
  @Test(arguments: [
    ([], ""),
    (["a", "-", "b"], "a - b"),
    (["--output", "x", "a"], "a output=x"),
    (["--output=x=y", "a"], "a output=x=y"),
    (["--output="], "output="),
    (["-o", "x", "-f"], "output=x force"),
    (["-ox"], "output=x"),
    (["-o", "-1"], "output=-1"),
    (["a", "--", "--output", "-x"], "a --output -x"),
    (["--set", "a=1", "--set=b=2"], "set:a=1 set:b=2"),
    (["--output", "x", "--output", "y"], "output=y"),
    (["-r", "640", "480", "a"], "a r=640"),
    (["--outptu", "x"], "usage: unknown option '--outptu' (did you mean '--output'?)"),
    (["-q"], "usage: unknown option '-q'"),
    (["--"], ""),
    (["--force=1"], "usage: '--force' takes no value"),
    (["-f1"], "usage: '-f' takes no value"),
    (["--output"], "usage: '--output' needs a value: --output OUT"),
    (["-r", "640"], "usage: '-r' needs a value: -r W H"),
  ])
  func words(words: [String], result: String) {
    #expect(parse(words) == result)
  }
}
