import Archive
import Basics
import Executor
import Plan
import Posix
import Recipes
import Slices
import Synchronization

/// The program `merge-files`: the options and names of Agora's `convert.py`.
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

  private static let command = Command(
    "merge-files", "merges the recorded files of each user",
    usage: "-f DIR [-m 0|1|2|3] [options]",
    options: [
      Option("-f", "-f", "DIR", "the folder of the recordings; the results go there too"),
      Option("-m", "-m", "MODE", "0 per segment, 1 per user, 2 audio, 3 video of each user (0)"),
      Option("-s", "-s", nil, "leaves out what a user was absent; with -m 1, 2 or 3"),
      Option("-p", "-p", "FPS", "so many pictures a second, from 5 to 120; encodes"),
      Option("-r", "-r", "W H", "pictures of this size, with bars around other shapes; encodes"),
      Option("--compat-stretch", nil, nil, "with -r: stretches pictures of other shapes"),
      Option("-u", "-u", "UID", "only this user"),
      Option("-o", "-o", "NAME", "the name of the result; with -u"),
      Option("-a", "-a", nil, "files of the audio alone beside the merged ones"),
      Option("-c", "-c", "MS", "a snapshot every MS milliseconds, 100 at least"),
      Option("-b", "-b", "S", "begins at second S of each user's file"),
      Option("-t", "-t", "S", "takes S seconds; with -b"),
      Option("-e", "-e", nil, "makes an MP4 or M4A of each index, under its name, instead"),
    ],
    notes: """
      Takes the options of Agora's convert.py and writes files of its names, with convert.log and \
      convert-done.txt, into DIR. Unlike it, it copies what need not be encoded, survives missing \
      and damaged slices, joins failover recordings, turns pictures upright and keeps their shape. \
      'rushes' can do more.
      """
  ) { arguments, console throws(Ending) in
    guard let folder = arguments["-f"] else { throw .usage("a folder is missing: -f DIR") }
    let wish = try MergeWish(arguments)
    let sessions = try openAll(in: folder)
    var plans: [Plan] = []
    for group in wish.needsEachSession ? sessions.map({ [$0] }) : [sessions] {
      let recipe = try wish.recipe(for: group)
      let (plan, problems) = recipe.plan(
        group, into: PlanTarget(folder: folder, workingFolder: absolutePath(".")))
      guard let plan else { throw .problems(problems) }
      plans.append(plan)
    }
    return try run(plans, in: folder, console)
  }

  /// The recordings in a folder, one after the other.
  private static func openAll(in folder: String) throws(Ending) -> [Session] {
    try failing { () throws(Failure) -> [Session] in
      guard isFolder(folder) else { return [try openSession(at: folder)] }
      let recordings = Listing(try listFolder(folder)).recordings
      let ids = recordings.filter { $0.tracks.contains { !$0.slices.isEmpty } }.map(\.sid)
      guard Set(ids).count > 1 else { return [try openSession(at: folder)] }
      var sessions: [Session] = []
      for id in Set(ids).sorted() { sessions.append(try openSession(at: folder, sid: id)) }
      return sessions
    }
  }

  private static func run(_ plans: [Plan], in folder: String, _ console: Console)
    throws(Ending) -> ExitCode
  {
    Interruption.watch()
    // Whoever waits for this file waits for the end of this run, not of one before.
    removeFile(joinPath(folder, "convert-done.txt"))
    let progress = RunProgress(console)
    let log = Mutex("")
    var code = ExitCode.done
    for plan in plans {
      let ended = execute(plan, RunOptions()) { event in
        progress.show(event)
        log.withLock { $0 += line(of: event) }
      }.code
      if ended != .done { code = ended }
    }
    let outputs = plans.flatMap(\.steps).flatMap(\.outputs)
    let done = outputs.map { splitPath($0.path).name + "\n" }.joined()
    let isDone = code == .done
    try failing { () throws(Failure) in
      try replaceFile(joinPath(folder, "convert.log"), with: Array(log.withLock { $0 }.utf8))
      if isDone {
        try replaceFile(joinPath(folder, "convert-done.txt"), with: Array(done.utf8))
      }
    }
    return code
  }

  private static func line(of event: RunEvent) -> String {
    switch event {
    case .output(let path, let duration): "\(splitPath(path).name) \(duration) s\n"
    case .warning(let message): "warning: \(message)\n"
    case .error(let message): "error: \(message)\n"
    default: ""
    }
  }
}
