import Basics
import Slices

/// The pictures that have to be decoded for an output.
private struct ShownPictures: Hashable {
  let from: String?
  let session: Session
  let uid: String
  let stretch: Stretch
  let fill: Fill

  /// nil where nothing is decoded, or only here and there.
  init?(_ output: Output, of step: Step) {
    guard case .transcode(let options) = step.operation, let uid = output.uids.first,
      let video = step.session.participants.first(where: { $0.uid == uid })?.video,
      !options.choice(
        forVideo: video, of: step.session, over: output.stretch, in: output.container
      ).isCopy
    else { return nil }
    self.from = step.from
    self.uid = uid
    session = step.session
    stretch = output.stretch
    fill = options.fill
  }

  /// Sessions may have very many slices, and few sessions are equal in the rest.
  func hash(into hasher: inout Hasher) {
    hasher.combine(from)
    hasher.combine(session.start)
    hasher.combine(uid)
    hasher.combine(stretch)
  }
}

extension Plan {
  /// So many at most are made together: each has an encoder of its own, which holds many pictures.
  private static let mostTogether = 8

  /// The outputs of all steps, by their numbers, in groups: those of one show the same pictures, so
  /// that these are decoded once for all of them.
  ///
  /// Each output is in one group, and most are alone.
  package var together: [[Int]] {
    var groups: [[Int]] = []
    var known: [ShownPictures: Int] = [:]
    let outputs = steps.flatMap { step in step.outputs.map { (step: step, output: $0) } }
    for (number, (step, output)) in outputs.enumerated() {
      let pictures = ShownPictures(output, of: step)
      if let group = pictures.flatMap({ known[$0] }), groups[group].count < Self.mostTogether {
        groups[group].append(number)
      } else {
        if let pictures { known[pictures] = groups.count }
        groups.append([number])
      }
    }
    return groups
  }
}
