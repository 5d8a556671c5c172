import Basics
import Plan
import Recipes
import Slices

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
      Option("--json", nil, nil, "writes the plan as JSON"), Command.verbose,
    ]
  ) { arguments, console throws(Ending) in
    let (plan, code) = try planned(arguments, console)
    if arguments.has("--json") {
      console.out(plan.json.pretty)
    } else {
      for warning in plan.warnings { console.problem(warning) }
      console.out(plan.table)
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

extension Plan {
  /// The plan for people: a line per output.
  var table: String {
    Commands.table(
      ["STEP", "OUTPUT", "UIDS", "START", "LENGTH"],
      steps.flatMap { step in
        step.outputs.map { output in
          [
            step.id, output.path + (output.others.isEmpty ? "" : " + \(output.others.count)"),
            output.uids.joined(separator: ","),
            output.stretch.start.description, clock(output.stretch.duration),
          ]
        }
      }, right: [3, 4])
  }

  /// The plan for scripts.
  var json: JSONValue {
    [
      "folder": .string(folder),
      "steps": .array(
        steps.map { step in
          [
            "id": .string(step.id), "operation": .string(step.operation.name),
            "session": .string(step.session.name),
            "outputs": .array(
              step.outputs.map { output in
                [
                  "path": .string(output.path),
                  "files": .array(output.others.map { .string($0) }),
                  "container": .string(output.container.rawValue),
                  "uids": .array(output.uids.map { .string($0) }),
                  "start": .seconds(output.stretch.start),
                  "duration": .seconds(output.stretch.duration),
                ]
              }),
          ]
        }),
      "warnings": .array(warnings.map { .string($0.description) }),
    ]
  }
}

extension Operation {
  fileprivate var name: String {
    switch self {
    case .merge: "merge"
    case .mix: "mix"
    case .snapshot: "snapshot"
    case .transcode: "transcode"
    }
  }
}
