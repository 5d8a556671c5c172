import Basics
import Foundation
import Slices
import TestSupport
import Testing

@testable import Recipes

@Suite struct RecipeFuzzTests {
  private let words = [
    "merge", "record", "mix", "steps", "uids", "${", "${sid}", "}", "[", "]", "{", ":", ",", "null",
    "true", "-1", "1e999", "\"", "&a", "*a", "\n", "  ", "#", "999999999999999999999",
  ]

  /// Every shuffle of a recipe's words gives a recipe or a problem, and never a crash.
  @Test(.timeLimit(.minutes(5)), arguments: ["after-session.yaml", "podcast.yaml", "record.yaml"])
  func shuffledWords(name: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "recipes/\(name)"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.contains("#") }.joined(separator: "\n")
    let session = Session(
      sid: "", cname: "", name: "s", start: UTCTime(milliseconds: 0), duration: .zero,
      participants: [Participant(uid: "1")])
    var random = Seeded(seed: 7)
    var right = 0
    for _ in 0..<1000 {
      var parts = lines.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      for _ in 0...Int.random(in: 0..<3, using: &random) {
        let at = Int.random(in: 0..<parts.count, using: &random)
        parts[at] =
          (Bool.random(using: &random) ? words : parts).randomElement(using: &random) ?? ""
      }
      let bytes = Array(parts.joined(separator: " ").utf8)
      let read = Recipe.read(bytes, file: "f.yaml", RecipeInputs())
      #expect((read.recipe == nil) == (read.problems.code != nil))
      if let recipe = read.recipe {
        right += 1
        let planned = recipe.plan([session], into: PlanTarget(folder: "o", workingFolder: "/w"))
        #expect((planned.plan == nil) == (planned.problems.code != nil))
      }
    }
    #expect(right > 10 && right < 990)
  }

  @Test(.timeLimit(.minutes(5))) func hugeRecipesEndQuickly() {
    let items = Array(repeating: "\"${a}\"", count: 150_000).joined(separator: ",")
    let texts = [
      "version: 1\nvars: {a: \(String(repeating: "x", count: 4000))}\n"
        + "steps: [{merge: {uids: [\(items)]}}]",
      "version: 1\nsteps: [" + String(repeating: "merge: ,", count: 60_000) + "]",
      "version: 1\nsteps: [{merge: {"
        + (0..<60_000).map { "k\($0): 1" }.joined(separator: ",") + "}}]",
      "version: 1\nsteps: [{id: a, merge: {name: \(String(repeating: "${uid}", count: 500_000))}}]",
    ]
    for text in texts {
      let read = Recipe.read(Array(text.utf8), file: "f.yaml", RecipeInputs())
      #expect((read.recipe == nil) == (read.problems.code != nil))
    }
  }
}
