import Basics
import Executor
import Plan
import Posix
import Recipes
import Synchronization

/// The program `merge-files`: the options and names of Agora's `convert.py`, by copy.
package enum MergeFiles {
  /// Runs the process's own arguments, and ends the process.
  package static func main() -> Never {
    let console = Console()
    finish(run(CommandLine.arguments.dropFirst(), console), console)
  }

  static func run(_ words: some Sequence<String>, _ console: Console) -> ExitCode {
    let words = Array(words)
    if words == ["--version"] {
      console.out("merge-files \(Rushes.version)")
      return .done
    }
    return command.run(words, as: "merge-files", console)
  }

  /// What a mode is as a merge, and the name of its outputs.
  private struct Mode {
    let number: String
    let options: [(name: String, value: String)]
    let name: String
  }

  private static let modes = [
    Mode(number: "0", options: [("--by", "segment")], name: "${uid}_${utc}_av"),
    Mode(number: "1", options: [("--by", "uid")], name: "${uid}_0_merge_av"),
    Mode(number: "2", options: [("--by", "uid"), ("--tracks", "audio")], name: "${uid}_0_merge"),
    Mode(number: "3", options: [("--by", "uid"), ("--tracks", "video")], name: "${uid}_0_merge"),
  ]

  /// Options that this program knows, but that need what is not made yet.
  private static let later = [
    Option("-s", "-s", nil, "leaves out stretches of absence; not available yet"),
    Option("-p", "-p", "FPS", "frames per second; not available yet"),
    Option("-r", "-r", "W H", "picture size; not available yet"),
    Option("-a", "-a", nil, "audio files beside the merged ones; not available yet"),
    Option("-c", "-c", "MS", "snapshots every MS milliseconds; not available yet"),
    Option("-b", "-b", "S", "begins at second S; not available yet"),
    Option("-t", "-t", "S", "takes S seconds; not available yet"),
    Option("-e", "-e", nil, "standard TS files; not available yet"),
  ]

  private static let command = Command(
    "merge-files", "merges the recorded files of each user, by copy",
    usage: "-f DIR [-m 0|1|2|3] [-u UID [-o NAME]]",
    options: [
      Option("-f", "-f", "DIR", "the folder of the recording; the results go there too"),
      Option("-m", "-m", "MODE", "0 per segment, 1 per user, 2 audio, 3 video of each user (0)"),
      Option("-u", "-u", "UID", "only this user"),
      Option("-o", "-o", "NAME", "the name of the result; with -u"),
    ] + later,
    notes: """
      Takes the options of Agora's convert.py and writes files of its names, with convert.log and \
      convert-done.txt, into DIR. 'rushes merge' can do more.
      """
  ) { arguments, console throws(Ending) in
    guard let folder = arguments["-f"] else { throw .usage("a folder is missing: -f DIR") }
    let number = arguments["-m"] ?? "0"
    guard let mode = modes.first(where: { $0.number == number }) else {
      throw .usage("-m must be 0, 1, 2 or 3, found '\(excerpt(number))'")
    }
    if arguments.has("-o"), !arguments.has("-u") { throw .usage("-o needs -u") }
    var problems = Problems()
    for option in later where arguments.has(option.name) {
      problems.unavailable(at: nil, option.name)
    }
    guard problems.code == nil else { throw .problems(problems) }
    return try merge(folder, mode, arguments, console)
  }

  private static func merge(
    _ folder: String, _ mode: Mode, _ arguments: Arguments, _ console: Console
  ) throws(Ending) -> ExitCode {
    var given = mode.options
    if let uid = arguments["-u"] { given.append(("--uids", uid)) }
    given.append(("--name", arguments["-o"].map(literal) ?? mode.name))
    guard let kind = StepKind.all.first(where: { $0.name == "merge" }) else { return .software }
    let options = given.compactMap { name, value in
      kind.options.first { $0.name == name }.map { ($0, value) }
    }
    let (recipe, problems) = kind.recipe(options)
    guard let recipe else { throw .problems(problems) }
    let (plan, _) = try makePlan(of: recipe, sessions: [folder], output: folder, console)
    Interruption.watch()
    // Whoever waits for this file waits for the end of this run, not of one before.
    removeFile(joinPath(folder, "convert-done.txt"))
    let progress = RunProgress(console)
    let log = Mutex("")
    let code = execute(plan, RunOptions()) { event in
      progress.show(event)
      log.withLock { $0 += line(of: event) }
    }.code
    let done = plan.steps.flatMap(\.outputs).map { splitPath($0.path).name + "\n" }.joined()
    try failing { () throws(Failure) in
      try replaceFile(joinPath(folder, "convert.log"), with: Array(log.withLock { $0 }.utf8))
      if code == .done {
        try replaceFile(joinPath(folder, "convert-done.txt"), with: Array(done.utf8))
      }
    }
    return code
  }

  /// A name as it is, with nothing in it replaced.
  private static func literal(_ name: String) -> String {
    name.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${")
  }

  private static func line(of event: RunEvent) -> String {
    switch event {
    case .output(let path, let duration): "\(splitPath(path).name) \(duration) s\n"
    case .warning(let message): "warning: \(message)\n"
    case .error(let message): "error: \(message)\n"
    case .start, .progress, .done: ""
    }
  }
}
