import Basics
import Plan
import Recipes
import Slices

/// What the options of `merge-files` ask for, as the steps of a recipe.
struct MergeWish {
  private enum Mode: String { case segments = "0", users = "1", audio = "2", video = "3" }

  private let mode: Mode
  private let arguments: Arguments
  private let fps: Int?
  private let size: PixelSize?
  private let begin: Double?
  private let length: Double?
  private let snapshotInterval: Double?
  /// How many recordings before have had each user.
  private var earlier: [String: Int] = [:]

  init(_ arguments: Arguments) throws(Ending) {
    self.arguments = arguments
    guard let mode = Mode(rawValue: arguments["-m"] ?? "0") else {
      throw .usage("-m must be 0, 1, 2 or 3, found '\(excerpt(arguments["-m"] ?? ""))'")
    }
    func number(_ name: String, _ range: ClosedRange<Double>) throws(Ending) -> Double? {
      guard let text = arguments[name] else { return nil }
      guard let value = Double(text), range.contains(value) else {
        throw .usage(
          "\(name) must be from \(MergeWish.plain(range.lowerBound)) to "
            + "\(MergeWish.plain(range.upperBound)), found '\(excerpt(text))'")
      }
      return value
    }
    // As with its model, fewer pictures than 5 a second are 5.
    fps = try number("-p", 1...120).map { max(5, Int($0)) }
    begin = try number("-b", 0...1e7)
    length = try number("-t", 0.001...1e7)
    snapshotInterval = try number("-c", 100...3_600_000).map { $0 / 1000 }
    let words = arguments.words(of: "-r")
    let sides = words.compactMap { Int($0) }.filter { (16...16_384).contains($0) }
    guard sides.count == words.count else {
      throw .usage("-r must be two numbers of pixels, found '\(words.joined(separator: " "))'")
    }
    size = sides.count == 2 ? PixelSize(width: sides[0] & ~1, height: sides[1] & ~1) : nil
    // A cut is of the whole file of a user.
    self.mode = mode == .segments && begin != nil ? .users : mode
    for (name, other, isThere) in [
      ("-o", "-u", arguments.has("-u")), ("-t", "-b", begin != nil),
    ] where arguments.has(name) && !isThere { throw .usage("\(name) needs \(other)") }
    if arguments.has("-s"), mode == .segments { throw .usage("-s needs -m 1, 2 or 3") }
    if snapshotInterval != nil, begin != nil { throw .usage("-c and -b exclude each other") }
  }

  /// The steps that work on one recording after those that were asked for before; none where it
  /// has nothing of what is wanted.
  mutating func recipe(for session: Session) throws(Ending) -> Recipe {
    let people = session.participants.filter {
      arguments["-u"].map { [uid = $0.uid] in $0 == uid } ?? true
    }
    var recipes: [Recipe] = []
    for person in people {
      recipes += arguments.has("-e") ? try standard(person) : try merging(person, of: session)
      earlier[person.uid, default: 0] += 1
    }
    if !people.isEmpty, let snapshotInterval, !arguments.has("-e"),
      people.contains(where: { $0.video != nil })
    {
      var given = [("--interval", "\(snapshotInterval)"), ("--name", "${uid}_${utc}_${index}")]
      if let uid = arguments["-u"] { given.append(("--uids", uid)) }
      recipes.append(try step("snapshot", given))
    }
    return .joining(recipes)
  }

  /// A file of each index, named as that is.
  private func standard(_ person: Participant) throws(Ending) -> [Recipe] {
    var recipes: [Recipe] = []
    for track in person.tracks {
      recipes.append(
        try step("merge", [("--tracks", track.kind.rawValue), ("--uids", person.uid)]))
    }
    return recipes
  }

  private func merging(_ person: Participant, of session: Session) throws(Ending) -> [Recipe] {
    let tracks: TrackSelection = mode == .audio ? .audio : mode == .video ? .video : .both
    let person = person.only(tracks)
    guard !person.tracks.isEmpty else { return [] }
    var recipes: [Recipe] = []
    if mode == .segments {
      let name = wantedName(of: person) ?? "${uid}_${utc}_av"
      recipes += try segments(of: person, tracks, name: name)
    } else {
      var (stretch, name) = (person.extent, "${uid}_\(earlier[person.uid] ?? 0)_merge")
      if let begin {
        stretch.start += MediaTime(seconds: begin)
        name += "_\(MediaTime(seconds: begin))"
        if let length {
          stretch.end = min(stretch.end, stretch.start + MediaTime(seconds: length))
          name += "_\(MediaTime(seconds: length))"
        }
        guard stretch.start < stretch.end else { return [] }
      }
      name = wantedName(of: person) ?? (tracks == .both ? name + "_av" : name)
      recipes.append(try one(person, tracks, begin == nil ? nil : stretch, name: name))
    }
    if arguments.has("-a"), mode != .audio, person.audio != nil {
      let (sound, name) = (person.only(.audio), "${uid}_${utc}")
      recipes +=
        mode == .segments
        ? try segments(of: sound, .audio, name: name) : [try one(sound, .audio, name: name)]
    }
    return recipes
  }

