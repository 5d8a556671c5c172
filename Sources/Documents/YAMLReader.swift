import Basics
import CYaml

/// A reader of YAML over libyaml's events.
struct YAMLReader {
  /// What an anchor stands for, and how much of it there is.
  private struct Anchored {
    let node: Node
    let count: Int
    let height: Int
  }

  private let text: SourceText
  private var anchors: [String: Anchored] = [:]

  static func read(_ text: SourceText, into builder: inout TreeBuilder) throws(SyntaxError) -> Node
  {
    try text.bytes[text.start...].withUnsafeBufferPointer { buffer throws(SyntaxError) in
      var parser = yaml_parser_t()
      guard yaml_parser_initialize(&parser) == 1 else {
        throw SyntaxError(text.place(of: 0), "out of memory")
      }
      defer { yaml_parser_delete(&parser) }
      yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      var reader = YAMLReader(text: text)
      return try reader.document(&parser, into: &builder)
    }
  }

  private init(text: SourceText) { self.text = text }

  private mutating func document(
    _ parser: inout yaml_parser_t, into builder: inout TreeBuilder
  ) throws(SyntaxError) -> Node {
    var root: Node?
    while true {
      let event = try Event(from: &parser, of: text)
      switch event.type {
      case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
      case YAML_DOCUMENT_START_EVENT:
        guard root == nil else {
          throw SyntaxError(event.place, "a second document; a file holds one")
        }
      case YAML_STREAM_END_EVENT:
        return root ?? Node(.null, at: Place(file: text.file, line: 1, column: 1))
      default: root = try value(event, depth: 1, &parser, into: &builder).node
      }
    }
  }

  /// The value that `event` begins; `depth` counts from 1.
  private mutating func value(
    _ event: borrowing Event, depth: Int, _ parser: inout yaml_parser_t,
    into builder: inout TreeBuilder
  ) throws(SyntaxError) -> Anchored {
    let place = event.place
    let anchor = event.anchor
    if event.type == YAML_ALIAS_EVENT {
      guard let anchor, let known = anchors[anchor] else {
        throw SyntaxError(place, "an unknown alias \(quoted("*" + (anchor ?? "")))")
      }
      try builder.admit(known.count, depth: depth + known.height - 1, at: place)
      return known
    }
    try builder.admit(depth: depth, at: place)
    if let tag = event.tag, tag != YAML_STR_TAG || event.type != YAML_SCALAR_EVENT {
      throw SyntaxError(place, "a tag (\(quoted(tag))); values have no tags here")
    }
    var (count, height) = (1, 1)
    func take(_ part: Anchored) {
      count += part.count
      height = max(height, part.height + 1)
    }
    let node: Node
    switch event.type {
    case YAML_SCALAR_EVENT: node = Node(event.scalar, at: place)
    case YAML_SEQUENCE_START_EVENT:
      var items: [Node] = []
      while true {
        let next = try Event(from: &parser, of: text)
        if next.type == YAML_SEQUENCE_END_EVENT { break }
        let item = try value(next, depth: depth + 1, &parser, into: &builder)
        take(item)
        items.append(item.node)
      }
      node = Node(.list(items), at: place)
    default:
      var entries: [Node.Entry] = []
      while true {
        let next = try Event(from: &parser, of: text)
        if next.type == YAML_MAPPING_END_EVENT { break }
        guard next.type == YAML_SCALAR_EVENT else {
          throw SyntaxError(next.place, "a key that is not a text")
        }
        let item = try value(
          try Event(from: &parser, of: text), depth: depth + 1, &parser, into: &builder)
        take(item)
        entries.append(Node.Entry(next.text, at: next.place, item.node))
      }
      node = builder.mapping(entries, at: place)
    }
    let result = Anchored(node: node, count: count, height: height)
    if let anchor { anchors[anchor] = result }
    return result
  }
}

/// One event of libyaml's parser; freed when it goes.
private struct Event: ~Copyable {
  private var raw = yaml_event_t()
  let place: Place

  /// The next event, or the parser's complaint.
  init(from parser: inout yaml_parser_t, of text: SourceText) throws(SyntaxError) {
    guard yaml_parser_parse(&parser, &raw) == 1 else { throw Self.complaint(of: parser, in: text) }
    place = Self.place(raw.start_mark, in: text)
  }

  deinit {
    var raw = raw
    yaml_event_delete(&raw)
  }

  var type: yaml_event_type_t { raw.type }

  var anchor: String? {
    switch type {
    case YAML_ALIAS_EVENT: Self.string(raw.data.alias.anchor)
    case YAML_SCALAR_EVENT: Self.string(raw.data.scalar.anchor)
    case YAML_SEQUENCE_START_EVENT: Self.string(raw.data.sequence_start.anchor)
    case YAML_MAPPING_START_EVENT: Self.string(raw.data.mapping_start.anchor)
    default: nil
    }
  }

  var tag: String? {
    switch type {
    case YAML_SCALAR_EVENT: Self.string(raw.data.scalar.tag)
    case YAML_SEQUENCE_START_EVENT: Self.string(raw.data.sequence_start.tag)
    case YAML_MAPPING_START_EVENT: Self.string(raw.data.mapping_start.tag)
    default: nil
    }
  }

  /// The text of a scalar.
  var text: String {
    String(
      decoding: UnsafeBufferPointer(start: raw.data.scalar.value, count: raw.data.scalar.length),
      as: UTF8.self)
  }

  /// What a scalar means: quotes, block style or the tag `!!str` make it a text.
  var scalar: Node.Value {
    raw.data.scalar.style == YAML_PLAIN_SCALAR_STYLE && raw.data.scalar.tag == nil
      ? Node.Value(plain: text) : .string(text)
  }

  private static func string(_ text: UnsafeMutablePointer<UInt8>?) -> String? {
    text.map { String(cString: $0) }
  }

  private static func place(_ mark: yaml_mark_t, in text: SourceText) -> Place {
    Place(file: text.file, line: mark.line + 1, column: mark.column + 1)
  }

  private static func complaint(of parser: yaml_parser_t, in text: SourceText) -> SyntaxError {
    let place = place(parser.problem_mark, in: text)
    let problem = parser.problem.map { String(cString: $0) } ?? "not valid YAML"
    if problem.hasPrefix("found character that cannot start") {
      switch text.character(parser.problem_mark.index) {
      case "\t": return SyntaxError(place, "a tab; YAML is indented with spaces")
      case let character?:
        let shown = quoted(String(character))
        return SyntaxError(place, "\(shown) cannot begin a value; put it in quotes")
      case nil: break
      }
    }
    guard let context = parser.context.map({ String(cString: $0) }) else {
      return SyntaxError(place, problem)
    }
    let line = parser.context_mark.line + 1
    return SyntaxError(
      place, "\(problem) \(context)\(line < place.line ? " that begins on line \(line)" : "")")
  }
}
