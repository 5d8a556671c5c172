import Basics
import Plan
import Testing

@testable import Recipes

/// What a recipe's check says, one line a problem, without the file's name.
func problems(_ text: String, set: [String: String] = [:], file: String = "r.yaml") -> [String] {
  let inputs = RecipeInputs(set: set) { $0 == "HOME" ? "/root" : nil }
  return Recipe.read(Array(text.utf8), file: file, inputs).problems.all.map {
    let line = "\($0)"
    return line.hasPrefix("\(file):") ? String(line.dropFirst(file.count + 1)) : line
  }
}

/// A recipe of one `merge` step with these lines in it; they begin on line 4, column 7.
private func merge(_ lines: String...) -> String {
  (["version: 1", "steps:", "  - merge:"] + lines.map { "      " + $0 }).joined(separator: "\n")
}

/// A recipe of one `record` step with these lines after channel and sources, from line 6.
private func record(_ lines: String...) -> String {
  (["version: 1", "steps:", "  - record:", "      channel: a", "      sources: [{uid: 1, url: x}]"]
    + lines.map { "      " + $0 }).joined(separator: "\n")
}

@Suite struct BrokenRecipeTests {
  @Test(arguments: [
    // The whole.
    ("", ["1:1: the recipe is empty"]),
    ("- a", ["1:1: a recipe is a mapping, found a list"]),
    ("hello", [#"1:1: a recipe is a mapping, found "hello""#]),
    ("version: 1", ["1:1: 'steps' is missing"]),
    ("steps: [merge: ]", ["1:1: 'version' is missing"]),
    ("version: 2\nsteps: [merge: ]", ["1:10: 'version' must be 1, found 2"]),
    (
      "version: \"1\"\nsteps: [merge: ]",
      [#"1:10: 'version' must be a whole number, found "1" (did you mean 1?)"#]
    ),
    (
      "version: 1\nsteps: [merge: ]\nsesion: x",
      ["3:1: unknown key 'sesion' (did you mean 'session'?)"]
    ),
    (
      "version: 1\nsteps: [merge: ]\nsession: a\nsessions: [b]",
      ["3:10: 'session' and 'sessions' exclude each other"]
    ),
    (
      "version: 1\nsteps: [merge: ]\nsessions: 5",
      ["3:11: 'sessions' must be a list, found 5; write [5]"]
    ),
    (
      "version: 1\nsteps: [merge: ]\nsession: 5",
      ["3:10: 'session' must be a path, found 5; put it in quotes"]
    ),
    ("version: 1\nsteps: [merge: ]\noutput:", ["3:8: 'output' has no value"]),
    ("{\"clientRequest\": {}}", ["1:2: 'compose' is not available yet"]),
    // Steps on steps.
    (
      "version: 1\nsteps:\n - {id: people, merge: }\n - merge: {from: poeple}",
      ["4:18: unknown step 'poeple' (did you mean 'people'?)"]
    ),
    (
      "version: 1\nsteps:\n - merge: {from: b}\n - {id: b, merge: }",
      ["3:18: 'b' is a later step; put it before this one"]
    ),
    (
      "version: 1\nsteps:\n - {id: a, merge: {from: b}}\n - {id: b, merge: {from: a}}",
      ["3:26: a cycle: 'a' from 'b' from 'a'"]
    ),
    (
      "version: 1\nsteps:\n - {id: a, merge: {from: a}}",
      ["3:26: a cycle: 'a' from 'a'"]
    ),
    // Steps.
    ("version: 1\nsteps: {}", ["2:8: 'steps' must be a list of steps, found a mapping"]),
    ("version: 1\nsteps: []", ["2:8: 'steps' must have a step, and is empty"]),
    (
      "version: 1\nsteps: [merge]",
      [#"2:9: a step must be a mapping such as 'merge: {…}', found "merge""#]
    ),
    ("version: 1\nsteps: [{id: a}]", ["2:9: a step without work, such as 'merge: {…}'"]),
    (
      "version: 1\nsteps: [{mrege: {}}]",
      ["2:10: unknown key 'mrege' in 'steps' (did you mean 'merge'?)"]
    ),
    (
      "version: 1\nsteps: [{merge: {}, record: {}}]",
      ["2:21: a step does one thing; put 'record' and 'merge' into two steps"]
    ),
    ("version: 1\nsteps: [{merge: {}, uids: [1]}]", ["2:21: 'uids' belongs inside 'merge'"]),
    ("version: 1\nsteps: [{merge: {id: a}}]", ["2:18: 'id' belongs beside 'merge', not in it"]),
    (
      "version: 1\nsteps:\n - {id: a, merge: }\n - {id: a, merge: }",
      ["4:9: two steps have the id 'a' (first on line 3)"]
    ),
    ("version: 1\nsteps: [{merge: 5}]", ["2:17: 'merge' must be a mapping, found 5"]),
    (
      "version: 1\nsteps:\n- convert: {}\n- compose: {a: b}",
      ["3:3: 'input' is missing in 'convert'", "4:3: 'compose' is not available yet"]
    ),
    // Merge.
    (merge("by: user"), [#"4:11: 'by' must be 'uid', 'segment' or 'session', found "user""#]),
    (
      merge("by: sesion"),
      [
        #"4:11: 'by' must be 'uid', 'segment' or 'session', found "sesion" (did you mean 'session'?)"#
      ]
    ),
    (merge("by: true"), ["4:11: 'by' must be 'uid', 'segment' or 'session', found true"]),
    (merge("frmat: mp4"), ["4:7: unknown key 'frmat' in 'merge' (did you mean 'format'?)"]),
    (
      merge("format: hls", "fill: image"),
      [
        "4:15: 'format' must be 'mp4', 'mov', 'mkv', 'webm', 'ts', 'flv', 'm3u8' or 'mpd', "
          + #"found "hls""#,
        "5:13: 'fill' needs 'image'",
      ]
    ),
    (
      merge("from: a", "range: {start: 2, end: 1}", "image: x"),
      ["4:13: unknown step 'a'", "5:14: 'range' must end after it starts"]
    ),
    (merge("uids: 123"), ["4:13: 'uids' must be a list, found 123; write [123]"]),
    (merge("uids: []"), ["4:13: 'uids' must be a list of 1 to 10000, found a list without items"]),
    (
      merge("uids: [1.5, true, \"\", a/b]"),
      [
        "4:14: 'uids' must be a uid, found 1.5; put it in quotes",
        "4:19: 'uids' must be a uid, found true; put it in quotes",
        #"4:25: 'uids' cannot hold the uid "": it is empty"#,
        #"4:29: 'uids' cannot hold the uid "a/b": it contains '/'"#,
      ]
    ),
    (merge("name: a/b"), [#"4:13: 'name' must be a file name without '/', found "a/b""#]),
    (
      merge(#"name: "a\tb""#),
      [#"4:13: 'name' must be a file name without control characters, found "a b""#]
    ),
    (merge("name: 5"), ["4:13: 'name' must be a file name, found 5; put it in quotes"]),
    (merge("name: ${sidd}"), ["4:13: unknown variable '${sidd}'"]),
    (merge("output: ${sid}"), ["4:15: '${sid}' has a meaning only in 'name'"]),
    (merge("name: ${sid"), [#"4:13: '${' without '}' in "${sid""#]),
    (merge("output: ${env.NOPE}/x"), ["4:15: the environment has no 'NOPE'"]),
    (merge("by: uid", "by: segment"), ["5:7: duplicate key 'by' (first on line 4)"]),
    // Record.
    (
      "version: 1\nsteps: [record: ]",
      ["2:9: 'channel' is missing in 'record'", "2:9: 'sources' is missing in 'record'"]
    ),
    (
      "version: 1\nsteps: [record: {channel: a, sources: [{url: x}, 5]}]",
      ["2:40: 'uid' is missing in 'sources'", "2:50: 'sources' must be a mapping, found 5"]
    ),
    (record("slice: 0.5"), ["6:14: 'slice' must be from 1 to 300, found 0.5"]),
    (record("slice: 64k"), [#"6:14: 'slice' must be a number of seconds, found "64k""#]),
    (
      record("slice: 1:30"),
      [#"6:14: 'slice' must be a number of seconds, found "1:30" (did you mean 90?)"#]
    ),
    (
      record("slice: 015"),
      [#"6:14: 'slice' must be a number of seconds, found "015" (did you mean 15?)"#]
    ),
    (record("maxIdleTime: 1e999"), ["6:20: 'maxIdleTime' must be from 5 to 2592000, found 1e999"]),
    (
      record("maxIdleTime: 5.5"),
      ["6:20: 'maxIdleTime' must be a whole number of seconds, found 5.5"]
    ),
    (record("streamTypes: 3"), ["6:20: 'streamTypes' must be from 0 to 2, found 3"]),
    (record("streamMode: standard"), ["6:19: 'streamMode: standard' is not available yet"]),
    (
      record("subscribeAudioUids: [1]", "unsubscribeAudioUids: [2]"),
      ["7:29: 'subscribeAudioUids' and 'unsubscribeAudioUids' exclude each other"]
    ),
    (record("uids: [1]"), ["6:7: unknown key 'uids' in 'record'"]),
    (
      "version: 1\nsteps:\n- record:\n    channel: a/b\n    sources: [{uid: 1, url: x, realtime: no, options: [a]}]",
      [
        #"4:14: 'channel' cannot be "a/b": it contains '/'"#,
        #"5:42: 'realtime' must be true or false, found "no" (did you mean false?)"#,
        "5:55: 'options' must be a mapping, found a list",
      ]
    ),
    (
      "version: 1\nsteps: [{record: {channel: a, sources: 5}}]",
      ["2:40: 'sources' must be a list, found 5; write [5]"]
    ),
    // Defaults and variables.
    (
      "version: 1\ndefaults: {by: nobody, algn: uid, fill: hold}\nsteps: [merge: ]",
      [
        #"2:16: 'by' must be 'uid', 'segment' or 'session', found "nobody""#,
        "2:24: unknown key 'algn' in 'defaults' (did you mean 'align'?)",
      ]
    ),
    ("version: 1\ndefaults: 5\nsteps: [merge: ]", ["2:11: 'defaults' must be a mapping, found 5"]),
    (
      "version: 1\nvars: {sid: 1, a-b: 2, c: [1], d: \"${e}\"}\nsteps: [merge: ]",
      [
        "2:8: 'sid' cannot be a variable; '${sid}' has a meaning in 'name'",
        "2:16: 'a-b' cannot be a variable's name; use letters, digits and '_'",
        "2:27: the variable 'c' must be a text, a number, true or false, found a list",
        "2:35: unknown variable '${e}'",
      ]
    ),
    (
      "version: 1\nvars: {unit: uid}\nsteps: [{merge: {by: \"${unti}\"}}]",
      ["3:22: unknown variable '${unti}' (did you mean 'unit'?)"]
    ),
    ("version: 1\nvars: [a]\nsteps: [merge: ]", ["2:7: 'vars' must be a mapping, found a list"]),
  ])
  func places(text: String, expected: [String]) {
    #expect(problems(text) == expected)
  }

  @Test func allProblemsAtOnce() {
    let text = """
      version: 1
      sesion: ./archive
      steps:
        - merge: { by: user, fill: blak, uids: 5 }
        - compose: {}
        - record: { channel: a, slice: 64k }
      steps: []
      """
    #expect(
      problems(text) == [
        "2:1: unknown key 'sesion' (did you mean 'session'?)",
        #"4:18: 'by' must be 'uid', 'segment' or 'session', found "user""#,
        #"4:30: 'fill' must be 'hold', 'black', 'image' or 'cut', found "blak" (did you mean 'black'?)"#,
        "4:42: 'uids' must be a list, found 5; write [5]",
        "5:5: 'compose' is not available yet",
        "6:5: 'sources' is missing in 'record'",
        #"6:34: 'slice' must be a number of seconds, found "64k""#,
        "7:1: duplicate key 'steps' (first on line 3)",
      ])
  }

  @Test func theExitCodeTellsWrongFromNotYet() {
    func code(_ text: String) -> ExitCode? {
      Recipe.read(Array(text.utf8), file: "r.yaml", RecipeInputs()).problems.code
    }
    #expect(code("version: 1\nsteps: [compose: ]") == .unavailable)
    #expect(code("version: 1\nsteps: [compose: , merge: {by: x}]") == .data)
    #expect(code("version: 1\nsteps: [merge: ]") == nil)
  }

  @Test func aSettingThatNothingUsesIsAProblem() {
    let text = "version: 1\nvars: {lang: en}\nsteps: [{merge: {name: \"${lang}-${uid}\"}}]"
    #expect(problems(text, set: ["lang": "de"]) == [])
    #expect(
      problems(text, set: ["lnag": "de"])
        == ["--set lnag: the recipe has no such variable (did you mean 'lang'?)"])
  }

  @Test func manyProblemsAreCutShort() {
    let text = "version: 1\nsteps:\n" + (0..<3000).map { "- x\($0): 1\n" }.joined()
    let found = Recipe.read(Array(text.utf8), file: "r.yaml", RecipeInputs()).problems
    #expect(found.all.count == 100 && found.omitted == 2900)
  }

  /// Every key of every kind, wrong in three ways, is a problem at its own place.
  @Test(arguments: StepKind.all.filter(\.isAvailable).map(\.name))
  func everyKeyIsChecked(kind: String) throws {
    let keys = try #require(StepKind.named(kind)).keys
    for key in keys where key.isAvailable {
      let misspelt = "version: 1\nsteps: [{\(kind): {\(key.name)x: 1}}]"
      #expect(
        problems(misspelt).contains {
          $0.hasPrefix("2:\(kind.count + 13): unknown key '\(key.name)x' in '\(kind)'")
        })
      var wrongTypes = ["{a: 1}", "[[1]]"]
      switch key.type {
      case .group, .map: wrongTypes[0] = "1"
      default: break
      }
      let value = kind.count + key.name.count + 15
      for wrong in wrongTypes {
        let text = "version: 1\nsteps: [{\(kind): {\(key.name): \(wrong)}}]"
        #expect(
          problems(text).contains {
            $0.hasPrefix("2:\(value): '\(key.name)'")
              || $0.hasPrefix("2:\(value + 1): '\(key.name)' must be")
          }, "\(key.name): \(wrong)")
      }
      for outside in key.type.outside {
        let text = "version: 1\nsteps: [{\(kind): {\(key.name): \(outside)}}]"
        #expect(
          problems(text).contains { $0.hasPrefix("2:\(value): '\(key.name)' ") },
          "\(key.name): \(outside)")
      }
      if case .map(let item) = key.type {
        for wrong in ["{a: 1}"] + item.outside {
          let text = "version: 1\nsteps: [{\(kind): {\(key.name): {u: \(wrong)}}}]"
          let inside = "2:\(value + 4): 'u' must be"
          #expect(problems(text).contains { $0.hasPrefix(inside) }, "\(key.name): \(wrong)")
        }
      }
      guard let inner = key.type.inner else { continue }
      let (open, close) = key.type.isGroup ? ("", "") : ("[", "]")
      for key2 in inner {
        func recipe(_ entry: String) -> String {
          "version: 1\nsteps: [{\(kind): {\(key.name): \(open){\(entry)}\(close)}}]"
        }
        let place = value + open.count + 1
        #expect(
          problems(recipe("\(key2.name)x: 1")).contains {
            $0.hasPrefix("2:\(place): unknown key '\(key2.name)x' in '\(key.name)'")
          })
        var wrongTypes = ["{a: 1}", "[[1]]"]
        if case .map = key2.type { wrongTypes[0] = "1" }
        for wrong in wrongTypes + key2.type.outside {
          let inside = "2:\(place + key2.name.count + 2): '\(key2.name)' "
          #expect(
            problems(recipe("\(key2.name): \(wrong)")).contains { $0.hasPrefix(inside) },
            "\(key.name).\(key2.name): \(wrong)")
        }
      }
    }
  }
}

extension ValueType {
  /// Values of the right type, but out of range.
  fileprivate var outside: [String] {
    switch self {
    case .integer(let range, _): ["\(range.lowerBound - 1)", "\(range.upperBound + 1)"]
    case .number(let range, _): ["\(range.lowerBound - 0.5)", "\(range.upperBound + 0.5)"]
    case .choice: ["nothing_like_it"]
    case .list: ["[]"]
    case .text, .path, .location, .template, .uid: ["\"\""]
    default: []
    }
  }

  /// The keys of a group, or of each group of a list.
  fileprivate var inner: [Definition]? {
    switch self {
    case .group(let keys), .list(.group(let keys), _): keys
    default: nil
    }
  }

  fileprivate var isGroup: Bool { if case .group = self { true } else { false } }
}
