import Basics
import Plan
import Posix
import Recipes
import Recorder

extension Command {
  /// Records live sources.
  static let record = Command(
    "record", "records live sources into an archive of slices, packets as sent",
    usage: "[RECIPE] [--channel NAME] [--source UID=URL]... [-o DIR] [options]", operands: 0...1,
    options: [
      Option(
        "--source", nil, "UID=URL", "records this participant from there", isRepeatable: true),
      Option("--realtime", nil, nil, "reads the sources at the pace of their timestamps (files)"),
    ] + recordKeys.map { Option($0.name, nil, $0.placeholder, $0.doc) } + [
      Option("--output", "-o", "DIR", "makes the archive in this folder (.)"), RecipeOptions.set,
      Command.verbose,
      RecipeOptions.json,
    ], writesEvents: true,
    notes: """
      Writes DIR/SID and prints that path at the end. Ctrl-C ends the recording; a second one at once. \
      After a crash 'rushes repair DIR/SID' brings in what was not finished.
      """
  ) { arguments, console throws(Ending) in
    let (options, folder) = try recording(arguments)
    Interruption.watch()
    let display = RecordDisplay(console)
    let path = try failing { () throws(Failure) in
      try Recorder.record(options, into: folder) { display.show($0) }
    }
    console.show([])
    if console.isJSON {
      console.event("output", [.init("path", .string(path))])
    } else {
      console.out(path)
    }
    return console.end(.done)
  }

  private static let recordKeys = StepKind.all.first { $0.name == "record" }?.options ?? []

  /// The recording that a recipe or the options ask for, and its folder.
  private static func recording(_ arguments: Arguments) throws(Ending) -> (RecordOptions, String) {
    let recipe: Recipe
    if let path = arguments.operands.first {
      recipe = try recordRecipe(path, arguments)
    } else {
      recipe = try recordStep(arguments)
    }
    guard recipe.steps.count == 1, let step = recipe.steps.first,
      case .record(let options) = step.work
    else { throw .usage("\(recipe.file) is not a recipe of one 'record' step") }
    let folder = arguments["--output"] ?? step.output?.value ?? recipe.output?.value ?? "."
    return (options, folder)
  }

  private static func recordRecipe(_ path: String, _ arguments: Arguments) throws(Ending) -> Recipe
  {
    let own = recordKeys.map(\.name) + ["--source", "--realtime"]
    if let option = own.first(where: { arguments.has($0) }) {
      throw .usage("\(option) and a recipe exclude each other")
    }
    return try readRecipe(path, arguments).0
  }

  private static func recordStep(_ arguments: Arguments) throws(Ending) -> Recipe {
    guard let kind = StepKind.all.first(where: { $0.name == "record" }) else {
      throw .usage("nothing to record")
    }
    if arguments.has("--set") { throw .usage("--set is for a recipe") }
    let given = recordKeys.compactMap { key in
      arguments.has(key.name) ? (key, arguments[key.name] ?? "true") : nil
    }
    var sources: [(uid: String, url: String)] = []
    for source in arguments.all("--source") {
      guard let equals = source.firstIndex(of: "="), equals != source.startIndex else {
        throw .usage("--source needs UID=URL, found '\(excerpt(source))'")
      }
      let url = source[source.index(after: equals)...]
      sources.append((String(source[..<equals]), String(url)))
    }
    guard !sources.isEmpty else { throw .usage("a source is missing: --source UID=URL") }
    guard arguments.has("--channel") else { throw .usage("a channel is missing: --channel NAME") }
    let (recipe, problems) = kind.recipe(
      given, sources: sources, realtime: arguments.has("--realtime"))
    guard let recipe else { throw .problems(problems) }
    return recipe
  }
}
