import Basics
import Slices

/// What has to be decoded for an output, where several may have it in common.
private struct Wanted: Hashable {
  enum Content: Hashable {
    /// Those that are seen with a fill.
    case pictures(Fill)
    /// That of a mix.
    case sound(MixOptions)
  }

  let from: String?
  let session: Session
  let uids: [String]
  let stretch: Stretch
  let content: Content

  /// nil where nothing is ever decoded as a whole.
  init?(_ output: Output, of step: Step) {
    from = step.from
    session = step.session
    uids = output.uids
    stretch = output.stretch
    switch step.operation {
    case .mix(let options):
      guard let sound = options.sound else { return nil }
      content = .sound(sound)
    case .transcode(let options):
      let people = step.session.participants
      guard let video = people.first(where: { output.uids.contains($0.uid) })?.video,
        !options.choice(
          forVideo: video, of: step.session, over: output.stretch, in: output.container
        ).isCopy
      else { return nil }
      content = .pictures(options.fill)
    case .merge, .snapshot, .animate: return nil
    }
  }

  /// Sessions may have very many slices, and few sessions are equal in the rest.
  func hash(into hasher: inout Hasher) {
    hasher.combine(from)
    hasher.combine(session.start)
    hasher.combine(uids)
    hasher.combine(stretch)
  }
}

extension Plan {
  /// So many at most are made together: each has an encoder of its own, which holds many pictures.
  private static let mostTogether = 8

  /// The outputs of all steps, by their numbers, in groups: those of one want the same decoded, so
  /// that this is done once for all of them.
  ///
  /// Each output is in one group, and most are alone.
  package var together: [[Int]] {
    var groups: [[Int]] = []
    var known: [Wanted: Int] = [:]
    let outputs = steps.flatMap { step in step.outputs.map { (step: step, output: $0) } }
    for (number, (step, output)) in outputs.enumerated() {
      let wanted = Wanted(output, of: step)
      if let group = wanted.flatMap({ known[$0] }), groups[group].count < Self.mostTogether {
        groups[group].append(number)
      } else {
        if let wanted { known[wanted] = groups.count }
        groups.append([number])
      }
    }
    // Whether something is copied is looked up only where it matters: there may be very many parts.
    return groups.flatMap { group -> [[Int]] in
      guard group.count > 1 else { return [group] }
      let decoded = group.filter { outputs[$0].step.decodes(for: outputs[$0].output) }
      return [decoded].filter { !$0.isEmpty } + group.filter { !decoded.contains($0) }.map { [$0] }
    }
  }
}

extension Step {
  /// Whether an output is not of copied pictures.
  fileprivate func decodes(for output: Output) -> Bool {
    guard case .transcode(let options) = operation else { return true }
    guard let video = session.participants.first(where: { output.uids.contains($0.uid) })?.video
    else { return false }
    return !options.choice(
      forVideo: video, of: session, over: output.stretch, in: output.container
    ).isCopy
  }
}
