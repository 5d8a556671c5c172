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

  static let command = Command(
    "merge-files", "merges the recorded files of each user",
    usage: "-f DIR [-m 0|1|2|3] [options]",
    options: [
      Option("-f", "-f", "DIR", "the folder of the recordings; the results go there too"),
      Option("-m", "-m", "MODE", "0 per segment, 1 per user, 2 audio, 3 video of each user (0)"),
      Option("-s", "-s", nil, "leaves out what a user was absent; with -m 1, 2 or 3"),
      Option("-p", "-p", "FPS", "so many pictures a second, from 5 to 120; encodes"),
      Option("-r", "-r", "W H", "pictures of this size, with bars around other shapes; encodes"),
      Option(
        "--compat-stretch", nil, nil,
        "stretches pictures of other shapes, as convert.py does, to -r or to the largest; encodes"),
      Option("-u", "-u", "UID", "only this user"),
      Option("-o", "-o", "NAME", "the name of the result, without its ending; with -u"),
      Option("-a", "-a", nil, "files of the audio alone beside the merged ones"),
      Option("-c", "-c", "MS", "a snapshot every MS milliseconds, 100 at least"),
      Option("-b", "-b", "S", "begins at second S of each user's file"),
      Option("-t", "-t", "S", "takes S seconds; with -b"),
      Option("-e", "-e", nil, "makes an MP4 or M4A of each index, under its name, instead"),
    ],
    notes: """
      Takes the options of Agora's convert.py and writes files of its names, with convert.log and \
      convert-done.txt, into DIR: UID_TIME_av.mp4 (-m 0), UID_0_merge_av.mp4 (-m 1), \
      UID_0_merge.m4a (-m 2), UID_0_merge.mp4 (-m 3), UID_TIME.m4a (-a) and UID_TIME_INDEX.jpg \
      (-c); what a later recording in DIR has of the same user is UID_1_merge_av.mp4, and so on. \
      Unlike convert.py it copies what need not be encoded (only -p, -r, --compat-stretch and \
      codecs that MP4 has not got are encoded), keeps the shape of pictures, turns them upright, \
      keeps sound and pictures in time, survives missing and damaged slices and tells of them, \
      and joins the recordings of failover recorders. 'rushes' can do more.
      """
  ) { arguments, console throws(Ending) in
    guard let input = arguments["-f"] else { throw .usage("a folder is missing: -f DIR") }
    let folder = isFolder(input) ? input : splitPath(absolutePath(input)).folder
    var wish = try MergeWish(arguments)
    var steps: [Step] = []
    var warnings: [Diagnostic] = []
    for session in try openAll(in: input) {
      let recipe = try wish.recipe(for: session)
      guard !recipe.steps.isEmpty else { continue }
      let (plan, problems) = recipe.plan(
        [session], into: PlanTarget(folder: folder, workingFolder: absolutePath(".")))
      guard let plan else { throw .problems(problems) }
      steps += plan.steps
      warnings += plan.warnings
    }
    guard !steps.isEmpty else {
      let what = arguments["-u"].map { "nothing of user '\(excerpt($0))' is wanted" }
      throw .failure(Failure(folder, cannot: "merge", what ?? "nothing in it is wanted", .data))
    }
    let plan = Plan(folder: absolutePath(folder), steps: steps, warnings: warnings)
    return try run(plan, in: folder, console)
  }

  /// The recordings in a folder, one after the other.
  private static func openAll(in folder: String) throws(Ending) -> [Session] {
    try failing { () throws(Failure) -> [Session] in
      guard isFolder(folder) else { return [try openSession(at: folder)] }
      let recordings = Listing(try listFolder(folder)).recordings
      let ids = recordings.filter { $0.tracks.contains { $0.hasSlices() } }.map(\.sid)
      guard Set(ids).count > 1 else { return [try openSession(at: folder)] }
      var sessions: [Session] = []
      for id in Set(ids).sorted() { sessions.append(try openSession(at: folder, sid: id)) }
      return sessions.sorted { $0.start < $1.start }
    }
  }

  private static func run(_ plan: Plan, in folder: String, _ console: Console)
    throws(Ending) -> ExitCode
  {
    Interruption.watch()
    // Whoever waits for this file waits for the end of this run, not of one before.
    removeFile(joinPath(folder, "convert-done.txt"))
    let progress = RunProgress(console)
    let log = Mutex("")
    let code = execute(plan, RunOptions()) { event in
      progress.show(event)
      log.withLock { $0 += line(of: event) }
    }.code
    let outputs = plan.steps.flatMap(\.outputs)
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
