import Basics
import Plan
import Slices

extension Planner {
  mutating func merging(
    _ options: MergeOptions, _ format: Located<Container>?, _ step: RecipeStep,
    of session: Session
  ) -> PlannedWork? {
    let people = participants(of: session, for: step, options.tracks)
    var drafts: [Draft] = []
    for part in parts(of: session, people, options) {
      guard let container = container(for: part.people, format, at: step.place) else { continue }
      let isSound = container == .mp4 && options.tracks == .audio
      drafts.append(
        Draft(
          people: part.people, stretch: part.stretch, start: part.start, container: container,
          ending: isSound ? "m4a" : container.ending,
          uid: options.by == .session ? nil : part.people.first?.uid,
          content: options.tracks.content,
          tail: options.by == .segment ? .utc(session.start + part.start) : .none))
    }
    if drafts.isEmpty, !people.isEmpty { return nil }
    return PlannedWork(operation: .merge(options), verb: "merge", drafts: drafts)
  }

  /// The content of one file.
  private struct Part {
    let people: [Participant]
    let stretch: Stretch
    /// Where its media begins.
    let start: MediaTime
  }

  private func parts(of session: Session, _ people: [Participant], _ options: MergeOptions)
    -> [Part]
  {
    let whole = Stretch(start: .zero, end: session.duration)
    switch options.by {
    case .session:
      return people.isEmpty ? [] : [Part(people: people, stretch: whole, start: .zero)]
    case .uid:
      return people.map { person in
        let extent = person.extent
        return Part(
          people: [person], stretch: options.align == .uid ? extent : whole, start: extent.start)
      }
    case .segment:
      return people.flatMap { person in
        person.segments().map { segment in
          Part(
            people: [person], stretch: options.align == .uid ? segment : whole,
            start: segment.start)
        }
      }
    }
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

extension TrackSelection {
  fileprivate var content: SliceName.Content {
    switch self {
    case .both: .av
    case .audio: .audio
    case .video: .video
    }
  }
}
