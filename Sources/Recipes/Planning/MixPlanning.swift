import Basics
import Documents
import Plan
import Slices

/// A checked `mix` step.
package struct MixWork: Sendable {
  let options: MixOptions
  let container: Container
  /// The uids that `gain` and `pan` name, by key.
  let named: [(key: String, uids: [String: Located<Double>])]
}

extension Planner {
  mutating func mixing(_ work: MixWork, _ step: RecipeStep, of session: Session) -> PlannedWork? {
    checkNamed(work, in: session)
    let people = participants(of: session, for: step, .audio)
    let whole = Stretch(start: .zero, end: session.duration)
    let options = work.options
    let isOwn = options.align == .uid
    let everybody = people.map(\.extent)
    let extras = (options.waveform ? ["png"] : []) + (options.levels ? ["levels.json"] : [])
    var drafts: [Draft]
    if options.perUid {
      drafts = people.map { person in
        let extent = session.participants.first { $0.uid == person.uid }?.extent ?? person.extent
        return Draft(
          people: [person], stretch: isOwn ? extent : whole, start: extent.start,
          container: work.container, ending: work.container.ending, uid: person.uid,
          content: .audio, tail: .index(0))
      }
    } else if people.isEmpty {
      drafts = []
    } else {
      let own = Stretch(
        start: everybody.map(\.start).min() ?? .zero, end: everybody.map(\.end).max() ?? .zero)
      drafts = [
        Draft(
          people: people, stretch: isOwn ? own : whole, start: isOwn ? own.start : .zero,
          container: work.container, ending: work.container.ending, uid: nil, content: nil,
          tail: .index(0))
      ]
    }
    for index in drafts.indices { drafts[index].extras = extras }
    return PlannedWork(operation: .mix(options), verb: "mix", drafts: drafts)
  }

  private mutating func checkNamed(_ work: MixWork, in session: Session) {
    let known = session.participants.map(\.uid)
    for (key, uids) in work.named {
      for (uid, value) in uids.sorted(by: { $0.key < $1.key }) where !known.contains(uid) {
        problems.add(
          at: value.place,
          "unknown uid '\(excerpt(uid))' in '\(key)'\(suggest(uid, known.sorted()))")
      }
    }
  }
}

extension RecipeReader {
  /// Reads what a `mix` step wants.
  mutating func mixing(_ values: Values) -> MixWork {
    typealias Keys = MixKeys
    let audio = values[Keys.audio]
    var options = MixOptions()
    options.perUid = values[Keys.perUid]
    options.align = values[Keys.align]
    options.sampleRate = audio[Keys.Audio.sampleRate]
    options.bitrate = audio[Keys.Audio.bitrate]
    options.channels = audio[Keys.Audio.channels]
    options.gain = values[Keys.gain].mapValues(\.value)
    options.pan = values[Keys.pan].mapValues(\.value)
    options.loudness = values[Keys.loudness]
    options.limit = values[Keys.limit]
    options.chapters = values[Keys.chapters]
    options.waveform = values[Keys.waveform]
    options.levels = values[Keys.levels]
    let container = values[Keys.container]
    check(options, container, audio, values)
    return MixWork(
      options: options, container: container,
      named: [("gain", values[Keys.gain]), ("pan", values[Keys.pan])])
  }

  /// What no encoder makes.
  private mutating func check(
    _ options: MixOptions, _ container: Container, _ audio: Values, _ values: Values
  ) {
    func add(_ key: String, _ node: String, _ message: String) {
      let place = audio.node[node]?.place ?? values.node["container"]?.place ?? values.node.place
      checker.problems.add(at: place, "\(label(["audio", key], at: place)) \(message)")
    }
    let rates = container == .opus ? [48_000, 16_000] : [48_000, 44_100, 32_000, 16_000]
    if !rates.contains(options.sampleRate) {
      let list = rates.map(String.init).joined(separator: ", ")
      let whose = container == .opus ? " in 'opus'" : ""
      add("sampleRate", "sampleRate", "must be one of \(list)\(whose), found \(options.sampleRate)")
      return
    }
    let possible = container.bitrates(at: options.sampleRate, channels: options.channels)
    if let possible, !possible.contains(options.bitrate) {
      let nearest = possible.min { abs($0 - options.bitrate) < abs($1 - options.bitrate) }
      add(
        "bitrate", "bitrate",
        "of \(options.bitrate) kbit/s is none that '\(container.rawValue)' has at "
          + "\(options.sampleRate) Hz; the nearest is \(nearest ?? 0)")
    }
    for (key, isWanted) in [("chapters", options.chapters)]
    where isWanted && container != .m4a && container != .mp3 {
      let place = values.node[key]?.place
      checker.problems.add(
        at: place, "\(label([key], at: place)) needs 'm4a' or 'mp3', not '\(container.rawValue)'")
    }
  }
}

extension Container {
  /// The bit rates in kbit/s that its encoder takes; nil where there is none to choose.
  fileprivate func bitrates(at rate: Int, channels: Int) -> [Int]? {
    switch self {
    // ISO 11172-3 and 13818-3.
    case .mp3 where rate < 32_000: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    case .mp3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
    // A frame has at most 6144 bits per channel (ISO 14496-3 §4.5.3.3).
    case .m4a, .aac: Array(8...min(512, 6 * rate * channels / 1024))
    case .opus: Array(8...min(512, 256 * channels))
    default: nil
    }
  }
}
