import Archive
import Basics
import Executor
import Plan
import Posix
import Recipes
import Slices

/// The options that several commands on recipes share.
enum RecipeOptions {
  static let session = Option(
    "--session", nil, "SESSION", "works on this archive instead of the recipe's",
    isRepeatable: true)
  static let output = Option(
    "--output", "-o", "FOLDER", "writes into this folder instead of the recipe's")
  static let set = Option(
    "--set", nil, "NAME=VALUE", "gives a variable of the recipe a value", isRepeatable: true)
  static let json = Option("--json", nil, nil, "writes JSON lines to standard output")
  static let jobs = Option("--jobs", "-j", "N", "works on so many things at once (1 to 1024)")
  /// How a plan is run.
  static let running = [
    jobs,
    Option("--force", nil, nil, "makes again what is there already"),
    Option("--strict", nil, nil, "takes missing or damaged media as an error (65)"),
    json, Command.verbose,
  ]
}

/// Reads and checks the recipe at `path` (`-` is standard input) with the `--set` of `arguments`.
func readRecipe(_ path: String, _ arguments: Arguments) throws(Ending) -> (Recipe, Problems) {
  var set: [String: String] = [:]
  for assignment in arguments.all("--set") {
    guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
      throw .usage("--set needs NAME=VALUE, found '\(excerpt(assignment))'")
    }
    set[String(assignment[..<equals])] = String(assignment[assignment.index(after: equals)...])
  }
  let bytes = try failing { () throws(Failure) in try readFile(path, limit: 16 << 20) }
  let (recipe, problems) = Recipe.read(
    bytes, file: path, RecipeInputs(set: set, environment: environment))
  guard let recipe else { throw .problems(problems) }
  return (recipe, problems)
}

/// Opens the sessions of a recipe and plans it; `output` and `file` are the command line's.
///
/// Of several sessions, those that cannot be opened are told and left out; `code` is then theirs.
func makePlan(
  of recipe: Recipe, sessions patterns: [String], output: String?, file: String? = nil,
  _ console: Console
) throws(Ending) -> (plan: Plan, code: ExitCode) {
  var problems = Problems()
  for step in recipe.steps {
    if case .record = step.work { problems.add(at: step.place, "'record' is for 'rushes record'") }
  }
  guard problems.code == nil else { throw .problems(problems) }
  let convert = recipe.steps.compactMap { step in
    if case .convert(let work) = step.work { (id: step.id, work: work) } else { nil }
  }
  guard !patterns.isEmpty || convert.count == recipe.steps.count else {
    throw .usage("\(recipe.file) names no session; give --session SESSION")
  }
  guard let folder = output ?? recipe.output?.value else {
    throw .usage("\(recipe.file) names no output; give --output FOLDER")
  }
  var code = ExitCode.done
  let sessions = try openAll(patterns, &code, console)
  var conversions: [String: [Session]] = [:]
  for (id, work) in convert {
    conversions[id] = try openAll(
      work.inputs.map(\.value), &code, console
    ) { (session, path) throws(Failure) in
      let count = session.participants.count
      guard count == 1 else {
        throw Failure(
          path, cannot: "convert", "it holds \(count) participants, not one; merge them first",
          .data)
      }
    }
  }
  let target = PlanTarget(folder: folder, file: file, workingFolder: absolutePath("."))
  let (plan, planning) = recipe.plan(sessions, converting: conversions, into: target)
  guard let plan else { throw .problems(planning) }
  return (plan, code)
}

/// Opens the sessions of `patterns`; of several, those that cannot be opened are told and left out,
/// and `code` is then theirs.
///
/// `check`: throws for a session that is of no use.
private func openAll(
  _ patterns: [String], _ code: inout ExitCode, _ console: Console,
  check: (Session, String) throws(Failure) -> Void = { (_, _) throws(Failure) in }
) throws(Ending) -> [Session] {
  var paths: [String] = []
  for pattern in patterns {
    paths += try failing { () throws(Failure) in try Posix.paths(matching: pattern) }
  }
  var sessions: [Session] = []
  for path in paths {
    do throws(Failure) {
      let session = try openSession(at: path)
      try check(session, path)
      sessions.append(session)
    } catch {
      guard paths.count > 1 else { throw .failure(error) }
      console.problem(Diagnostic(at: nil, error.description))
      code = error.code
    }
  }
  guard !sessions.isEmpty || paths.isEmpty else {
    throw .failure(Failure("the sessions", cannot: "open", "none can be read", code))
  }
  return sessions
}

/// Runs a plan and shows how it goes; `earlier` is the code of what failed before.
func runPlan(
  _ plan: Plan, _ options: RunOptions, after earlier: ExitCode = .done, _ console: Console
) -> ExitCode {
  Interruption.watch()
  let progress = RunProgress(console, after: earlier)
  let code = execute(plan, options) { progress.show($0) }.code
  return code == .done ? earlier : code
}

/// How a command line wants its plan to be run.
func runOptions(_ arguments: Arguments) throws(Ending) -> RunOptions {
  RunOptions(
    jobs: try jobs(of: arguments), force: arguments.has("--force"),
    strict: arguments.has("--strict"))
}

/// The number that `--jobs` gives; nil without it.
func jobs(of arguments: Arguments) throws(Ending) -> Int? {
  guard let jobs = arguments["--jobs"] else { return nil }
  guard let count = Int(jobs), (1...1024).contains(count) else {
    throw .usage("--jobs must be a whole number from 1 to 1024, found '\(excerpt(jobs))'")
  }
  return count
}

/// Turns a failure into the end of the command.
func failing<Value>(_ body: () throws(Failure) -> Value) throws(Ending) -> Value {
  do throws(Failure) { return try body() } catch { throw .failure(error) }
}
