import Basics
import Documents
import Foundation
import Testing

@testable import Recipes

/// As much of JSON Schema 2020-12 as the recipes' schema uses.
private struct Validator {
  let root: JSONValue

  func errors(_ node: Node, _ schema: JSONValue, _ path: String = "$") -> [String] {
    var found: [String] = []
    func check(_ right: Bool, _ what: String) { if !right { found.append("\(path): \(what)") } }
    guard case .object(let members) = schema else { return ["\(path): no schema"] }
    let properties = schema["properties"]
    for member in members {
      switch (member.name, member.value) {
      case ("$ref", .string(let ref)):
        let parts = ref.split(separator: "/").dropFirst()
        found += errors(node, parts.reduce(root) { $0[String($1)] ?? .null }, path)
      case ("type", .string(let type)): check(node.isA(type), "is no \(type)")
      case ("type", .array(let types)):
        check(types.contains { if case .string(let t) = $0 { node.isA(t) } else { false } }, "type")
      case ("enum", .array(let words)):
        check(words.contains { $0 == node.scalarText.map(JSONValue.string) }, "enum")
      case ("minimum", let bound): check(node.double >= bound.double, "minimum")
      case ("maximum", let bound): check(node.double <= bound.double, "maximum")
      case ("minItems", let bound): check(Double(node.list.count) >= bound.double, "minItems")
      case ("maxItems", let bound): check(Double(node.list.count) <= bound.double, "maxItems")
      case ("minLength", _): check(node.scalarText != "", "minLength")
      case ("pattern", .string(let pattern)):
        check((try? Regex(pattern).firstMatch(in: node.scalarText ?? "")) != nil, "pattern")
      case ("anyOf", .array(let choices)):
        check(choices.contains { errors(node, $0).isEmpty }, "anyOf")
      case ("oneOf", .array(let choices)):
        check(choices.count { errors(node, $0).isEmpty } == 1, "oneOf")
      case ("required", .array(let names)):
        for case .string(let name) in names where node.value != .null {
          check(node[name] != nil, "\(name) is missing")
        }
      case ("properties", _):
        for entry in node.entries {
          if let inner = properties?[entry.key] {
            found += errors(entry.value, inner, "\(path).\(entry.key)")
          }
        }
      case ("additionalProperties", .bool(false)):
        for entry in node.entries { check(properties?[entry.key] != nil, "unknown \(entry.key)") }
      case ("additionalProperties", let inner):
        for entry in node.entries where properties?[entry.key] == nil {
          found += errors(entry.value, inner, "\(path).\(entry.key)")
        }
      case ("items", let inner):
        for (n, item) in node.list.enumerated() { found += errors(item, inner, "\(path)[\(n)]") }
      case ("$schema", _), ("title", _), ("description", _), ("$defs", _), ("default", _): continue
      default: found.append("\(path): the schema has '\(member.name)', which is not checked here")
      }
    }
    return found
  }
}

extension JSONValue {
  fileprivate subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
  fileprivate var double: Double {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: .nan
    }
  }
}

extension Node {
  fileprivate var list: [Node] { if case .list(let items) = value { items } else { [] } }
  fileprivate var double: Double { if case .number(let n, _) = value { n } else { .nan } }
  fileprivate func isA(_ type: String) -> Bool {
    switch (type, value) {
    case ("object", .mapping), ("array", .list), ("string", .string), ("number", .number),
      ("boolean", .bool), ("null", .null):
      true
    case ("integer", .number(let number, _)): number == number.rounded()
    default: false
    }
  }
}

@Suite struct SchemaTests {
  private func errors(_ text: String) throws -> [String] {
    let root = try #require(Document(reading: Array(text.utf8), file: "r.yaml").root)
    return Validator(root: Recipe.schema).errors(root, Recipe.schema)
  }

  @Test(arguments: [
    "after-session.yaml", "record.yaml", "lesson-replay.yaml", "compliance-archive.yaml",
    "podcast.yaml", "support-call-audit.yaml", "highlights.yaml", "snapshots.yaml",
    "mixed-audio.yaml", "transcoded.yaml", "convert.yaml",
  ])
  func shippedRecipesAreValid(name: String) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "recipes/\(name)")
    #expect(try errors(String(contentsOf: folder, encoding: .utf8)) == [])
  }

  @Test(arguments: [
    ("version: 2\nsteps: [merge: ]", "$.version: anyOf"),
    ("version: 1\nsteps: []", "$.steps: minItems"),
    (
      "version: 1\nsteps: [{merge: , record: {channel: a, sources: [{uid: 1, url: x}]}}]",
      "$.steps[0]: oneOf"
    ),
    ("version: 1\nsteps: [{merge: {by: x}}]", "$.steps[0].merge.by: anyOf"),
    ("version: 1\nsteps: [{merge: {bye: x}}]", "$.steps[0].merge: unknown bye"),
    ("version: 1\nsteps: [{record: {channel: a}}]", "$.steps[0].record: sources is missing"),
    (
      "version: 1\nsteps: [{record: {channel: a, sources: [{uid: 1, url: x}], slice: 0.5}}]",
      "$.steps[0].record.slice: anyOf"
    ),
    (
      "version: 1\nsteps: [{record: {channel: a, sources: [{uid: 1}]}}]",
      "$.steps[0].record.sources[0]: url is missing"
    ),
  ])
  func brokenRecipesAreNot(text: String, error: String) throws {
    #expect(try errors(text) == [error])
  }

  @Test func variablesMayStandForNumbers() throws {
    #expect(
      try errors(
        "version: 1\nsteps: [{record: {channel: a, sources: [{uid: 1, url: x}], slice: \"${n}\"}}]")
        == [])
  }
}
