import Basics
package import Plan
package import Slices

/// Where a plan's outputs go; paths may be relative to `workingFolder`.
package struct PlanTarget: Sendable {
  let workingFolder: String
  let folder: String
  let file: String?

  /// All outputs into `folder`; a single one as `file` where that is given.
  package init(folder: String, file: String? = nil, workingFolder: String) {
    self.workingFolder = workingFolder
    self.folder = absolute(folder, in: workingFolder)
    self.file = file.map { absolute($0, in: workingFolder) }
  }
}

extension Recipe {
  /// What will run for `sessions`; there is a plan when no problem is an error.
  ///
  /// `record` steps are no part of a plan.
  ///
  /// `conversions`: what the inputs of each `convert` step are, by the step's id.
  package func plan(
    _ sessions: [Session], converting conversions: [String: [Session]] = [:],
    into target: PlanTarget
  ) -> (plan: Plan?, problems: Problems) {
    var planner = planned(sessions, conversions, into: target, isPerSession: false)
    // Where outputs of two sessions would have one name, each session gets its own folder.
    if planner.hasClash {
      planner = planned(sessions, conversions, into: target, isPerSession: true)
    }
    var problems = planner.problems
    problems.source = source
    guard problems.code == nil else { return (nil, problems) }
    return (
      Plan(
        folder: target.folder, file: target.file, steps: planner.steps,
        warnings: problems.warnings, storage: storage), problems
    )
  }

  private func planned(
    _ sessions: [Session], _ conversions: [String: [Session]], into target: PlanTarget,
    isPerSession: Bool
  ) -> Planner {
    var planner = Planner(
      target: target, sessions: sessions, conversions: conversions, isPerSession: isPerSession)
    if let channel { planner.checkChannel(channel) }
    for step in steps { planner.add(step) }
    planner.checkFile()
    return planner
  }
}

/// Turns checked steps into planned ones.
struct Planner {
  var problems = Problems()
  private(set) var steps: [Step] = []
  let target: PlanTarget
  private let sessions: [Session]
  /// The inputs of `convert` steps, by the steps' ids.
  private let conversions: [String: [Session]]
  /// What tells the sessions apart in ids and folders: their names, numbered where they are alike.
  private let labels: [String]
  private let isPerSession: Bool
  private let inputs: PathSet
  /// The step that makes each output, and the number of its session.
  private var makers: [String: (id: String, session: Int)] = [:]
  /// What later steps find of each step, for each session.
  private var made: [String: [Int: Source]] = [:]
  /// Whether outputs of different sessions have one name.
  private(set) var hasClash = false

  init(
    target: PlanTarget, sessions: [Session], conversions: [String: [Session]] = [:],
    isPerSession: Bool = false
  ) {
    self.target = target
    self.sessions = sessions
    self.conversions = conversions
    self.isPerSession = isPerSession
    var counts: [String: Int] = [:]
    labels = sessions.map { session in
      counts[session.name, default: 0] += 1
      let count = counts[session.name] ?? 1
      return count == 1 ? session.name : "\(session.name)-\(count)"
    }
    inputs = PathSet(
      of: sessions + conversions.values.flatMap { $0 }, in: target.workingFolder)
  }

  mutating func add(_ step: RecipeStep) {
    if case .convert(let work) = step.work {
      return addConversions(work, step, of: conversions[step.id] ?? [])
    }
    let sources = sources(of: step)
    let areUidsKnown = checkUids(step, among: sources.map(\.session))
    for source in sources {
      let session = source.session
      let id = sessions.count == 1 ? step.id : "\(step.id)@\(label(of: source))"
      if case .snapshot(let options) = step.work {
        if areUidsKnown { addSnapshots(options, step, of: source, id: id) }
        continue
      }
      guard let work = drafts(step, of: session) else { continue }
      let drafts = work.drafts.compactMap { $0.within(step.range?.value) }
      guard !drafts.isEmpty else {
        if areUidsKnown {
          nothing(in: session, work.verb, step, isInRange: !work.drafts.isEmpty)
        }
        continue
      }
      var selection = TrackSelection.both
      if case .merge(let options) = work.operation { selection = options.tracks }
      let outputs = drafts.enumerated().compactMap { index, draft in
        output(draft, selection, index: index, of: source, for: step, id: id)
      }
      append(
        Step(
          id: id, session: session, operation: work.operation, outputs: outputs,
          from: source.step), from: source, named: step.id)
    }
  }

