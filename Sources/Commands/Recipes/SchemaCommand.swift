import Basics
import Recipes

extension Command {
  /// Prints JSON Schemas.
  static let schema = Command(
    "schema", "prints the JSON Schema of recipes and of what rushes writes",
    usage: "[recipe|report|events|inspect]", operands: 0...1
  ) { arguments, console throws(Ending) in
    let name = arguments.operands.first ?? "recipe"
    let schemas: [(String, JSONValue)] = [
      ("recipe", Recipe.schema), ("report", Schemas.report), ("events", Schemas.events),
      ("inspect", Schemas.inspect),
    ]
    guard let schema = schemas.first(where: { $0.0 == name })?.1 else {
      let near = nearestName(to: name, in: schemas.map(\.0))
      let hint = near.map { " (did you mean '\($0)'?)" } ?? ""
      throw .usage("unknown schema '\(excerpt(name))'\(hint)")
    }
    console.out(schema.pretty)
    return .done
  }
}

/// The schemas of what rushes writes.
enum Schemas {
  private static let dialect = JSONValue.string("https://json-schema.org/draft/2020-12/schema")
  private static let text: JSONValue = ["type": "string"]
  private static let number: JSONValue = ["type": "number"]
  private static let count: JSONValue = ["type": "integer", "minimum": 0]

  private static func list(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

  /// An object with exactly these members; a name that ends in `?` may be absent.
  private static func object(_ members: [(String, JSONValue)], title: String? = nil) -> JSONValue {
    func plain(_ name: String) -> String { name.hasSuffix("?") ? String(name.dropLast()) : name }
    let required = members.map(\.0).filter { !$0.hasSuffix("?") }
    return .object(
      (title.map { [.init("$schema", dialect), .init("title", .string($0))] } ?? [])
        + [
          .init("type", "object"),
          .init("properties", .object(members.map { .init(plain($0.0), $0.1) })),
          .init("required", .array(required.map { .string($0) })),
        ])
  }

  /// `rushes inspect --json`.
  static let inspect = object(
    [
      ("sid", text), ("cname", text), ("start", ["type": "string", "format": "date-time"]),
      ("duration", number),
      (
        "uids",
        list(
          object([
            ("uid", text),
            (
              "tracks",
              list(
                object([
                  ("type", ["enum": ["audio", "video"]]), ("codecs", list(text)),
                  ("slices", count), ("start", number), ("duration", number), ("width?", count),
                  ("height?", count),
                  (
                    "changes",
                    list(
                      object([
                        ("time", number), ("codec", text), ("width?", count), ("height?", count),
                        ("sampleRate?", count), ("channels?", count),
                      ]))
                  ),
                  (
                    "rotations",
                    list(object([("time", number), ("degrees", ["enum": [0, 90, 180, 270]])]))
                  ), ("gaps", stretches),
                  ("driftPpm", number),
                  (
                    "files?",
                    list(object([("path", text), ("start", number), ("duration", number)]))
                  ),
                ])
              )
            ),
          ]))
      ), ("problems", problems),
    ], title: "rushes inspect --json")

  /// A line of `--json` on standard output.
  static let events: JSONValue = .object([
    .init("$schema", dialect), .init("title", "A line of --json"), .init("type", "object"),
    .init(
      "properties",
      [
        "event": ["enum": ["start", "progress", "output", "warning", "error", "done"]],
        "steps": count, "outputs": count, "done": ["type": "number", "minimum": 0, "maximum": 1],
        "speed": ["type": ["number", "null"]], "left": ["type": ["number", "null"]],
        "path": text, "duration": number, "message": text, "file": text,
        "line": ["type": "integer", "minimum": 1], "column": ["type": "integer", "minimum": 1],
        "code": count, "sid": text, "uid": text, "url": text, "type": text, "codec": text,
        "state": text, "retryIn": number, "start": text,
        "sources": list(
          object([
            ("uid", text), ("url", text), ("state", text), ("codecs", list(text)),
            ("bitsPerSecond", count), ("slices", count), ("gaps", count),
          ])),
      ]),
    .init("required", ["event"]),
  ])

  private static let digest: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{64}$"]
  private static let stretches = list(object([("start", number), ("duration", number)]))
  private static let problems = list(object([("path", text), ("message", text)]))

  /// `rushes-report.json`.
  static let report = object(
    [
      ("version", ["const": 1]),
      (
        "sessions",
        list(
          object([
            ("sid", text), ("cname", text), ("start", ["type": "string", "format": "date-time"]),
            ("duration", number), ("losses", problems),
          ]))
      ),
      (
        "outputs",
        list(
          object([
            ("path", text), ("step", text), ("container", text), ("duration", number),
            ("codecs", list(text)), ("bytes", count), ("sha256", digest),
            (
              "files", list(object([("path", text), ("bytes", count), ("sha256", digest)]))
            ),
            ("picturesDecoded", count), ("picturesEncoded", count),
            ("decodedWith?", ["type": ["string", "null"]]),
            ("decodedPeak?", ["type": ["number", "null"]]), ("copied", stretches),
            ("encoded", stretches),
            (
              "tracks",
              list(
                object([
                  ("uid", text), ("type", ["enum": ["audio", "video"]]), ("codec", text),
                  ("startUtc", ["type": "string", "format": "date-time"]), ("start", number),
                  ("driftPpm", number), ("gaps", stretches),
                ]))
            ), ("losses", problems),
          ]))
      ),
      (
        "fileList",
        list(
          object([
            ("fileName", text), ("trackType", ["enum": ["audio", "video", "audio_and_video"]]),
            ("uid", text), ("mixedAllUser", ["type": "boolean"]),
            ("isPlayable", ["type": "boolean"]), ("sliceStartTime", ["type": "integer"]),
          ]))
      ),
    ], title: "rushes-report.json")
}
