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
    var options = work.options
    for person in participants(of: session, for: step, work.options.tracks) {
      checkCopies(of: person, work, step, session)
      let whole =
        work.options.align == .uid
        ? person.extent : Stretch(start: .zero, end: session.duration)
      guard let wanted = whole.within(step.range?.value) else { continue }
      if work.maxSize != nil {
        options.video.ceiling = max(options.video.ceiling ?? 0, pictureRate(of: person, work))
      }
      let parts = parts(of: wanted, person, work, session)
      let isIndex = [.hls, .dash].contains(work.container)
      for (index, stretch) in parts.enumerated() {
        drafts.append(
          Draft(
            people: [person], stretch: stretch, start: max(stretch.start, person.extent.start),
            container: work.container,
            ending: isSound ? "m4a" : work.container.ending, uid: person.uid,
            content: isIndex ? .av : nil,
            tail: isIndex && parts.count == 1 ? .none : .index(index)))
      }
    }
    return PlannedWork(operation: .transcode(options), verb: "transcode", drafts: drafts)
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
    return Int(Double(pixels) * 30 * 0.2 / 1000) + 200
  }

  /// Of a participant; the last one takes the rest.
  private static let mostParts = 10_000

  /// The stretches of the files of one participant.
  private func parts(
    of stretch: Stretch, _ person: Participant, _ work: TranscodeWork, _ session: Session
  ) -> [Stretch] {
    let load = work.maxSize.map { size in
      // Encoders keep to a mean rate, which is nearer the longer a file is.
      FileLoad(
        of: person, work, session, pictures: pictureRate(of: person, work), over: stretch,
        limit: Double(size) * 0.9)
    }
    let keys = person.video?.slices.filter(\.slice.startsWithKeyFrame).map(\.extent.start) ?? []
    var parts: [Stretch] = []
    var start = stretch.start
    while start < stretch.end {
      let longest = min(work.maxDuration ?? .max, load?.longest(from: start) ?? .max)
      let latest = longest < stretch.duration ? start + longest : stretch.end
      var end = parts.count < Self.mostParts ? min(stretch.end, latest) : stretch.end
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

/// How many bytes of a participant go into a file.
private struct FileLoad {
  /// What is copied: stretches of the session clock, and their bytes.
  private var copied: [(stretch: Stretch, bytes: Double)] = []
  /// Bytes per second of what is encoded.
  private var rate = 0.0
  private let limit: Double

  /// `pictures`: the bit rate of encoded pictures in kbit/s.
  init(
    of person: Participant, _ work: TranscodeWork, _ session: Session, pictures: Int,
    over stretch: Stretch, limit: Double
  ) {
    self.limit = limit
    var files: Set<MediaResource> = []
    for track in person.tracks {
      let choice =
        track.kind == .video
        ? work.options.choice(forVideo: track, of: session, over: stretch, in: work.container)
        : work.options.choice(forAudio: track, over: stretch, in: work.container)
      // What is not made yet has no size.
      guard choice.isCopy, track.slices.allSatisfy({ $0.slice.size > 0 }) else {
        let sound = work.options.audio.bitrate ?? 128
        rate += Double(track.kind == .video ? pictures : sound) * 1000 / 8
        continue
      }
      // A file that holds both tracks counts once.
      for placed in track.slices where files.insert(placed.slice.resource).inserted {
        copied.append((placed.extent, Double(placed.slice.size)))
      }
    }
    copied.sort { $0.stretch.start < $1.stretch.start }
  }

  /// How long a file that begins at `start` may last.
  func longest(from start: MediaTime) -> MediaTime {
    var bytes = 0.0
    var time = start
    for (part, size) in copied where part.end > start {
      let from = max(part.start, start)
      bytes += max(0, (from - time).seconds) * rate
      time = max(time, from)
      let length = (part.end - from).seconds
      let share = size * length / max(0.001, part.duration.seconds)
      let more = share + max(0, (part.end - time).seconds) * rate
      if bytes + more > limit {
        let seconds = length * max(0, limit - bytes) / max(1, more)
        return max(MediaTime(milliseconds: 1000), from - start + MediaTime(seconds: seconds))
      }
      bytes += more
      time = max(time, part.end)
    }
    guard rate > 0 else { return .max }
    return max(
      MediaTime(milliseconds: 1000), time - start + MediaTime(seconds: (limit - bytes) / rate))
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
