package import Basics
import Media
import Posix
package import Slices

/// Opens an archive: a folder of one session, an index (M3U8 or MPD), or a media file.
///
/// `sid` says which session is meant where a folder holds several; `FOLDER/SID` is another way to
/// say so. It fails when nothing is there, nothing in it is media, or it holds several sessions and
/// none is named; what is missing or damaged in part becomes a problem of the session instead.
package func openSession(at path: String, sid: String? = nil) throws(Failure) -> Session {
  Log.install()
  let full = absolutePath(path)
  guard fileExists(full) else {
    let (folder, name) = splitPath(full)
    guard sid == nil, isFolder(folder),
      Listing(try listFolder(folder)).recordings.contains(where: { $0.sid == name })
    else { throw Failure(path, cannot: "open", "No such file or directory", .noInput) }
    return try openSession(at: folder, sid: name)
  }
  var found = Finding(name: splitPath(full).name)
  if isFolder(full) {
    try found.readFolder(full, named: path, sid: sid)
  } else {
    try found.readFile(full, named: path)
  }
  guard found.tracks.contains(where: { !$0.slices.isEmpty }) else {
    // What is wrong says more than that there is nothing.
    guard let first = found.problems.first else {
      throw Failure(path, cannot: "open", "it holds no media", .noInput)
    }
    let others = found.problems.count - 1
    let more = others > 0 ? " (and \(others) more problem\(others == 1 ? "" : "s"))" : ""
    throw Failure(first.path, cannot: "open", first.message + more, .data)
  }
  let tracks = found.takeTracks()
  // What was known of the files of a day is more than what stays.
  if tracks.reduce(0, { $0 + $1.slices.count }) > manySlices { Heap.trim() }
  return Session.place(
    tracks, sid: found.sid, cname: found.cname, name: found.name,
    problems: found.problems)
}

private let manySlices = 20_000

/// What has been found of an archive so far.
struct Finding {
  var sid = ""
  var cname = ""
  var name: String
  private(set) var tracks: [FoundTrack] = []
  private(set) var problems: [SessionProblem] = []
  var prober = Prober()
  var pool = SlicePool()

  init(name: String) { self.name = name }

  mutating func note(_ path: String, _ message: String, isLoss: Bool = true) {
    problems.append(SessionProblem(path: path, message: message, isLoss: isLoss))
  }

  mutating func add(_ track: FoundTrack) {
    if !track.slices.isEmpty { tracks.append(track) }
  }

  /// Hands the tracks out, and forgets what was known of their slices.
  fileprivate mutating func takeTracks() -> [FoundTrack] {
    prober = Prober()
    pool = SlicePool()
    defer { tracks = [] }
    return tracks
  }

  fileprivate mutating func readFile(_ path: String, named: String) throws(Failure) {
    let (folder, file) = splitPath(path)
    name = baseName(file)
    guard indexEndings.contains(pathExtension(path)) else {
      try readMedia(path, uid: name)
      return
    }
    if let index = SliceName(parsing: file) {
      let listing = Listing(try listFolder(folder))
      try readArchive(folder, listing, named: named, sid: index.sid, index: index)
    } else {
      _ = try readIndex(path, uid: name)
    }
  }

  fileprivate mutating func readFolder(_ path: String, named: String, sid: String?) throws(Failure)
  {
    let listing = Listing(try listFolder(path))
    let isArchive = listing.recordings.contains { $0.isRecording }
    if isArchive || sid != nil {
      try readArchive(path, listing, named: named, sid: sid, index: nil)
    } else {
      readPresentations(in: path, listing.strangers)
    }
  }
}

let indexEndings: Set<String> = ["m3u8", "m3u", "mpd"]

let mediaEndings: Set<String> = [
  "aac", "avi", "flac", "flv", "m4a", "m4s", "m4v", "mka", "mkv", "mov", "mp3", "mp4", "mpg", "oga",
  "ogg", "opus", "ts", "wav", "webm",
]

/// A file's name without its ending.
func baseName(_ file: String) -> String {
  let ending = pathExtension(file)
  return ending.isEmpty ? file : String(file.dropLast(ending.utf8.count + 1))
}
