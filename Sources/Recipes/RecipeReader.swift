import Basics
import Documents
import Plan
import Slices

/// Makes a `Recipe` of a tree.
struct RecipeReader {
  var checker: Checker
  private var defaults: [Node.Entry] = []
  private var ids: [String: Place?] = [:]
  /// The highest number in an id that was made up, by kind.
  private var numbers: [String: Int] = [:]

  init(checker: Checker) { self.checker = checker }

  mutating func recipe(_ root: Node, file: String) -> Recipe? {
    guard case .mapping(let entries) = root.value else {
      checker.problems.add(
        at: root.place,
        root.value == .null ? "the recipe is empty" : "a recipe is a mapping, found \(root.found)")
      return nil
    }
    if root["clientRequest"] != nil { return request(root, file: file) }
    if let vars = root["vars"] { checker.variables.declare(vars, &checker.problems) }
    if let defaults = root["defaults"] { self.defaults = checked(defaults: defaults) }
    // What has a shape of its own is read here, the rest by its definitions.
    let special = ["vars", "defaults", "steps"]
    let simple = Node(.mapping(entries.filter { !special.contains($0.key) }), at: root.place)
    let values = Values(checker.group(simple, TopLevelKeys.all, owner: nil))
    var steps: [RecipeStep] = []
    if let node = root["steps"] {
      steps = self.steps(node)
    } else {
      checker.problems.add(at: root.place, "'steps' is missing")
    }
    checker.variables.checkUse(&checker.problems)
    var sessions = values[TopLevelKeys.sessions] ?? []
    if let session = values.located(TopLevelKeys.session) {
      if !sessions.isEmpty {
        checker.problems.add(at: session.place, "'session' and 'sessions' exclude each other")
      }
      sessions = [session]
    }
    return Recipe(
      file: file, sessions: sessions, output: values.located(TopLevelKeys.output), steps: steps)
  }

  // MARK: Steps

  private mutating func steps(_ node: Node) -> [RecipeStep] {
    guard case .list(let items) = node.value else {
      checker.problems.add(
        at: node.place, "'steps' must be a list of steps, found \(node.found)")
      return []
    }
    if items.isEmpty {
      checker.problems.add(at: node.place, "'steps' must have a step, and is empty")
    }
    let steps = items.compactMap { step($0) }
    checkSources(of: steps)
    return steps
  }

  /// A step works on the outputs of one that stands before it.
  private mutating func checkSources(of steps: [RecipeStep]) {
    var told: Set<String> = []
    for (index, step) in steps.enumerated() {
      guard let from = step.from else { continue }
      guard ids[from.value] != nil else {
        let earlier = steps[..<index].map(\.id)
        checker.problems.add(
          at: from.place,
          "unknown step '\(excerpt(from.value))'\(suggest(from.value, earlier))")
        continue
      }
      guard !steps[..<index].contains(where: { $0.id == from.value }),
        steps.contains(where: { $0.id == from.value })
      else { continue }
      var chain = [step.id]
      while let next = steps.first(where: { $0.id == chain.last })?.from?.value,
        !chain.contains(next)
      {
        chain.append(next)
      }
      let isCycle = steps.first { $0.id == chain.last }?.from?.value == step.id
      if isCycle, told.isDisjoint(with: chain) {
        let way = (chain + [step.id]).map { "'\(excerpt($0))'" }.joined(separator: " from ")
        checker.problems.add(at: from.place, "a cycle: \(way)")
        told.formUnion(chain)
      } else if !isCycle {
        checker.problems.add(
          at: from.place, "'\(excerpt(from.value))' is a later step; put it before this one")
      }
    }
  }

  /// Reads one step; with `mayMissUids` it may name people who were never there.
  mutating func step(_ node: Node, mayMissUids: Bool = false) -> RecipeStep? {
    guard case .mapping(let entries) = node.value else {
      checker.problems.add(
        at: node.place, "a step must be a mapping such as 'merge: {…}', found \(node.found)")
      return nil
    }
    var found: (kind: StepKind, entry: Node.Entry)?
    for entry in entries where entry.key != "id" {
      guard let kind = StepKind.named(entry.key) else {
        unknown(entry, found?.kind)
        continue
      }
      if let found {
        checker.problems.add(
          at: entry.place,
          "a step does one thing; put '\(kind.name)' and '\(found.kind.name)' into two steps")
      } else {
        found = (kind, entry)
      }
    }
    guard let (kind, entry) = found else {
      if entries.allSatisfy({ $0.key == "id" }) {
        checker.problems.add(at: node.place, "a step without work, such as 'merge: {…}'")
      }
      return nil
    }
    let id = id(of: node, kind)
    guard kind.isAvailable else {
      checker.problems.unavailable(at: entry.place, "'\(kind.name)'")
      return nil
    }
    var body = with(defaults, entry.value, kind)
    // What a step lacks is told at its name, not at its first key.
    if case .mapping = body.value { body = Node(body.value, at: entry.place) }
    let values = Values(checker.group(body, kind.keys, owner: kind.name))
    return RecipeStep(
      id: id, place: entry.place, work: work(kind, values, at: entry.place),
      from: values.located(CommonKeys.from), uids: values[CommonKeys.uids],
      excludeUids: values[CommonKeys.excludeUids],
      range: range(values),
      name: values.located(CommonKeys.name), output: values.located(CommonKeys.output),
      mayMissUids: mayMissUids)
  }

