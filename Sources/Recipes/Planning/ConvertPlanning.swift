import Basics
import Documents
import Plan
import Slices

/// A checked `convert` step.
package struct ConvertWork: Hashable, Sendable {
  /// Paths and patterns; those of a recipe count from it.
  package let inputs: [Located<String>]
  let format: Container
  let video: VideoOptions
  let audio: AudioOptions
}

extension RecipeReader {
  /// Reads what a `convert` step wants.
  mutating func converting(_ values: Values) -> ConvertWork {
    typealias Keys = ConvertKeys
    let format = values[Keys.format]
    refuse(in: values, but: format.convertKeys, format)
    let isFilm = Container.films.contains(format)
    return ConvertWork(
      inputs: values[Keys.input] ?? [], format: format,
      video: video(values[Keys.video], in: isFilm ? format : .mp4),
      audio: audio(values[Keys.audio], in: format.hasSound ? format : .mp4))
  }

  /// Tells of keys that have no meaning in a format.
  private mutating func refuse(
    in values: Values, but known: (video: Set<String>?, audio: Set<String>?), _ format: Container
  ) {
    for (group, known) in [("video", known.video), ("audio", known.audio)] {
      guard let known, let node = values.node[group] else { continue }
      let refused =
        known.isEmpty
        ? [(path: [group], place: node.place)]
        : node.entries.filter { !known.contains($0.key) }
          .map { (path: [group, $0.key], place: $0.place ?? node.place) }
      for (path, place) in refused {
        checker.problems.add(
          at: place, "\(label(path, at: place)) has no meaning in '\(format.rawValue)'")
      }
    }
  }
}

extension Container {
  fileprivate var hasSound: Bool { self != .gif && self != .jpg }

  /// The keys of `video` and `audio` that mean something to a conversion; nil is all of them.
  fileprivate var convertKeys: (video: Set<String>?, audio: Set<String>?) {
    switch self {
    case .jpg: (["width", "height"], [])
    case .gif: (["width", "height", "fps"], [])
    case .flac, .wav: ([], ["sampleRate", "channels"])
    case _ where Container.films.contains(self): (nil, nil)
    default: ([], nil)
    }
  }
}

extension Planner {
  /// Plans a `convert` step: an output for each of `inputs`, which are open already.
  mutating func addConversions(_ work: ConvertWork, _ step: RecipeStep, of inputs: [Session]) {
    let ending = work.format.ending
    var bases = Set(inputs.map(\.name))
    var used: Set<String> = []
    for (index, session) in inputs.enumerated() {
      guard let person = session.participants.first else { continue }
      // The first of two inputs of one name keeps it; no number is another input's name.
      var base = session.name
      var number = 1
      while used.contains(base) || base != session.name && bases.contains(base) {
        number += 1
        base = "\(session.name)_\(number)"
      }
      used.insert(base)
      bases.insert(base)
      // No session of the recipe has a number below zero.
      let source = Source(session: session, number: -1 - index, step: nil)
      let id = inputs.count == 1 ? step.id : "\(step.id)@\(base)"
      let path: String
      if step.name == nil {
        path = claim(
          "\(base).\(ending)", for: step, of: source, id: id, isOneOfMany: inputs.count > 1)
      } else {
        let subject = OutputSubject(
          session: session, uid: person.uid, content: nil, tail: .none, index: index,
          start: session.start + person.extent.start, stepId: step.id)
        guard
          let named = self.path(of: subject, ending: ending, for: step, of: source, id: id)
        else { continue }
        path = named
      }
      append(work.step(for: person, of: session, at: path, id: id), from: source, named: step.id)
    }
  }
}

extension ConvertWork {
  /// What makes a file of this format, by copy where it can hold what there is.
  fileprivate func step(for person: Participant, of session: Session, at path: String, id: String)
    -> Step
  {
    var session = session
    var person = person
    let hasPictures = format == .gif || format == .jpg || Container.films.contains(format)
    if !hasPictures { person.video = nil }
    if !format.hasSound { person.audio = nil }
    session.participants = [person]
    return Step(
      id: id, session: session, operation: operation(for: person, of: session, at: path),
      outputs: [
        Output(
          path: path, container: format, uids: [person.uid], stretch: person.extent,
          tagged: person.onlyFile)
      ])
  }

  private func operation(for person: Participant, of session: Session, at path: String)
    -> Operation
  {
    switch format {
    case .gif: return .animate(video)
    case .jpg:
      let start = person.video?.start ?? .zero
      let series = PictureSeries(
        uid: person.uid, pictures: [.init(time: start, path: path)], thumbnails: nil)
      let options = SnapshotOptions(at: [start.seconds], width: video.width, height: video.height)
      return .snapshot(SnapshotWork(options: options, series: [series], list: nil))
    default:
      var options = TranscodeOptions()
      options.align = .uid
      options.video = video
      options.audio = audio
      // What keeps every sample keeps its rate, too.
      if [.flac, .wav].contains(format), audio.sampleRate == nil {
        options.audio.sampleRate = person.audio?.formats.first?.sampleRate
      }
      // Where players turn a film upright, it need not be encoded.
      if [.mp4, .mov].contains(format), video.codec == .auto, let track = person.video,
        options.choice(forVideo: track, of: session, over: person.extent, in: format).isCopy
      {
        options.video.codec = .copy
      }
      return isJoint(of: person, in: session, options)
        ? .merge(MergeOptions(align: .uid)) : .transcode(options)
    }
  }

  /// Whether slices of a transport stream, which have no tags, go into the file as they are: that is
  /// a merge.
  private func isJoint(
    of person: Participant, in session: Session, _ options: TranscodeOptions
  ) -> Bool {
    guard !person.tracks.isEmpty,
      person.tracks.flatMap(\.slices).allSatisfy({ $0.slice.resource.path.hasSuffix(".ts") })
    else { return false }
    let stretch = person.extent
    let choices = [
      person.video.map { options.choice(forVideo: $0, of: session, over: stretch, in: format) },
      person.audio.map { options.choice(forAudio: $0, over: stretch, in: format) },
    ]
    return choices.allSatisfy { $0?.isCopy ?? true }
  }
}

extension Participant {
  /// The path of the file that it is all of; nil where there are several, or only a part is.
  fileprivate var onlyFile: String? {
    let slices = tracks.flatMap(\.slices).map(\.slice)
    let resources = Set(slices.map(\.resource))
    guard resources.count == 1, let only = resources.first, only.bytes == nil,
      slices.allSatisfy({ $0.initialization == nil })
    else { return nil }
    return only.path
  }
}
