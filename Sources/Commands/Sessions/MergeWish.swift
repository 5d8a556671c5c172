import Basics
import Recipes
import Slices

/// What the options of `merge-files` ask for, as the steps of a recipe.
struct MergeWish {
  private enum Mode: String { case segments = "0", users = "1", audio = "2", video = "3" }

  private let mode: Mode
  private let arguments: Arguments
  private let fps: Int?
  private let size: (width: Int, height: Int)?
  private let begin: Double?
  private let length: Double?
  private let snapshotInterval: Double?

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
    size = sides.count == 2 ? (sides[0] & ~1, sides[1] & ~1) : nil
    // A cut is of the whole file of a user.
    self.mode = mode == .segments && begin != nil ? .users : mode
    for (name, other, isThere) in [
      ("-o", "-u", arguments.has("-u")), ("-t", "-b", begin != nil),
      ("--compat-stretch", "-r", size != nil),
    ] where arguments.has(name) && !isThere { throw .usage("\(name) needs \(other)") }
    if arguments.has("-s"), mode == .segments { throw .usage("-s needs -m 1, 2 or 3") }
    if snapshotInterval != nil, begin != nil { throw .usage("-c and -b exclude each other") }
    if isEncoded, mode == .video {
      throw .usage("-p and -r make files with the audio; use them with -m 0 or 1")
    }
  }

  private var isEncoded: Bool { (fps != nil || size != nil) && mode != .audio }

  /// Whether the steps depend on where in a session its users are.
  var needsEachSession: Bool { begin != nil || isEncoded && mode == .segments }

  func recipe(for sessions: [Session]) throws(Ending) -> Recipe {
    var recipes: [Recipe] = []
    let people = sessions.flatMap(\.participants).filter {
      arguments["-u"].map { [uid = $0.uid] in $0 == uid } ?? true
    }
    if arguments.has("-e") {
      for (tracks, isThere) in [
        ("audio", people.contains { $0.audio != nil }),
        ("video", people.contains { $0.video != nil }),
      ] where isThere {
        let name = "${sid}_${cname}__uid_s_${uid}__uid_e_\(tracks)"
        recipes.append(try step("merge", [("--tracks", tracks), ("--name", name)]))
      }
      return .joining(recipes)
    }
    recipes += try merging(people)
    if arguments.has("-a"), mode != .audio {
      let by = mode == .segments ? "segment" : "uid"
      recipes.append(
        try step("merge", [("--by", by), ("--tracks", "audio"), ("--name", "${uid}_${utc}")]))
    }
    if let snapshotInterval {
      recipes.append(
        try step(
          "snapshot",
          [("--interval", "\(snapshotInterval)"), ("--name", "${uid}_${utc}_${index}")]))
    }
    return .joining(recipes)
  }

  private func merging(_ people: [Participant]) throws(Ending) -> [Recipe] {
    guard needsEachSession, !people.isEmpty else {
      return [try one(name: mode == .segments ? "${uid}_${utc}" : "${uid}_0_merge")]
    }
    var recipes: [Recipe] = []
    for person in people {
      if let begin {
        let start = person.extent.start + MediaTime(seconds: begin)
        let end = length.map { start + MediaTime(seconds: $0) } ?? person.extent.end
        let name =
          "${uid}_0_merge_\(MediaTime(seconds: begin))"
          + (length.map { "_\(MediaTime(seconds: $0))" } ?? "")
        recipes.append(try one(person, Stretch(start: start, end: end), name: name))
      } else {
        for segment in person.segments() {
          recipes.append(try one(person, segment, name: "${uid}_${utc}"))
        }
      }
    }
    return recipes
  }

  /// One step that makes merged files; `stretch` is what of `person` goes into the only one.
  private func one(_ person: Participant? = nil, _ stretch: Stretch? = nil, name: String)
    throws(Ending) -> Recipe
  {
    let isBoth = mode == .segments || mode == .users
    let full = arguments["-o"].map(Self.literal) ?? name + (isBoth ? "_av" : "")
    var given = [("--name", full), ("--fill", arguments.has("-s") ? "cut" : "hold")]
    if let person { given.append(("--uids", person.uid)) }
    if let stretch {
      given.append(("--range-start", "\(max(.zero, stretch.start))"))
      given.append(("--range-end", "\(stretch.end)"))
    }
    if isEncoded {
      given.append(("--align", "uid"))
      if let fps { given.append(("--video-fps", "\(fps)")) }
      if let size {
        given.append(("--video-width", "\(size.width)"))
        given.append(("--video-height", "\(size.height)"))
      }
      if arguments.has("--compat-stretch") { given.append(("--fit", "stretch")) }
      return try step("transcode", given)
    }
    given.append(("--by", mode == .segments ? "segment" : "uid"))
    if !isBoth { given.append(("--tracks", mode == .audio ? "audio" : "video")) }
    return try step("merge", given)
  }

  private func step(_ name: String, _ given: [(name: String, value: String)])
    throws(Ending) -> Recipe
  {
    guard let kind = StepKind.named(name) else {
      throw .failure(Failure("merge-files", cannot: "plan", "no step '\(name)'", .software))
    }
    var given = given
    if let uid = arguments["-u"], !given.contains(where: { $0.name == "--uids" }) {
      given.append(("--uids", uid))
    }
    let options = given.compactMap { name, value in
      kind.options.first { $0.name == name }.map { ($0, value) }
    }
    let (recipe, problems) = kind.recipe(options)
    guard let recipe else { throw .problems(problems) }
    return recipe
  }

  /// A name as it is, with nothing in it replaced.
  private static func literal(_ name: String) -> String {
    name.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$${")
  }

  private static func plain(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }
}
