import Basics
import Posix
import Slices

extension Finding {
  /// Media files that belong to no archive: each is a participant.
  ///
  /// They lie at the time of their making if all tell it, else all at zero.
  mutating func readLoose(_ paths: [String]) {
    var uids: Set<String> = []
    var creations: [String: UTCTime] = [:]
    for path in paths {
      creations[path] =
        try? SliceReader.contents(of: Slice.Source(MediaResource(path: path))).creation
    }
    let haveTime = creations.count == paths.count
    for path in paths {
      let name = splitPath(path).name
      let uid = uids.contains(baseName(name)) ? name : baseName(name)
      do throws(Failure) {
        try readMedia(path, uid: uid, utc: haveTime ? creations[path] : nil)
        uids.insert(uid)
      } catch {
        note(path, "unreadable: \(error.reason)")
      }
    }
  }

  /// All tracks of one file.
  ///
  /// - Throws: when it has none that can be read.
  mutating func readMedia(_ path: String, uid: String, utc: UTCTime? = nil) throws(Failure) {
    let source = Slice.Source(MediaResource(path: path))
    guard let size = regularFileSize(path), size > 0 else {
      throw Failure(path, cannot: "open", "empty", .data)
    }
    let contents = try SliceReader.contents(of: source)
    if let remainder = contents.remainder { note(path, "\(remainder) left out", isLoss: false) }
    var found = try slices(of: ListedSlice(path: path), source, contents.kinds)
    for index in found.indices where found[index].kind == .audio {
      let priming = min(try SliceReader.priming(of: source), found[index].slice.duration)
      found[index].slice.first += priming
      found[index].slice.duration -= priming
    }
    let earliest = found.map(\.slice.first).min() ?? .zero
    for (kind, slice) in found {
      var slice = slice
      slice.utc = utc.map { $0 + (slice.first - earliest) }
      add(FoundTrack(uid: uid, kind: kind, slices: [slice]))
    }
  }
}
