import Basics
import Executor
import Plan
import Posix
import Recipes

extension Command {
  /// Checks, plans and does what a recipe says.
  static let run = Command(
    "run", "makes what a recipe says", usage: "RECIPE [--session SESSION] [options]",
    operands: 1...1,
    options: [RecipeOptions.session, RecipeOptions.output, RecipeOptions.set]
      + RecipeOptions.running, writesEvents: true,
    notes: """
      Everything wrong with the recipe is told before anything runs. 'rushes plan' shows what would \
      run, 'rushes check' only what is wrong.
      """
  ) { arguments, console throws(Ending) in
    let options = try runOptions(arguments)
    let (recipe, archives) = try asked(arguments, console)
    let last = lastRun(of: recipe, over: archives, arguments)
    if !arguments.has("--force"), let last, let outputs = last.unchanged() {
      let progress = RunProgress(console)
      progress.show(.start(steps: recipe.steps.count * archives.count, outputs: outputs.count))
      for output in outputs { progress.show(.output(path: output.path, duration: output.duration)) }
      progress.show(.done(code: .done))
      return .done
    }
    let (plan, earlier) = try makePlan(
      of: recipe, sessions: archives, output: arguments["--output"], console)
    let code = runPlan(plan, options, after: earlier, console)
    if code == .done { last?.note(plan, archives: archives) }
    return code
  }

  /// Tells what a run would do.
  static let plan = Command(
    "plan", "shows what a recipe would make, and touches nothing",
    usage: "RECIPE [--session SESSION] [options]", operands: 1...1,
    options: [
      RecipeOptions.session, RecipeOptions.output, RecipeOptions.set,
      RecipeOptions.jobs, Option("--json", nil, nil, "writes the plan as JSON"), Command.verbose,
    ],
    notes: """
      Time, disk and memory are estimates, with --jobs those of so many things at once. The files that \
      a step makes are known before it runs: with --json, for whoever must declare them.
      """
  ) { arguments, console throws(Ending) in
    let jobs = try jobs(of: arguments)
    let (recipe, archives) = try asked(arguments, console)
    let (plan, code) = try makePlan(
      of: recipe, sessions: archives, output: arguments["--output"], console)
    if arguments.has("--json") {
      console.out(plan.json(jobs: jobs).pretty)
    } else {
      for warning in plan.warnings { console.problem(warning) }
      console.out(plan.table(jobs: jobs))
    }
    return code
  }

  /// Tells what is wrong with recipes.
  static let check = Command(
    "check", "tells everything that is wrong with recipes", usage: "RECIPE... [--set NAME=VALUE]",
    operands: 1...1_000_000, options: [RecipeOptions.set, RecipeOptions.json], writesEvents: true,
    notes:
      "Ends with 0 when nothing is wrong, 65 when something is, 69 for what is not available yet."
  ) { arguments, console throws(Ending) in
    var code = ExitCode.done
    for path in arguments.operands {
      do throws(Ending) {
        let (_, problems) = try readRecipe(path, arguments)
        console.problems(problems, as: "rushes check")
      } catch .problems(let problems) {
        console.problems(problems, as: "rushes check")
        if code == .done { code = problems.code ?? .data }
      } catch .failure(let failure) {
        console.problem(Diagnostic(at: nil, failure.description))
        if code == .done { code = failure.code }
      } catch {
        throw error
      }
    }
    return console.end(code)
  }

  /// The recipe, and the archives that it is to work on.
  private static func asked(_ arguments: Arguments, _ console: Console) throws(Ending)
    -> (recipe: Recipe, archives: [String])
  {
    let (recipe, problems) = try readRecipe(arguments.operands[0], arguments)
    for warning in problems.warnings { console.problem(warning) }
    let given = arguments.all("--session")
    var archives: [String] = []
    for pattern in given.isEmpty ? recipe.sessions.map(\.value) : given {
      archives += try failing { () throws(Failure) in try Posix.paths(matching: pattern) }
    }
    return (recipe, archives)
  }

  /// What is known of the last run that was asked the same; nil where files count that lie outside of
  /// the archives, or where another run is at work.
  private static func lastRun(
    of recipe: Recipe, over archives: [String], _ arguments: Arguments
  ) -> LastRun? {
    let text = "\(Rushes.version) \(recipe) \(archives) \(arguments.has("--strict"))"
    guard let folder = arguments["--output"] ?? recipe.output?.value, !archives.isEmpty,
      !text.contains("image("),
      !recipe.steps.contains(where: { if case .convert = $0.work { true } else { false } }),
      !isFolder(folder) || (try? FolderLock(folder, cannot: "write into")) != nil
    else { return nil }
    return LastRun(of: text, archives: archives, into: folder)
  }
}
