/// The keys of every step that works on a session.
enum CommonKeys {
  static let uids = Key<[Located<String>]?>.texts(
    "uids", of: .uid, "the participants to take; without it all")
  static let excludeUids = Key<[Located<String>]?>.texts(
    "excludeUids", of: .uid, "the participants to leave out")
  static let name = Key<String?>.text(
    "name", as: .template,
    "the outputs' file name; may hold ${sid} ${cname} ${uid} ${index} ${utc} ${id}")
  static let output = Key<String?>.text(
    "output", as: .path, "the folder of this step's outputs, instead of the recipe's")

  static let all = [
    Definition(
      "from", .text, "the id of an earlier step whose outputs to work on", isAvailable: false),
    uids.definition, excludeUids.definition,
    Definition(
      "range",
      .group([
        Definition("start", .number(0...1e7, unit: "seconds"), "where to begin"),
        Definition("end", .number(0...1e7, unit: "seconds"), "where to end"),
      ]), "a stretch of the session clock", isAvailable: false),
    name.definition, output.definition,
  ]
}
