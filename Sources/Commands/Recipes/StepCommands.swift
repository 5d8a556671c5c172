import Basics
import Posix
import Recipes

extension Command {
  /// `rushes merge`: a recipe of one step.
  static let merge = oneStep("merge")
  /// `rushes snapshot`: a recipe of one step.
  static let snapshot = oneStep("snapshot")

  /// `rushes mix`: a recipe of one step.
  static let mix = oneStep("mix")
  /// `rushes transcode`: a recipe of one step.
  static let transcode = oneStep("transcode")

  /// `rushes convert`: a recipe of one step, whose inputs are files.
  static let convert = oneStep(
    "convert", operands: 1...1_000_000, usage: "FILE... -o OUT [options]",
    notes: """
      FILE is a media file or an index (M3U8 or MPD). The same as a recipe of one step: see 'rushes \
      schema recipe'.
      """)

  /// The commands of steps that recipes define but nothing makes yet.
  static let later = StepKind.all.filter { !$0.isAvailable }.map { kind in
    Command(
      kind.name, "\(kind.doc) (not available yet)", usage: "SESSION -o OUT [options]",
      isAvailable: false
    ) { _, _ throws(Ending) in .unavailable }
  }

  /// A command whose options are the keys of a step.
  private static func oneStep(
    _ name: String, operands: ClosedRange<Int> = 1...1,
    usage: String = "SESSION -o OUT [options]",
    notes: String = """
    SESSION is a folder, an index (M3U8 or MPD) or a media file. The same as a recipe of one step: \
    see 'rushes schema recipe'.
    """
  ) -> Command {
    let kind = StepKind.all.first { $0.name == name }
    let takesFiles = name == "convert"
    let keys = (kind?.options ?? []).filter { $0.name != "--input" }
    return Command(
      name, kind?.doc ?? "", usage: usage, operands: operands,
      options: [
        Option(
          "--output", "-o", "OUT",
          "a folder, or a file whose ending sets the format (talk.mp4)")
      ] + keys.map { Option($0.name, nil, $0.placeholder, $0.doc) } + RecipeOptions.running,
      writesEvents: true,
      notes: notes
    ) { arguments, console throws(Ending) in
      guard let kind, let output = arguments["--output"] else {
        throw .usage("an output is missing: -o OUT")
      }
      let options = try runOptions(arguments)
      var given = keys.compactMap { key in
        arguments.has(key.name) ? (key, arguments[key.name] ?? "true") : nil
      }
      let file = isFile(output) ? output : nil
      if file != nil, let key = keys.first(where: { formatOptions.contains($0.name) }) {
        let ending = key.format(ofEnding: pathExtension(output))
        if let format = arguments[key.name], format != ending {
          throw .usage(
            "-o '\(excerpt(output))' and \(key.name) \(excerpt(format)) contradict each other")
        }
        given.append((key, ending))
      }
      let (recipe, problems) = kind.recipe(given, inputs: takesFiles ? arguments.operands : [])
      guard let recipe else { throw .problems(problems) }
      let (plan, code) = try makePlan(
        of: recipe, sessions: takesFiles ? [] : arguments.operands,
        output: file.map { splitPath($0).folder } ?? output,
        file: file, console)
      let end = runPlan(plan, options, console)
      return end == .done ? code : end
    }
  }

  /// The options that say what kind of file is made.
  private static let formatOptions: Set<String> = ["--format", "--container"]

  /// Whether `-o` names a file: by an ending that some step writes.
  private static func isFile(_ output: String) -> Bool {
    !output.hasSuffix("/") && Recipe.endings.contains(pathExtension(output))
  }
}
