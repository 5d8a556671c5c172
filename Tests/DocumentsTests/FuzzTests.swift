import Basics
import TestSupport
import Testing

@testable import Documents

private let yaml = """
  version: 1
  session: ./archive   # comment
  vars: { lang: en, é: "\\u00e9 😀" }
  steps:
    - id: &a talk
      mix: { uids: [123, 456], gain: {1: -3.5}, name: "${sid}_${cname}" }
    - merge:
        by: uid
        text: |
          block
          text
        other: >-
          folded
    - *a
  """
private let json = """
  {"version": 1, "session": "./archive", "vars": {"é": "\\ud83d\\ude00 \\n"},
   "steps": [{"merge": {"by": "uid", "n": [1, -2.5e3, true, false, null]}}, {}]}
  """

@Suite struct FuzzTests {
  /// Every mutation gives a tree or a located problem.
  @Test(.timeLimit(.minutes(5)), arguments: [(yaml, "f.yaml"), (json, "f.json"), (json, "f")])
  func mutations(text: String, file: String) {
    var random = Seeded(seed: 42)
    let original = Array(text.utf8)
    let tokens = ["[", "{", "&a ", "*a", "\t", "\n", "- ", "? ", ": ", "\"", "\\u", "|", "%", "\0"]
    var trees = 0
    for _ in 0..<2000 {
      var bytes = original
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        let at = Int.random(in: 0..<max(bytes.count, 1), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1:
          bytes.removeSubrange(at..<min(at + Int.random(in: 1..<20, using: &random), bytes.count))
        case 2:
          bytes.insert(
            contentsOf: Array(tokens.randomElement(using: &random)?.utf8 ?? "".utf8), at: at)
        case 3: bytes.insert(contentsOf: bytes[at..<min(at + 40, bytes.count)], at: at)
        default: bytes.removeSubrange(at...)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      let document = Document(reading: bytes, file: file)
      let lines = bytes.count { $0 == 0x0A || $0 == 0x0D } + 2
      for problem in document.problems {
        guard let place = problem.place else {
          Issue.record("no place: \(problem)")
          continue
        }
        #expect(place.line >= 1 && place.line <= lines && place.column >= 1)
      }
      #expect(document.root != nil || !document.problems.isEmpty)
      trees += document.root == nil ? 0 : 1
    }
    #expect(trees > 20 && trees < 1980)
  }
}
