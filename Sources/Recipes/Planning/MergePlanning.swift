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
      guard let container = container(for: part, of: session, format, at: step.place) else {
        continue
      }
      let isSound = container == .mp4 && options.tracks == .audio
      drafts.append(
        Draft(
          people: part.people, stretch: part.stretch, start: part.start, container: container,
          ending: isSound ? "m4a" : container.ending,
          uid: options.by == .session ? nil : part.people.first?.uid,
          content: options.tracks.content,
          tail: options.by == .segment ? .utc(session.start + part.start) : .none,
          only: part.only))
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
    /// The only part of `stretch` whose media goes in; nil is all of it.
    var only: Stretch?
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
            start: segment.start, only: segment)
        }
      }
    }
  }

  /// The container that the recipe wants, or the first that holds what most of each track is.
  ///
  /// What a track is besides gets encoded, so a container need not hold it.
  private mutating func container(
    for part: Part, of session: Session, _ format: Located<Container>?, at place: Place?
  ) -> Container? {
    func most(_ person: Participant) -> Set<String> {
      let looks = person.tracks.compactMap { session.prevailingLook(of: $0, in: part.stretch) }
      return Set(looks.map(\.format.codec))
    }
    let present = part.people.map(most).reduce(into: Set<String>()) { $0.formUnion($1) }
    let fitting = Container.holding(present)
    guard let format else {
      if fitting == nil {
        let odd = part.people.first { Container.holding(most($0)) == nil } ?? part.people.first
        problems.add(
          at: place, "no format holds \(list(odd.map(most) ?? present))\(whose(odd))")
      }
      return fitting
    }
    func unheld(_ person: Participant) -> Set<String> {
      person.tracks.reduce(into: []) { unheld, track in
        let codecs = Set(session.looks(of: track, in: part.stretch).map(\.look.format.codec))
        // An index lists what there is; into a file the rest gets encoded.
        let isIndex = [.m3u8, .mpd].contains(format.value)
        if isIndex || codecs.isDisjoint(with: format.value.codecs) {
          unheld.formUnion(codecs.subtracting(format.value.codecs))
        }
      }
    }
    if format.value == .flv, part.people.count > 1 {
      problems.add(at: format.place, "'flv' holds the tracks of one uid only; choose 'mkv'")
      return nil
    }
    let missing = part.people.map(unheld).reduce(into: Set<String>()) { $0.formUnion($1) }
    guard !missing.isEmpty else { return format.value }
    let advice = fitting.map { "; choose '\($0.rawValue)'" } ?? ""
    let key =
      format.place == nil
      ? "--format \(format.value.rawValue)" : "'format: \(format.value.rawValue)'"
    problems.add(
      at: format.place,
      "\(key) cannot hold \(list(missing))"
        + "\(whose(part.people.first { !unheld($0).isEmpty }))\(advice)")
    return nil
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