  private func label(of source: Source) -> String {
    labels.indices.contains(source.number) ? labels[source.number] : source.session.name
  }

  /// Adds a planned step, whose outputs later steps may work on.
  mutating func append(_ planned: Step, from source: Source, named name: String) {
    steps.append(planned)
    made[name, default: [:]][source.number] = Source(
      session: planned.made, number: source.number, step: planned.id)
  }

  /// Tells that a step has nothing to work on.
  mutating func nothing(
    in session: Session, _ verb: String, _ step: RecipeStep, isInRange: Bool = false
  ) {
    let place = step.range?.place ?? step.place
    let range = isInRange ? " in this range" : ""
    guard let from = step.from else {
      return problems.add(
        at: place, "the session '\(excerpt(session.name))' has nothing to \(verb)\(range)")
    }
    problems.add(
      at: step.range?.place ?? from.place,
      "the outputs of '\(excerpt(from.value))' have nothing to \(verb)\(range)")
  }

  /// The sessions that a step works on, or what an earlier step makes of each.
  private mutating func sources(of step: RecipeStep) -> [Source] {
    guard let from = step.from else {
      return sessions.enumerated().map { Source(session: $1, number: $0, step: nil) }
    }
    let made = (made[from.value] ?? [:]).values.sorted { $0.number < $1.number }
    for source in made where source.session.participants.isEmpty {
      problems.add(
        at: from.place, "the outputs of '\(excerpt(from.value))' have no sound or moving picture")
      return []
    }
    return made
  }

  /// A request names the channel that it was made for.
  mutating func checkChannel(_ channel: Located<String>) {
    for session in sessions where !session.cname.isEmpty && session.cname != channel.value {
      problems.warn(
        at: channel.place,
        "the request is for '\(excerpt(channel.value))', the session '\(excerpt(session.name))' "
          + "is of '\(excerpt(session.cname))'")
    }
  }

  /// What a step makes of a session; nil when it can make nothing, which has been told.
  private mutating func drafts(_ step: RecipeStep, of session: Session) -> PlannedWork? {
    switch step.work {
    case .merge(let options, let format):
      return merging(options, format, step, of: session)
    case .mix(let work):
      return mixing(work, step, of: session)
    case .snapshot, .convert: return nil
    case .transcode(let work):
      return transcoding(work, step, of: session)
    case .record:
      problems.add(at: step.place, "'record' is for 'rushes record'")
      return nil
    }
  }

  /// A file named on the command line is the only one.
  mutating func checkFile() {
    // What a mix or an index has beside it has its name.
    let count = steps.reduce(0) { count, step in
      var isSeries = false
      if case .snapshot = step.operation { isSeries = true }
      return count + step.outputs.reduce(0) { $0 + 1 + (isSeries ? $1.others.count : 0) }
    }
    if let file = target.file, count > 1 {
      problems.add(
        at: nil,
        "--output '\(excerpt(file))' is one file, but there are \(count) outputs; name a folder")
    }
  }

  // MARK: Who

  private mutating func checkUids(_ step: RecipeStep, among sessions: [Session]) -> Bool {
    var areKnown = true
    let known = Set(sessions.lazy.flatMap(\.participants).map(\.uid))
    for (key, uids) in [("uids", step.uids), ("excludeUids", step.excludeUids)] {
      for uid in uids ?? [] where !known.contains(uid.value) {
        guard !step.mayMissUids else {
          problems.warn(at: uid.place, "uid '\(excerpt(uid.value))' is not in the session")
          continue
        }
        areKnown = false
        let option = uid.place == nil ? "\(optionName([key])): " : ""
        problems.add(
          at: uid.place,
          "\(option)unknown uid '\(excerpt(uid.value))'\(suggest(uid.value, known.sorted()))")
      }
    }
    return areKnown
  }

  /// The participants that a step takes, each with only the tracks it takes.
  func participants(
    of session: Session, for step: RecipeStep, _ tracks: TrackSelection = .both
  ) -> [Participant] {
    let wanted = step.uids.map { Set($0.map(\.value)) }
    let unwanted = Set((step.excludeUids ?? []).map(\.value))
    return session.participants
      .filter { wanted?.contains($0.uid) ?? true && !unwanted.contains($0.uid) }
      .map { $0.only(tracks) }
      .filter { !$0.tracks.isEmpty }
  }

  // MARK: Outputs