  /// The name that `-o` asks for; what would have it a second time is told apart.
  private func wantedName(of person: Participant) -> String? {
    guard let name = arguments["-o"].map(Self.literal) else { return nil }
    let isOne = mode != .segments || person.segments().count == 1
    let number = earlier[person.uid].map { "_\($0)" } ?? ""
    return name + (isOne ? number : "_${utc}")
  }

  /// Steps that make a file of each segment of a user.
  private func segments(of person: Participant, _ tracks: TrackSelection, name: String)
    throws(Ending) -> [Recipe]
  {
    guard isEncoded(person) else { return [try one(person, tracks, by: .segment, name: name)] }
    var recipes: [Recipe] = []
    for segment in person.segments() {
      recipes.append(try one(person, tracks, segment, name: name))
    }
    return recipes
  }

  /// A step that makes merged files of all of a user, or of a stretch of the session.
  private func one(
    _ person: Participant, _ tracks: TrackSelection, _ stretch: Stretch? = nil,
    by unit: MergeUnit = .uid, name: String
  ) throws(Ending) -> Recipe {
    var given = [
      ("--name", name), ("--fill", arguments.has("-s") ? "cut" : "hold"),
      ("--uids", person.uid), ("--tracks", tracks.rawValue),
    ]
    if let stretch {
      given.append(("--range-start", "\(max(.zero, stretch.start))"))
      given.append(("--range-end", "\(stretch.end)"))
    }
    guard isEncoded(person) else {
      return try step("merge", given + [("--format", "mp4"), ("--by", unit.rawValue)])
    }
    given += [("--container", "mp4"), ("--align", "uid")]
    if person.video != nil {
      if let fps { given.append(("--video-fps", "\(fps)")) }
      if let canvas = size ?? stretchedSize(of: person) {
        given.append(("--video-width", "\(canvas.width)"))
        given.append(("--video-height", "\(canvas.height)"))
      }
      if arguments.has("--compat-stretch") { given.append(("--fit", "stretch")) }
    }
    return try step("transcode", given)
  }

  /// Whether a user's files cannot be made by copying what MP4 holds.
  private func isEncoded(_ person: Participant) -> Bool {
    let isChanged = fps != nil || size != nil || arguments.has("--compat-stretch")
    return isChanged && person.video != nil || !person.isHeldByMP4
  }

  /// The size that convert.py stretches all pictures to: the largest width and the largest height.
  private func stretchedSize(of person: Participant) -> PixelSize? {
    guard arguments.has("--compat-stretch"), let video = person.video else { return nil }
    let formats = video.formats
    guard let width = formats.compactMap(\.width).max(),
      let height = formats.compactMap(\.height).max()
    else { return nil }
    return PixelSize(width: max(16, width & ~1), height: max(16, height & ~1))
  }

  private func step(_ name: String, _ given: [(name: String, value: String)])
    throws(Ending) -> Recipe
  {
    guard let kind = StepKind.named(name) else {
      throw .failure(Failure("merge-files", cannot: "plan", "no step '\(name)'", .software))
    }
    let options = given.compactMap { name, value in
      kind.options.first { $0.name == name }.map { ($0, value) }
    }
    let (recipe, problems) = kind.recipe(options)
    guard let recipe else { throw .problems(problems) }
    return recipe
  }

  /// A name as it is, without the ending that it gets, and with nothing in it replaced.
  private static func literal(_ name: String) -> String {
    let ending = [".mp4", ".m4a"].first { name.hasSuffix($0) } ?? ""
    return name.dropLast(ending.count).split(separator: "${", omittingEmptySubsequences: false)
      .joined(separator: "$${")
  }

  private static func plain(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }
}

extension Participant {
  /// Whether MP4 holds something at least of each track; the rest of it gets encoded.
  fileprivate var isHeldByMP4: Bool {
    tracks.allSatisfy { track in
      track.formats.contains { Container.mp4.codecs.contains($0.codec) }
    }
  }
}
