package import Basics

extension Recipe {
  /// The JSON Schema (draft 2020-12) of recipes, for editors that complete and check.
  package static var schema: JSONValue {
    let kinds = StepKind.all
    let step: JSONValue = .object([
      .init("type", "object"),
      .init(
        "properties",
        .object(
          [.init("id", ["type": "string", "description": "the name that other steps call it by"])]
            + kinds.map { .init($0.name, ["$ref": .string("#/$defs/\($0.name)")]) })),
      .init("oneOf", .array(kinds.map { ["required": .array([.string($0.name)])] })),
      .init("additionalProperties", false),
    ])
    var top = schemaProperties(TopLevelKeys.all)
    top = top.map { member in
      switch member.name {
      case "steps":
        .init(
          "steps",
          [
            "description": .string(TopLevelKeys.steps.doc), "type": "array", "minItems": 1,
            "items": step,
          ])
      case "defaults":
        .init("defaults", ["description": .string(TopLevelKeys.defaults.doc), "type": "object"])
      case "vars":
        .init(
          "vars",
          [
            "description": .string(TopLevelKeys.vars.doc), "type": "object",
            "additionalProperties": ["type": ["string", "number", "boolean"]],
          ])
      default: member
      }
    }
    return .object([
      .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
      .init("title", "Rushes recipe"),
      .init("type", "object"),
      .init("properties", .object(top)),
      .init("required", ["version", "steps"]),
      .init("additionalProperties", false),
      .init(
        "$defs",
        .object(
          [
            .init(
              "variable",
              ["type": "string", "pattern": "^\\$\\{[^}]+\\}$", "description": "a variable"])
          ] + kinds.map { .init($0.name, $0.schema) })),
    ])
  }
}

extension StepKind {
  fileprivate var schema: JSONValue {
    guard isAvailable else {
      return ["type": ["object", "null"], "description": .string("\(doc); not available yet")]
    }
    guard case .object(let members) = schemaGroup(keys, doc: doc) else { return .null }
    // A step whose keys are all left out is written `merge:`.
    let canBeEmpty = !keys.contains { $0.isRequired }
    return .object(
      members.map { member in
        member.name == "type" && canBeEmpty ? .init("type", ["object", "null"]) : member
      })
  }
}

private func schemaGroup(_ keys: [Definition], doc: String) -> JSONValue {
  let required = keys.filter(\.isRequired).map { JSONValue.string($0.name) }
  return .object(
    [
      .init("description", .string(doc)), .init("type", "object"),
      .init("properties", .object(schemaProperties(keys))),
    ] + (required.isEmpty ? [] : [.init("required", .array(required))])
      + [.init("additionalProperties", false)])
}

private func schemaProperties(_ keys: [Definition]) -> [JSONValue.Member] {
  keys.map { key in
    let doc = key.isAvailable ? key.doc : "\(key.doc); not available yet"
    guard case .object(let members) = key.type.schema(doc: doc) else {
      return .init(key.name, .null)
    }
    return .init(
      key.name, .object(members + (key.fallback.map { [.init("default", $0)] } ?? [])))
  }
}

extension ValueType {
  fileprivate func schema(doc: String) -> JSONValue {
    switch self {
    case .text, .path, .location, .template:
      ["description": .string(doc), "type": "string", "minLength": 1]
    case .uid: ["description": .string(doc), "type": ["string", "integer"]]
    case .flag: orVariable(doc, ["type": "boolean"])
    case .integer(let range, _):
      orVariable(
        doc,
        [
          "type": "integer", "minimum": .integer(Int64(range.lowerBound)),
          "maximum": .integer(Int64(range.upperBound)),
        ])
    case .number(let range, _):
      orVariable(
        doc,
        [
          "type": "number", "minimum": .number(range.lowerBound),
          "maximum": .number(range.upperBound),
        ])
    case .choice(let choices):
      orVariable(
        choices.allSatisfy(\.isAvailable)
          ? doc
          : doc + " (not available yet: "
            + choices.filter { !$0.isAvailable }.map(\.name).joined(separator: ", ") + ")",
        ["enum": .array(choices.map { .string($0.name) })])
    case .list(let item, let count):
      [
        "description": .string(doc), "type": "array", "items": item.schema(doc: item.phrase),
        "minItems": .integer(Int64(count.lowerBound)),
        "maxItems": .integer(Int64(count.upperBound)),
      ]
    case .patterns:
      [
        "description": .string(doc),
        "anyOf": [
          ValueType.path.schema(doc: ValueType.path.phrase),
          ValueType.list(.path, count: 1...10_000).schema(doc: "a list of paths"),
        ],
      ]
    case .map(let item):
      [
        "description": .string(doc), "type": "object",
        "additionalProperties": item.schema(doc: item.phrase),
      ]
    case .group(let keys): schemaGroup(keys, doc: doc)
    }
  }

  private func orVariable(_ doc: String, _ schema: JSONValue) -> JSONValue {
    ["description": .string(doc), "anyOf": [schema, ["$ref": "#/$defs/variable"]]]
  }
}
