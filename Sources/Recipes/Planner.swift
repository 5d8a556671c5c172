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
private struct Planner {
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
    guard case .merge(let options, let format) = step.work else {
      return problems.add(at: step.place, "'record' is for 'rushes record'")
    }
    let areUidsKnown = checkUids(step)
    for session in sessions {
      let id = sessions.count == 1 ? step.id : "\(step.id)@\(session.name)"
      let people = participants(of: session, for: step, options.tracks)
      guard !people.isEmpty else {
        if areUidsKnown {
          problems.add(
            at: step.place, "the session '\(excerpt(session.name))' has nothing to merge")
        }
        continue
      }
      var outputs: [Output] = []
      for part in parts(of: session, people, options) {
        outputs += [
          output(
            part, index: outputs.count, of: session, for: step, id: id, options, format)
        ].compactMap { $0 }
      }
      steps.append(Step(id: id, session: session, operation: .merge(options), outputs: outputs))
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
  private func participants(
    of session: Session, for step: RecipeStep, _ tracks: TrackSelection
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

  /// The content of one output.
  private struct Part {
    let people: [Participant]
    let stretch: Stretch
    /// Where its media begins, which its name may tell.
    let start: MediaTime
  }

  private func parts(of session: Session, _ people: [Participant], _ options: MergeOptions)
    -> [Part]
  {
    let whole = Stretch(start: .zero, end: session.duration)
    switch options.by {
    case .session: return [Part(people: people, stretch: whole, start: .zero)]
    case .uid:
      return people.map { person in
        let extent = person.extent
        return Part(
          people: [person], stretch: options.align == .uid ? extent : whole, start: extent.start)
      }
    case .segment:
      return people.flatMap { person in
        segments(of: person).map { segment in
          Part(
            people: [person], stretch: options.align == .uid ? segment : whole,
            start: segment.start)
        }
      }
    }
  }

  private mutating func output(
    _ part: Part, index: Int, of session: Session, for step: RecipeStep, id: String,
    _ options: MergeOptions, _ format: Located<Container>?
  ) -> Output? {
    guard let container = container(for: part.people, format, at: step.place) else { return nil }
    let subject = OutputSubject(
      session: session, uid: options.by == .session ? nil : part.people.first?.uid,
      unit: options.by, tracks: options.tracks, index: index,
      start: session.start + part.start, stepId: step.id)
    let ending =
      container == .mp4 && options.tracks == .audio ? "m4a" : container.rawValue
    guard let name = name(of: subject, ending: ending, for: step) else { return nil }
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
      path: path, container: container, uids: part.people.map(\.uid), stretch: part.stretch)
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

  /// The container that the recipe wants, or the first that holds the codecs.
  private mutating func container(
    for people: [Participant], _ format: Located<Container>?, at place: Place?
  ) -> Container? {
    let present = people.map(codecs(of:)).reduce(into: Set<String>()) { $0.formUnion($1) }
    let fitting = Container.holding(present)
    guard let format else {
      if fitting == nil {
        let odd = people.first { Container.holding(codecs(of: $0)) == nil } ?? people.first
        problems.add(
          at: place, "no format holds \(list(odd.map(codecs(of:)) ?? present))\(whose(odd))")
      }
      return fitting
    }
    let unheld = present.subtracting(format.value.codecs)
    guard !unheld.isEmpty else { return format.value }
    let person = people.first { !codecs(of: $0).isDisjoint(with: unheld) }
    let advice = fitting.map { "; choose '\($0.rawValue)'" } ?? ""
    let key =
      format.place == nil
      ? "--format \(format.value.rawValue)" : "'format: \(format.value.rawValue)'"
    problems.add(
      at: format.place,
      "\(key) cannot hold \(list(unheld))\(whose(person))\(advice)")
    return nil
  }

  private func codecs(of person: Participant) -> Set<String> {
    Set(person.tracks.flatMap(\.formats).map(\.codec))
  }

  private func list(_ codecs: Set<String>) -> String {
    codecs.sorted().map { "'\($0)'" }.joined(separator: " and ")
  }

  private func whose(_ person: Participant?) -> String {
    person.map { " of uid '\(excerpt($0.uid))'" } ?? ""
  }
}

/// The stretches of a participant between absences of 15 s and more of both tracks.
private func segments(of person: Participant) -> [Stretch] {
  let absence = MediaTime(milliseconds: 15_000)
  let runs = person.tracks.flatMap(\.runs).sorted { $0.start < $1.start }
  return runs.reduce(into: []) { segments, run in
    if let last = segments.indices.last, run.start - segments[last].end < absence {
      segments[last].end = max(segments[last].end, run.end)
    } else {
      segments.append(Stretch(start: run.start, end: run.end))
    }
  }
}
