import Basics
import Testing

@testable import Documents

/// The tree in one line, every scalar with its kind: `{a: 1 b: "x"}`.
private func show(_ node: Node?) -> String {
  switch node?.value {
  case nil: "none"
  case .null: "null"
  case .bool(let value): "\(value)"
  case .number(_, let text): "#\(text)"
  case .string(let text): "\"\(text)\""
  case .list(let items): "[" + items.map(show).joined(separator: " ") + "]"
  case .mapping(let entries):
    "{" + entries.map { "\($0.key): \(show($0.value))" }.joined(separator: " ") + "}"
  }
}

private func read(_ text: String, _ file: String = "r.yaml") -> Document {
  Document(reading: Array(text.utf8), file: file)
}

@Suite struct DocumentTests {
  @Test(arguments: [
    ("a: 1", "{a: #1}"),
    ("a: -1.50e3", "{a: #-1.50e3}"),
    ("a: true\nb: false", "{a: true b: false}"),
    ("a: yes\nb: no\nc: on\nd: True", #"{a: "yes" b: "no" c: "on" d: "True"}"#),
    (
      "a: 012\nb: 1:30\nc: 0x10\nd: +5\ne: .5\nf: 1_000\ng: .inf",
      #"{a: "012" b: "1:30" c: "0x10" d: "+5" e: ".5" f: "1_000" g: ".inf"}"#
    ),
    ("a: 0\nb: 0.5\nc: -0", "{a: #0 b: #0.5 c: #-0}"),
    ("a: \"1\"\nb: '2'\nc: !!str 3\nd: |\n  4\n", "{a: \"1\" b: \"2\" c: \"3\" d: \"4\n\"}"),
    ("a:\nb: ~\nc: null", "{a: null b: null c: null}"),
    ("a: 12345678901234567890", "{a: #12345678901234567890}"),
    ("a: &x [1, 2]\nb: *x", "{a: [#1 #2] b: [#1 #2]}"),
    ("1: a\ntrue: b", #"{1: "a" true: "b"}"#),
    ("- a\n- [b, {c: d}]", #"["a" ["b" {c: "d"}]]"#),
    ("", "null"), ("# nothing\n", "null"), ("--- \na: 1\n...\n", "{a: #1}"),
    ("\u{FEFF}a: 1", "{a: #1}"),
    ("{a: 1, b: [x]}", #"{a: #1 b: ["x"]}"#),
    (#"{"a": "\ud83d\ude00\u00e9\/", "b": [true, null, 1.5]}"#, #"{a: "😀é/" b: [true null #1.5]}"#),
  ])
  func trees(text: String, tree: String) {
    let document = read(text)
    #expect(show(document.root) == tree)
    #expect(document.problems.isEmpty)
  }

  @Test func everyValueAndKeyHasItsPlace() throws {
    let yaml = "é: x\n\"ключ\": [😀, b]\nc:\n  - d: 1\r\n    e: \"q\"\n"
    let root = try #require(read(yaml).root)
    #expect(root.place?.description == "r.yaml:1:1")
    #expect(
      root.entries.map { $0.place?.description } == ["r.yaml:1:1", "r.yaml:2:1", "r.yaml:3:1"])
    #expect(root["é"]?.place?.description == "r.yaml:1:4")
    guard case .list(let items) = root["ключ"]?.value else { Issue.record("no list"); return }
    #expect(items.map { $0.place?.description } == ["r.yaml:2:10", "r.yaml:2:13"])
    guard case .list(let inner) = root["c"]?.value else { Issue.record("no list"); return }
    #expect(inner.first?["e"]?.place?.description == "r.yaml:5:8")

    let json = "{\"é😀\": 1,\r\n  \"b\": [\"x\", {\"c\": true}]}"
    let tree = try #require(read(json, "r.json").root)
    #expect(tree["é😀"]?.place?.description == "r.json:1:8")
    #expect(tree.entries.map { $0.place?.description } == ["r.json:1:2", "r.json:2:3"])
    guard case .list(let list) = tree["b"]?.value else { Issue.record("no list"); return }
    #expect(list.map { $0.place?.description } == ["r.json:2:9", "r.json:2:14"])
    #expect(list.last?["c"]?.place?.description == "r.json:2:20")
  }

  @Test(arguments: [
    ("a: 1\nb: 2\na: 3", "r.yaml:3:1: duplicate key 'a' (first on line 1)"),
    ("a:\n\tb: 1", "r.yaml:2:1: a tab; YAML is indented with spaces"),
    ("a: 1\n---\nb: 2", "r.yaml:2:1: a second document; a file holds one"),
    ("a: *b", "r.yaml:1:4: an unknown alias '*b'"),
    ("a: &b [*b]", "r.yaml:1:8: an unknown alias '*b'"),
    ("a: !!int 5", "r.yaml:1:4: a tag ('tag:yaml.org,2002:int'); values have no tags here"),
    ("[a]: 5", "r.yaml:1:1: a key that is not a text"),
    ("a: @x", "r.yaml:1:4: '@' cannot begin a value; put it in quotes"),
    ("a: b: c", "r.yaml:1:5: mapping values are not allowed in this context"),
    (
      "a: [1, 2\nb: 3",
      "r.yaml:2:2: did not find expected ',' or ']' while parsing a flow sequence that begins on line 1"
    ),
    ("a: \"b", "r.yaml:1:6: found unexpected end of stream while scanning a quoted scalar"),
    ("é: \u{1}", "r.yaml:1:4: a control character (0x01)"),
    ("a: \u{7f}", "r.yaml:1:4: a control character (0x7f)"),
    ("a: \u{85}b\u{9f}", "r.yaml:1:6: a control character (0xc2)"),
  ])
  func brokenYAML(text: String, problem: String) {
    #expect(read(text).problems.map(\.description) == [problem])
  }

  @Test(arguments: [
    (#"{"a": 1, "a": 2}"#, "r.json:1:10: duplicate key 'a' (first on line 1)"),
    ("", "r.json:1:1: expected a value, found the end of the text"),
    ("{\"a\": 1,\n}", "r.json:2:1: expected a key in double quotes, found '}'"),
    (#"{"a" 1}"#, "r.json:1:6: expected ':' after 'a', found '1'"),
    (#"{"a": 1 "b": 2}"#, "r.json:1:9: expected ',' or '}', found '\"'"),
    ("[1 2]", "r.json:1:4: expected ',' or ']', found '2'"),
    ("[1,]", "r.json:1:4: expected a value, found ']'"),
    ("[012]", "r.json:1:2: expected a value, found '012'"),
    ("[yes]", "r.json:1:2: expected a value, found 'yes'"),
    ("[1] x", "r.json:1:5: expected the end of the text, found 'x'"),
    ("[\"a\nb\"]", "r.json:1:4: a control character or line end inside a string"),
    ("[\"ab", "r.json:1:2: the string that begins here does not end"),
    (#"["\x"]"#, #"r.json:1:3: an unknown escape; JSON has \" \\ \/ \b \f \n \r \t \u"#),
    (#"["\u12g4"]"#, "r.json:1:3: '\\u' without four hexadecimal digits"),
    (#"["é\ud83d"]"#, "r.json:1:4: half of a surrogate pair"),
    (#"["\ude00"]"#, "r.json:1:3: half of a surrogate pair"),
    (#"["\ud83d\u0041"]"#, "r.json:1:3: half of a surrogate pair"),
  ])
  func brokenJSON(text: String, problem: String) {
    #expect(read(text, "r.json").problems.map(\.description) == [problem])
  }

  @Test(arguments: ["r.yaml", "r.json"])
  func bytesThatAreNotText(file: String) {
    let bytes = Array("{\"é\": \n \"".utf8) + [0xE2, 0x28, 0xA1]
    #expect(
      Document(reading: bytes, file: file).problems.map(\.description)
        == ["\(file):2:3: not UTF-8 (0xe2)"])
    let utf16: [UInt8] = [0xFF, 0xFE, 0x61, 0x00]
    #expect(
      Document(reading: utf16, file: file).problems.map(\.description)
        == ["\(file):1:1: not UTF-8 (0xff)"])
  }

  @Test func limitsEndEveryReading() {
    let limits = [
      (
        String(repeating: "[", count: 5000), "r.json",
        "r.json:1:101: nested more than 100 levels deep"
      ),
      (
        String(repeating: "[", count: 100_000), "r.yaml",
        "r.yaml:1:101: nested more than 100 levels deep"
      ),
      (
        "[" + String(repeating: "1,", count: 200_001) + "1]", "r.json",
        "r.json:1:400000: more than 200000 values"
      ),
      (
        (0..<9).reduce("a0: &a0 [x]\n") { text, level in
          text + "a\(level + 1): &a\(level + 1) ["
            + Array(repeating: "*a\(level)", count: 10).joined(separator: ",") + "]\n"
        }, "r.yaml", "r.yaml:6:42: more than 200000 values"
      ),
    ]
    for (text, file, problem) in limits {
      #expect(read(text, file).problems.map(\.description) == [problem])
    }
    let large = Document(
      reading: [UInt8](repeating: UInt8(ascii: "a"), count: 50 << 20), file: "r.yaml")
    #expect(
      large.problems.map(\.description) == ["r.yaml:1:1: larger than 8 MiB (52428800 bytes)"])
  }

  @Test func manyDuplicatesAreCutShort() {
    let document = read(String(repeating: "a: 1\n", count: 500))
    #expect(document.problems.count == 100)
    #expect(show(document.root) == "{a: #1}")
  }
}
