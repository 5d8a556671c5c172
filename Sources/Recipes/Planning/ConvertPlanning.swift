import Basics
import Documents
import Plan
import Slices

/// A checked `convert` step.
package struct ConvertWork: Hashable, Sendable {
  /// Paths and patterns; those of a recipe count from it.
  package let inputs: [Located<String>]
  let format: Container
  /// nil where the format has no pictures.
  let video: VideoOptions?
  let audio: AudioOptions?
}

extension RecipeReader {
  /// Reads what a `convert` step wants.
  mutating func converting(_ values: Values) -> ConvertWork {
    typealias Keys = ConvertKeys
    let format = values[Keys.format]
    let isFilm = TranscodeKeys.containers.contains(format)
    for (key, isOfUse) in [("video", isFilm || format == .jpg), ("audio", format != .jpg)]
    where !isOfUse {
      guard let node = values.node[key] else { continue }
      checker.problems.add(
        at: node.place, "\(label([key], at: node.place)) has no meaning in '\(format.rawValue)'")
    }
    return ConvertWork(
      inputs: values[Keys.input] ?? [], format: format,
      video: isFilm || format == .jpg ? video(values[Keys.video], in: isFilm ? format : .mp4) : nil,
      audio: format == .jpg ? nil : audio(values[Keys.audio], in: format))
  }
}

extension Planner {
  /// Plans a `convert` step: an output for each of `inputs`, which are open already.
  mutating func addConversions(_ work: ConvertWork, _ step: RecipeStep, of inputs: [Session]) {
    let place = work.inputs.first?.place ?? step.place
    var counts: [String: Int] = [:]
    for (index, session) in inputs.enumerated() {
      guard let person = session.participants.first, session.participants.count == 1 else {
        problems.add(
          at: place,
          "'\(excerpt(session.name))' holds \(session.participants.count) participants; 'convert' "
            + "takes files and indexes of one")
        continue
      }
      counts[session.name, default: 0] += 1
      let count = counts[session.name] ?? 1
      let base = session.name + (count > 1 ? "_\(count)" : "")
      // No session of the recipe has a number below zero.
      let source = Source(session: session, number: -1 - index, step: nil)
      let id = inputs.count == 1 ? step.id : "\(step.id)@\(base)"
      let ending = work.format.ending
      let path: String
      if step.name == nil {
        path = claim("\(base).\(ending)", for: step, of: source, id: id)
      } else {
        let subject = OutputSubject(
          session: session, uid: person.uid, content: nil, tail: .none, index: index,
          start: session.start + person.extent.start, stepId: step.id)
        guard
          let named = self.path(of: subject, ending: ending, for: step, of: source, id: id)
        else { continue }
        path = named
      }
      let output = Output(
        path: path, container: work.format, uids: [person.uid], stretch: person.extent)
      append(
        Step(
          id: id, session: session, operation: work.operation(for: person, at: path),
          outputs: [output]), from: source, named: step.id)
    }
  }
}

extension ConvertWork {
  /// The operation that makes a file of this format, by copy where it can hold what there is.
  fileprivate func operation(for person: Participant, at path: String) -> Operation {
    if format == .jpg {
      let start = person.video?.start ?? .zero
      let series = PictureSeries(
        uid: person.uid, pictures: [.init(time: start, path: path)], thumbnails: nil)
      let options = SnapshotOptions(
        at: [start.seconds], width: video?.width, height: video?.height)
      return .snapshot(SnapshotWork(options: options, series: [series], list: nil))
    }
    guard TranscodeKeys.containers.contains(format) else { return sound(of: person.audio) }
    var options = TranscodeOptions()
    options.align = .uid
    if let video { options.video = video }
    if let audio { options.audio = audio }
    return .transcode(options)
  }

  private func sound(of track: Track?) -> Operation {
    let formats = track?.formats ?? []
    // Without timestamps a gap would be lost.
    let isCopy =
      formats.allSatisfy { format.codecs.contains($0.codec) } && formats.count < 2
      && (track?.gaps ?? []).isEmpty && (audio ?? AudioOptions()) == AudioOptions()
    guard !isCopy else { return .merge(MergeOptions(tracks: .audio)) }
    var options = MixOptions()
    options.align = .uid
    if let rate = audio?.sampleRate { options.sampleRate = rate }
    if let bitrate = audio?.bitrate { options.bitrate = bitrate }
    if let channels = audio?.channels { options.channels = channels }
    return .mix(options)
  }
}
