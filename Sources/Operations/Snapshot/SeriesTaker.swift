import Archive
import Basics
import Media
import Plan
import Posix
import Slices

/// Takes the pictures of one participant.
struct SeriesTaker: Sendable {
  /// What came of some of the pictures.
  struct Taken: Sendable {
    /// The numbers of pictures that are not there.
    var missing: [Int] = []
    var decoded = 0
    var encoded = 0
    var problems: [SessionProblem] = []
  }

  let series: PictureSeries
  let track: Track
  private let turns: [Turn]
  private let options: SnapshotOptions
  private let sheets: ContactSheets?
  private let slices: [PlacedSlice]
  /// The numbers of the pictures that are to be taken, in groups that are decoded apart.
  let groups: [[Int]]

  /// nil where the session has no video of that participant.
  init?(
    _ series: PictureSeries, of session: Session, _ options: SnapshotOptions,
    _ context: OperationContext
  ) {
    guard let track = session.participants.first(where: { $0.uid == series.uid })?.video else {
      return nil
    }
    self.series = series
    self.track = track
    self.options = options
    turns = session.turns(of: track)
    slices = track.slices
    sheets = series.thumbnails.map { ContactSheets($0, pictures: series.pictures.count) }
    // A sheet that is missing needs all its pictures again.
    let unmade = series.thumbnails.map { files in
      Set(files.sheets.indices.filter { !context.isMade(files.sheets[$0]) })
    }
    let wanted = series.pictures.indices.filter { number in
      !context.isMade(series.pictures[number].path)
        || series.thumbnails.map { unmade?.contains($0.place(of: number).sheet) ?? false } ?? false
    }
    groups = Self.groups(of: wanted, series.pictures, slices)
  }

  /// Puts pictures together that begin to be decoded at the same slice.
  private static func groups(
    of wanted: [Int], _ pictures: [PictureSeries.Picture], _ slices: [PlacedSlice]
  ) -> [[Int]] {
    var groups: [[Int]] = []
    var slice = 0
    var start = 0
    var last: Int?
    for number in wanted {
      while slice + 1 < slices.count, slices[slice + 1].extent.start <= pictures[number].time {
        slice += 1
        if slices[slice].slice.startsWithKeyFrame { start = slice }
      }
      if start != last { groups.append([]) }
      last = start
      groups[groups.count - 1].append(number)
    }
    return groups
  }

  /// Takes the pictures of a group.
  ///
  /// `done` is called after each.
  ///
  /// Throws when a file cannot be written, not when a picture cannot be decoded.
  func take(_ group: [Int], _ context: OperationContext, done: () -> Void) throws(Failure) -> Taken
  {
    var taken = Taken()
    var reasons: [String] = []
    var reader = MomentReader(
      track, uid: series.uid, from: series.pictures[group[0]].time, keyLimit: keyLimit)
    var writer = JPEGWriter(quality: options.quality, subject: "uid '\(series.uid)'")
    for number in group {
      let picture = series.pictures[number]
      try context.check(picture.path)
      var found: MomentReader.Picture?
      var jpeg: [UInt8]?
      let isMade = context.isMade(picture.path)
      do throws(Failure) {
        found = try reader.picture(at: picture.time)
        if found == nil, number == group[0], let earlier = earlierReader(for: picture.time, reader)
        {
          reader = earlier
          found = try reader.picture(at: picture.time)
        }
        if found == nil, !reader.isPatient, reader.hasBegun {
          taken.decoded += reader.decoded
          reader = MomentReader(
            track, uid: series.uid, from: picture.time, keyLimit: nil, isPatient: true)
          found = try reader.picture(at: picture.time)
        }
        if found == nil { found = try reader.picture(at: picture.time + SnapshotOptions.slack) }
        if let found, !isMade {
          jpeg = try writer.jpeg(of: found.frame, turnedBy: degrees(of: found), options)
          taken.encoded += 1
        }
      } catch {
        if !reasons.contains(error.reason) { reasons.append(error.reason) }
        found = nil
      }
      if let jpeg {
        try context.file(picture.path) { path throws(Failure) in try writeFile(path, jpeg) }
      } else if !isMade {
        taken.missing.append(number)
      }
      try addTile(found, number, context)
      done()
    }
    taken.decoded += reader.decoded
    taken.problems = reader.problems + reasons.map { problem($0) }
    if let missing = missing(taken.missing) { taken.problems.append(missing) }
    return taken
  }

  /// How long before its moment a key frame may lie: with groups of pictures that are hours long,
  /// it would show another scene.
  private var keyLimit: MediaTime? {
    options.accuracy == .exact
      ? nil : MediaTime(seconds: options.at == nil ? min(60, max(10, options.interval)) : 10)
  }

  /// One that begins a slice before, as the picture of a slice's first moment may lie there.
  private func earlierReader(for time: MediaTime, _ reader: MomentReader) -> MomentReader? {
    guard let slice = slices.lastIndex(where: { $0.extent.start <= time }), slice > 0,
      time - slices[slice].extent.start < MediaTime(milliseconds: 1000),
      reader.decoded == 0
    else { return nil }
    return MomentReader(
      track, uid: series.uid, from: slices[slice - 1].extent.start, keyLimit: keyLimit)
  }

  private func addTile(
    _ picture: MomentReader.Picture?, _ number: Int, _ context: OperationContext
  ) throws(Failure) {
    guard
      let sheet = try sheets?.add(
        picture, turnedBy: picture.map { degrees(of: $0) } ?? 0, number: number,
        quality: options.quality)
    else { return }
    try context.file(sheet.path) { path throws(Failure) in try writeFile(path, sheet.jpeg) }
  }

  /// The turn anticlockwise that sets a picture upright.
  private func degrees(of picture: MomentReader.Picture) -> Int {
    let tag = turns.last { $0.position <= picture.time }?.degrees ?? 0
    return (tag + picture.rotation) % 360
  }

  private func problem(_ message: String) -> SessionProblem {
    SessionProblem(path: "uid '\(series.uid)'", message: message)
  }

  private func missing(_ numbers: [Int]) -> SessionProblem? {
    guard let first = numbers.first, let last = numbers.last else { return nil }
    let (from, to) = (series.pictures[first].time, series.pictures[last].time)
    return problem(
      numbers.count == 1
        ? "the picture at \(from) s cannot be decoded"
        : "\(numbers.count) pictures from \(from) s to \(to) s cannot be decoded")
  }
}
