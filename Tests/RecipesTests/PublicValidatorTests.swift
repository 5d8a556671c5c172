import Basics
import Foundation
import Testing

@testable import Recipes

/// Runs Python; what it prints, and whether it ended well.
private func python(_ script: String, _ arguments: [String] = []) -> (isGood: Bool, out: String) {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = ["python3", "-W", "ignore", "-c", script] + arguments
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = pipe
  guard (try? process.run()) != nil else { return (false, "") }
  let data = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus == 0, String(decoding: data, as: UTF8.self))
}

/// The schema before a validator that others wrote.
@Suite struct PublicValidatorTests {
  private static let has = python("from jsonschema import Draft202012Validator; import yaml").isGood

  @Test(.enabled(if: has, "python3 has no jsonschema, or no yaml"))
  func theSchemaIsOneAndTellsRightFromWrong() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let schema = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
    try Recipe.schema.pretty.write(to: schema, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: schema) }
    let script = """
      import glob, json, sys, yaml
      from jsonschema import Draft202012Validator
      schema = json.load(open(sys.argv[1]))
      Draft202012Validator.check_schema(schema)
      validator = Draft202012Validator(schema)
      samples = sorted(glob.glob(sys.argv[2] + "/*.yaml"))
      assert len(samples) >= 2, samples
      for path in samples:
          validator.validate(yaml.safe_load(open(path)))
      for broken in ["version: 2\\nsteps: [{merge: {}}]", "version: 1\\nsteps: []",
                     "version: 1\\nsteps: [{merge: {bye: uid}}]", "version: 1",
                     "version: 1\\nsteps: [{merge: {by: nobody}}]",
                     "version: 1\\nsteps: [{merge: {}, record: {}}]",
                     "version: 1\\nsteps: [{merge: {range: {start: -1}}}]"]:
          assert not validator.is_valid(yaml.safe_load(broken)), broken
      """
    let result = python(script, [schema.path(), root.appending(path: "recipes").path()])
    #expect(result.isGood, "\(result.out)")
  }
}