  private mutating func output(
    _ draft: Draft, _ selection: TrackSelection, index: Int, of source: Source,
    for step: RecipeStep, id: String
  ) -> Output? {
    let session = source.session
    let subject = OutputSubject(
      session: session, uid: draft.uid, content: draft.content, tail: draft.tail, index: index,
      start: session.start + draft.start, stepId: step.id)
    guard let path = path(of: subject, ending: draft.ending, for: step, of: source, id: id) else {
      return nil
    }
    let base = path.dropLast(draft.ending.count + 1)
    var output = Output(
      path: path, others: draft.extras.map { "\(base).\($0)" }, container: draft.container,
      uids: draft.people.map(\.uid), stretch: draft.stretch, only: draft.only)
    if draft.container == .m3u8 {
      output.others += output.lists(of: output.sources(of: session, selection))
    }
    for other in output.others { take(other, for: step, of: source, id: id) }
    return output
  }

  /// The path of an output, which no other output of the plan has.
  mutating func path(
    of subject: OutputSubject, ending: String, for step: RecipeStep, of source: Source, id: String
  ) -> String? {
    name(of: subject, ending: ending, for: step)
      .map { claim($0, for: step, of: source, id: id) }
  }

  /// The path of a file of this name, which no other output of the plan has.
  ///
  /// `isOneOfMany`: that it would replace its input is told when it is to be made, as the others can
  /// be.
  mutating func claim(
    _ name: String, for step: RecipeStep, of source: Source, id: String, isOneOfMany: Bool = false
  ) -> String {
    var folder =
      step.output.map { absolute($0.value, in: target.workingFolder) } ?? target.folder
    if isPerSession, source.number >= 0 { folder += "/" + label(of: source) }
    let path = target.file ?? absolute(name, in: folder)
    take(path, for: step, of: source, id: id, isOneOfMany: isOneOfMany)
    return path
  }

  /// Makes sure that no other output of the plan has a path.
  private mutating func take(
    _ path: String, for step: RecipeStep, of source: Source, id: String, isOneOfMany: Bool = false
  ) {
    let place = step.name?.place ?? step.place
    if !isOneOfMany, inputs.contains(path) {
      problems.add(at: place, "'\(path)' would replace a file of the session")
    }
    if let other = makers[path], target.file == nil {
      if other.session != source.number { hasClash = true }
      let whose = other.id == id ? "" : " (the other by step '\(excerpt(other.id))')"
      let name = path.split(separator: "/").last ?? ""
      problems.add(at: place, "two outputs are named '\(name)'\(whose); tell them apart by 'name'")
    }
    makers[path] = (id, source.number)
  }

  private mutating func name(of subject: OutputSubject, ending: String, for step: RecipeStep)
    -> String?
  {
    var name = subject.defaultName(ending: ending)
    if let template = step.name {
      switch subject.name(from: template.value) {
      case .success(let text): name = text
      case .failure(let problem):
        problems.add(at: template.place, problem.message)
        return nil
      }
    }
    name = String(name.map { $0 == "/" || $0 == "\0" ? "-" : $0 })
    if !name.hasSuffix(".\(ending)") { name += ".\(ending)" }
    guard name.utf8.count <= 255 else {
      problems.add(
        at: step.name?.place ?? step.place,
        "the name '\(excerpt(name))' of an output is longer than 255 bytes")
      return nil
    }
    return name
  }
}

/// What a step works on.
struct Source {
  let session: Session
  /// Which of the recipe's sessions it comes from.
  let number: Int
  /// The planned step that makes it; nil for a session that is there.
  let step: String?
}

/// What a step makes of one session.
struct PlannedWork {
  let operation: Operation
  /// For messages: `merge`.
  let verb: String
  let drafts: [Draft]
}

/// One output before it has a name.
struct Draft {
  let people: [Participant]
  var stretch: Stretch
  /// Where its media begins, which its name may tell.
  var start: MediaTime
  let container: Container
  let ending: String
  /// nil for a file of the whole session.
  let uid: String?
  let content: SliceName.Content?
  let tail: SliceName.Tail
  /// The only part of `stretch` whose media goes in; nil is all of it.
  var only: Stretch?
  /// What is written beside it, by the endings of names that are else the same.
  var extras: [String] = []

  /// The part of it inside `range`; nil when there is none.
  fileprivate func within(_ range: Stretch?) -> Draft? {
    guard let range else { return self }
    var part = self
    part.stretch = Stretch(
      start: max(stretch.start, range.start), end: min(stretch.end, range.end))
    part.start = max(start, part.stretch.start)
    return part.stretch.duration > .zero ? part : nil
  }
}
