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
  package func plan(_ sessions: [Session], into target: PlanTarget)
    -> (plan: Plan?, problems: Problems)
  {
    var planner = Planner(target: target, sessions: sessions)
    for step in steps { planner.add(step) }
    planner.checkFile()
    let problems = planner.problems
    guard problems.code == nil else { return (nil, problems) }
    return (
      Plan(
        folder: target.folder, file: target.file, steps: planner.steps,
        warnings: problems.warnings), problems
    )
  }
}

/// Turns checked steps into planned ones.
struct Planner {
  var problems = Problems()
  private(set) var steps: [Step] = []
  private let target: PlanTarget
  private let sessions: [Session]
  private let inputs: Set<String>
  /// The step that makes each output.
  private var makers: [String: String] = [:]

  init(target: PlanTarget, sessions: [Session]) {
    self.target = target
    self.sessions = sessions
    inputs = Set(
      sessions.lazy.flatMap(\.participants).flatMap(\.tracks).flatMap(\.slices)
        .map { absolute($0.slice.resource.path, in: target.workingFolder) })
  }

  mutating func add(_ step: RecipeStep) {
    let areUidsKnown = checkUids(step)
    for session in sessions {
      let id = sessions.count == 1 ? step.id : "\(step.id)@\(session.name)"
      guard let planned = drafts(step, of: session) else { continue }
      let drafts = planned.drafts.compactMap { $0.within(step.range?.value) }
      guard !drafts.isEmpty else {
        if areUidsKnown {
          let inRange = planned.drafts.isEmpty ? "" : " in this range"
          problems.add(
            at: step.range?.place ?? step.place,
            "the session '\(excerpt(session.name))' has nothing to \(planned.verb)\(inRange)")
        }
        continue
      }
      let outputs = drafts.enumerated().compactMap { index, draft in
        output(draft, index: index, of: session, for: step, id: id)
      }
      steps.append(
        Step(id: id, session: session, operation: planned.operation, outputs: outputs))
    }
  }

  /// What a step makes of a session; nil when it can make nothing, which has been told.
  private mutating func drafts(_ step: RecipeStep, of session: Session) -> PlannedWork? {
    switch step.work {
    case .merge(let options, let format):
      return merging(options, format, step, of: session)
    case .transcode(let work):
      return transcoding(work, step, of: session)
    case .record:
      problems.add(at: step.place, "'record' is for 'rushes record'")
      return nil
    }
  }

  /// A file named on the command line is the only one.
  mutating func checkFile() {
    let count = steps.reduce(0) { $0 + $1.outputs.count }
    if let file = target.file, count > 1 {
      problems.add(
        at: nil,
        "--output '\(excerpt(file))' is one file, but there are \(count) outputs; name a folder")
    }
  }

  // MARK: Who

  private mutating func checkUids(_ step: RecipeStep) -> Bool {
    var areKnown = true
    let known = Set(sessions.lazy.flatMap(\.participants).map(\.uid))
    for (key, uids) in [("uids", step.uids), ("excludeUids", step.excludeUids)] {
      for uid in uids ?? [] where !known.contains(uid.value) {
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
      .map { person in
        Participant(
          uid: person.uid, audio: tracks == .video ? nil : person.audio,
          video: tracks == .audio ? nil : person.video)
      }
      .filter { !$0.tracks.isEmpty }
  }

  // MARK: Outputs

  private mutating func output(
    _ draft: Draft, index: Int, of session: Session, for step: RecipeStep, id: String
  ) -> Output? {
    let subject = OutputSubject(
      session: session, uid: draft.uid, content: draft.content, tail: draft.tail, index: index,
      start: session.start + draft.start, stepId: step.id)
    guard let name = name(of: subject, ending: draft.ending, for: step) else { return nil }
    let folder =
      step.output.map { absolute($0.value, in: target.workingFolder) } ?? target.folder
    let path = target.file ?? absolute(name, in: folder)
    let place = step.name?.place ?? step.place
    if inputs.contains(path) {
      problems.add(at: place, "'\(path)' would replace a file of the session")
    }
    if let other = makers[path], target.file == nil {
      let whose = other == id ? "" : " (the other by step '\(excerpt(other))')"
      problems.add(at: place, "two outputs are named '\(name)'\(whose); tell them apart by 'name'")
    }
    makers[path] = id
    return Output(
      path: path, container: draft.container, uids: draft.people.map(\.uid),
      stretch: draft.stretch)
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
