/// The keys of a recipe itself.
enum TopLevelKeys {
  static let version = Key<Int>.integer(
    "version", 1, in: 1...1, "the version of this format", isRequired: true)
  static let session = Key<String?>.text(
    "session", as: .path, "the archive: a folder, an index or a media file; --session replaces it")
  static let sessions = Key<[Located<String>]?>.patterns(
    "sessions", "several archives, instead of 'session'; what a step says is done to each")
  static let output = Key<String?>.text(
    "output", as: .path, "the folder of the outputs; --output replaces it")
  static let vars = Definition(
    "vars", .map(.text), "values for ${name} in this recipe; --set name=value replaces one")
  static let defaults = Definition(
    "defaults", .map(.text), "values for every step that has the key")
  static let steps = Definition("steps", .list(.text, count: 1...10_000), "what to do, in order")

  static let all = [
    version.definition, session.definition, sessions.definition, output.definition, vars,
    defaults, steps,
  ]
}
