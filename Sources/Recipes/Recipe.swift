package import Basics
import Documents
package import Plan
import Slices

/// A checked recipe: what to make, before any session is opened.
package struct Recipe: Sendable {
  /// The name that places bear.
  package let file: String
  /// The archives it names, each a path.
  package let sessions: [Located<String>]
  /// The folder of the outputs.
  package let output: Located<String>?
  package let steps: [RecipeStep]
  /// The channel that a service's request is for; a recipe of one's own names none.
  var channel: Located<String>?
  /// Where a service's request wants its files.
  package var storage: Storage?
  /// Its text, to be shown with what turns out to be wrong; nil for a service's request, whose lines
  /// may hold secrets.
  var source: SourceLines?

  /// One recipe of the steps of several, for programs that make their own.
  package static func joining(_ recipes: [Recipe]) -> Recipe {
    Recipe(file: "", sessions: [], output: nil, steps: recipes.flatMap(\.steps))
  }
}

/// A checked step.
package struct RecipeStep: Sendable {
  /// What the step does.
  package enum Work: Sendable {
    case merge(MergeOptions, format: Located<Container>?)
    case mix(MixWork)
    case snapshot(SnapshotOptions)
    case transcode(TranscodeWork)
    case convert(ConvertWork)
    case record(RecordOptions)
  }

  package let id: String
  package let place: Place?
  package let work: Work
  /// The step whose outputs it works on, instead of the session.
  let from: Located<String>?
  let uids: [Located<String>]?
  let excludeUids: [Located<String>]?
  /// The stretch of the session clock that it works on.
  let range: Located<Stretch>?
  let name: Located<String>?
  /// The folder of this step's outputs.
  package let output: Located<String>?
  /// Whether `uids` may name somebody who was never there, as a subscription may.
  let mayMissUids: Bool
}

/// What a recipe may use beside its own text.
package struct RecipeInputs: Sendable {
  let set: [String: String]
  let environment: @Sendable (String) -> String?

  /// `set` are the variables of `--set`; `environment` gives the value of a name.
  package init(
    set: [String: String] = [:], environment: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.set = set
    self.environment = environment
  }
}

extension Recipe {
  /// The endings of the files that steps write, or will write: `-o talk.m4a` is such a file.
  package static let endings: Set<String> = [
    "mp4", "mov", "mkv", "webm", "ts", "flv", "m3u8", "mpd", "mp3", "m4a", "aac", "opus", "flac",
    "wav", "ogg", "gif", "jpg",
  ]

  /// Reads the YAML or JSON text of a recipe; there is a recipe when no problem is an error.
  package static func read(_ bytes: [UInt8], file: String, _ inputs: RecipeInputs)
    -> (recipe: Recipe?, problems: Problems)
  {
    let document = Document(reading: bytes, file: file)
    guard let root = document.root else {
      // Nobody knows what it was to be.
      return (nil, Problems(document.problems))
    }
    var (recipe, problems) = read(root, file: file, inputs, after: document.problems)
    if root["clientRequest"] == nil { problems.source = SourceLines(bytes) }
    recipe?.source = problems.source
    return (recipe, problems)
  }

  /// Reads the tree of a recipe; `earlier` are the problems that its text has.
  static func read(
    _ root: Node, file: String, _ inputs: RecipeInputs = RecipeInputs(),
    after earlier: [Diagnostic] = []
  ) -> (recipe: Recipe?, problems: Problems) {
    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
    let variables = Variables(given: inputs.set, environment: inputs.environment)
    var reader = RecipeReader(
      checker: Checker(problems: Problems(earlier), variables: variables, folder: folder))
    let recipe = reader.recipe(root, file: file)
    let problems = reader.checker.problems
    return (problems.code == nil ? recipe : nil, problems)
  }
}
