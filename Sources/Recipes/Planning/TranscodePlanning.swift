import Basics
import Plan
import Slices

/// A `transcode` step as read, before the session is known.
package struct TranscodeWork: Hashable, Sendable {
  let options: TranscodeOptions
  let container: Container
  let maxDuration: MediaTime?
  let maxSize: Int?
}

extension Planner {
  mutating func transcoding(_ work: TranscodeWork, _ step: RecipeStep, of session: Session)
    -> PlannedWork
  {
    var drafts: [Draft] = []
    let isSound = work.container == .mp4 && work.options.tracks == .audio
    for person in participants(of: session, for: step, work.options.tracks) {
      checkCopies(of: person, work, step, session)
      let whole =
        work.options.align == .uid
        ? person.extent : Stretch(start: .zero, end: session.duration)
      guard let wanted = whole.within(step.range?.value) else { continue }
      for (index, stretch) in parts(of: wanted, person, work).enumerated() {
        drafts.append(
          Draft(
            people: [person], stretch: stretch, start: max(stretch.start, person.extent.start),
            container: work.container,
            ending: isSound ? "m4a" : work.container.ending, uid: person.uid,
            content: nil, tail: .index(index)))
      }
    }
    return PlannedWork(operation: .transcode(work.options), verb: "transcode", drafts: drafts)
  }

  /// `codec: copy` has to be possible.
  private mutating func checkCopies(
    of person: Participant, _ work: TranscodeWork, _ step: RecipeStep, _ session: Session
  ) {
    let whole = Stretch(start: .zero, end: session.duration)
    let stretch = step.range.map { whole.within($0.value) ?? whole } ?? whole
    if work.options.video.codec == .copy, let track = person.video,
      case .encode(_, let reason) = work.options.choice(
        forVideo: track, of: session, over: stretch, in: work.container)
    {
      problems.add(
        at: step.place,
        "the video of uid '\(excerpt(person.uid))' cannot be copied: \(reason)")
    }
    if work.options.audio.codec == .copy, let track = person.audio,
      case .encode(_, let reason) = work.options.choice(
        forAudio: track, over: stretch, in: work.container)
    {
      problems.add(
        at: step.place,
        "the audio of uid '\(excerpt(person.uid))' cannot be copied: \(reason)")
    }
  }

  /// The bit rate of the pictures in kbit/s: the wanted one, else what pictures of their size
  /// hardly ever need.
  private func pictureRate(of person: Participant, _ work: TranscodeWork) -> Int {
    guard let video = person.video else { return 0 }
    if let wanted = work.options.video.bitrate { return wanted }
    let largest = video.formats.map { ($0.width ?? 640) * ($0.height ?? 360) }.max() ?? 0
    let options = work.options.video
    let pixels = options.width.flatMap { width in options.height.map { width * $0 } } ?? largest
    return Int(Double(pixels) * 30 * 0.1 / 1000) + 1
  }

  /// The stretches of the files of one participant.
  private func parts(of stretch: Stretch, _ person: Participant, _ work: TranscodeWork)
    -> [Stretch]
  {
    var longest = work.maxDuration ?? .max
    if let size = work.maxSize {
      let sound = person.audio == nil ? 0 : work.options.audio.bitrate ?? 128
      let rate = Double(pictureRate(of: person, work) + sound) * 1000 / 8
      // Encoders keep to a mean rate, which is nearer the longer a file is.
      longest = min(longest, MediaTime(seconds: max(1, Double(size) * 0.9 / max(1, rate))))
    }
    guard longest < stretch.duration else { return [stretch] }
    let keys = person.video?.slices.filter(\.slice.startsWithKeyFrame).map(\.extent.start) ?? []
    var parts: [Stretch] = []
    var start = stretch.start
    while start < stretch.end, parts.count < 10_000 {
      let latest = start + longest
      var end = min(stretch.end, latest)
      // Where a slice begins, nothing is decoded twice.
      if end < stretch.end,
        let key = keys.last(where: { $0 <= latest && $0 > latest - MediaTime(milliseconds: 60_000) }
        ),
        key > start + MediaTime(flicks: longest.flicks / 2)
      {
        end = key
      }
      parts.append(Stretch(start: start, end: end))
      start = end
    }
    return parts
  }
}

extension Stretch {
  /// The part of it inside `range`; nil when there is none.
  fileprivate func within(_ range: Stretch?) -> Stretch? {
    guard let range else { return self }
    let part = Stretch(start: max(start, range.start), end: min(end, range.end))
    return part.duration > .zero ? part : nil
  }
}