  private mutating func range(_ values: Values) -> Located<Stretch>? {
    guard let node = values.node[CommonKeys.range.definition.name] else { return nil }
    let range = values[CommonKeys.range]
    let start = MediaTime(seconds: range[CommonKeys.Range.start])
    let end = range[CommonKeys.Range.end].map { MediaTime(seconds: $0) } ?? .max
    if end <= start {
      checker.problems.add(
        at: node.place, "\(label(["range"], at: node.place)) must end after it starts")
    }
    return Located(Stretch(start: start, end: end), at: node.place)
  }

  private mutating func unknown(_ entry: Node.Entry, _ kind: StepKind?) {
    if let owner = StepKind.all.first(where: { $0.keys.contains { $0.name == entry.key } }) {
      let name = kind?.name ?? owner.name
      checker.problems.add(at: entry.place, "'\(entry.key)' belongs inside '\(name)'")
    } else {
      checker.unknown(entry, among: StepKind.all.map(\.name) + ["id"], owner: "steps")
    }
  }

  private mutating func id(of node: Node, _ kind: StepKind) -> String {
    if let node = node["id"] {
      guard let checked = checker.value(node, .uid, path: ["id"]), let id = checked.scalarText
      else { return kind.name }
      if let first = ids[id] {
        let line = first.map { " (first on line \($0.line))" } ?? ""
        checker.problems.add(at: node.place, "two steps have the id '\(excerpt(id))'\(line)")
      }
      ids[id] = .some(node.place)
      return id
    }
    var id = kind.name
    while ids[id] != nil {
      numbers[kind.name, default: 1] += 1
      id = "\(kind.name)\(numbers[kind.name, default: 1])"
    }
    ids[id] = .some(node.place)
    return id
  }

  // MARK: Defaults

  /// The defaults that some kind of step has a key for.
  private mutating func checked(defaults node: Node) -> [Node.Entry] {
    guard case .mapping(let entries) = node.value else {
      checker.problems.add(at: node.place, "'defaults' must be a mapping, found \(node.found)")
      return []
    }
    let own: Set = ["name", "from"]
    let names = Set(StepKind.all.flatMap { $0.keys.map(\.name) + $0.laterKeys }).subtracting(own)
    return entries.filter { entry in
      guard names.contains(entry.key) else {
        checker.unknown(entry, among: names.sorted(), owner: "defaults")
        return false
      }
      let kinds = StepKind.all.filter { $0.keys.contains { $0.name == entry.key } }
      // A default must suit one kind of step at least; each step that takes it checks it again.
      let trials = kinds.map { kind in
        var trial = checker
        trial.problems = Problems()
        let keys = kind.keys.filter { $0.name == entry.key }
        _ = trial.group(Node(.mapping([entry]), at: entry.place), keys, owner: kind.name)
        checker.variables = trial.variables
        return trial.problems
      }
      if let first = trials.first, trials.allSatisfy({ $0.code != nil }) {
        checker.problems.merge(first)
        return false
      }
      return true
    }
  }

  /// `step` with the defaults that its kind has keys for and that it does not set itself.
  private func with(_ defaults: [Node.Entry], _ step: Node, _ kind: StepKind) -> Node {
    let keys = Set(kind.keys.map(\.name))
    return step.adding(defaults.filter { keys.contains($0.key) })
  }
}

extension Node {
  /// This mapping with the entries of `others` that it lacks, and so inside its mappings.
  fileprivate func adding(_ others: [Node.Entry]) -> Node {
    let own: [Node.Entry]
    switch value {
    case .mapping(let entries): own = entries
    case .null: own = []
    default: return self
    }
    let merged = own.map { entry in
      guard let other = others.first(where: { $0.key == entry.key }),
        case .mapping = entry.value.value,
        case .mapping(let inner) = other.value.value
      else { return entry }
      return Node.Entry(entry.key, at: entry.place, entry.value.adding(inner))
    }
    let missing = others.filter { other in !own.contains { $0.key == other.key } }
    return Node(.mapping(merged + missing), at: place)
  }
}
