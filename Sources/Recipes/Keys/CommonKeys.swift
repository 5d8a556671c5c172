/// The keys of every step that works on a session.
enum CommonKeys {
  static let from = Key<String?>.text(
    "from", "the id of an earlier step, whose outputs are the session")
  static let uids = Key<[Located<String>]?>.texts(
    "uids", of: .uid, "the participants to take; without it all")
  static let excludeUids = Key<[Located<String>]?>.texts(
    "excludeUids", of: .uid, "the participants to leave out")
  static let name = Key<String?>.text(
    "name", as: .template,
    "the outputs' file name; may hold ${sid} ${cname} ${uid} ${index} ${utc} ${id}")
  static let output = Key<String?>.text(
    "output", as: .path, "the folder of this step's outputs, instead of the recipe's")
  static let range = Key<Values>.group(
    "range", of: [Range.start.definition, Range.end.definition], "a stretch of the session clock")

  /// The keys of a stretch.
  enum Range {
    static let start = Key<Double>.number(
      "start", 0, in: 0...1e7, unit: "seconds", "where to begin")
    static let end = Key<Double?>.number("end", in: 0...1e7, unit: "seconds", "where to end")
  }

  static let all = [
    from.definition, uids.definition, excludeUids.definition,
    range.definition, name.definition, output.definition,
  ]
}
