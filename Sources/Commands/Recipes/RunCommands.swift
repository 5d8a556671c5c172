import Basics
import Plan
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
    let (plan, code) = try planned(arguments, console)
    return try runPlan(plan, after: code, arguments, console)
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
    let (plan, code) = try planned(arguments, console)
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

  private static func planned(_ arguments: Arguments, _ console: Console) throws(Ending)
    -> (plan: Plan, code: ExitCode)
  {
    let (recipe, problems) = try readRecipe(arguments.operands[0], arguments)
    for warning in problems.warnings { console.problem(warning) }
    let given = arguments.all("--session")
    return try makePlan(
      of: recipe, sessions: given.isEmpty ? recipe.sessions.map(\.value) : given,
      output: arguments["--output"], console)
  }
}
