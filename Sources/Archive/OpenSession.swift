package import Basics
import Media
import Posix
package import Slices

/// Opens an archive: a folder of one session, an index, or a media file.
///
/// - Throws: when nothing is there, nothing in it is media, or it holds several sessions. What is
///   missing or damaged in part becomes a problem of the session instead.
package func openSession(at path: String) throws(Failure) -> Session {
  Log.install()
  guard fileExists(path) else {
    throw Failure(path, cannot: "open", "No such file or directory", .noInput)
  }
  let full = absolutePath(path)
  let (tracks, found) = try isFolder(full) ? openFolder(full) : openFile(full)
  guard !tracks.joinedSlices.isEmpty else {
    // One thing that is wrong with the only file there is says more than that there is nothing.
    if found.problems.count == 1, let only = found.problems.first {
      throw Failure(only.path, cannot: "open", only.message, .data)
    }
    throw Failure(path, cannot: "open", "it holds no media", .noInput)
  }
  return Session.place(
    tracks, sid: found.sid, cname: found.cname, name: found.name, problems: found.problems)
}

/// What is known of an archive beside its tracks.
struct Found {
  var sid = ""
  var cname = ""
  var name: String
  var problems: [SessionProblem] = []
}

extension [FoundTrack] {
  fileprivate var joinedSlices: [Slice] { flatMap(\.slices) }
}

/// - Parameter index: the only index that counts, and with it the only uid, where one is named.
private func openFolder(_ path: String, only index: SliceName? = nil) throws(Failure) -> (
  [FoundTrack], Found
) {
  let listing = Listing(try listFolder(path))
  var found = Found(name: splitPath(path).name)
  let recordings = listing.recordings.filter {
    !$0.tracks.allSatisfy { $0.isOutput } && $0.isMeant(by: index)
  }
  guard recordings.count <= 1 else {
    let sids = recordings.map(\.sid).joined(separator: ", ")
    throw Failure(
      path, cannot: "open",
      "it holds \(recordings.count) sessions (\(sids)); name the index of one", .data)
  }
  guard let recording = recordings.first else { return looseFiles(in: path, listing, found) }
  found.sid = recording.sid
  found.cname = recording.cname
  found.problems = listing.unfinished.map {
    SessionProblem(
      path: joinPath(path, SliceName.unfinished($0.text)),
      message: "unfinished: 'rushes repair' brings it in")
  }
  var tracks: [FoundTrack] = []
  for files in recording.tracks {
    guard let kind = files.key.content?.kind, files.key.isMeant(by: index) else { continue }
    let track = readTrack(files, uid: files.key.uid ?? "0", kind: kind, folder: path, &found)
    if let track { tracks.append(track) }
  }
  return (tracks, found)
}

extension Listing.Files {
  /// Merged files and mixes of an earlier run do not make a session.
  fileprivate var isOutput: Bool { indexes.isEmpty && slices.isEmpty }
}

extension Listing.Recording {
  fileprivate func isMeant(by index: SliceName?) -> Bool {
    index.map { sid == $0.sid && cname == $0.cname } ?? true
  }
}

extension Listing.Key {
  fileprivate func isMeant(by index: SliceName?) -> Bool {
    guard let index else { return true }
    return uid == index.uid && (index.content == .av || content == index.content)
  }
}

private func openFile(_ path: String) throws(Failure) -> ([FoundTrack], Found) {
  let (folder, file) = splitPath(path)
  let found = Found(name: baseName(file))
  switch pathExtension(path) {
  case "m3u8", "m3u", "mpd":
    guard let name = SliceName(parsing: file), name.content != nil else {
      throw Failure(
        path, cannot: "open", "only the indexes of an archive can be opened yet", .unavailable)
    }
    return try openFolder(folder, only: name)
  default:
    return (try probeFile(path, uid: found.name, utc: nil), found)
  }
}

/// Media files that belong to no archive: each is a uid.
private func looseFiles(in folder: String, _ listing: Listing, _ found: Found) -> (
  [FoundTrack], Found
) {
  var found = found
  var tracks: [FoundTrack] = []
  for name in listing.strangers where mediaEndings.contains(pathExtension(name)) {
    let path = joinPath(folder, name)
    do throws(Failure) {
      tracks += try probeFile(path, uid: baseName(name), utc: nil)
    } catch {
      found.problems.append(SessionProblem(path: path, message: error.reason))
    }
  }
  return (tracks, found)
}

private let mediaEndings: Set<String> = [
  "aac", "avi", "flac", "flv", "m4a", "m4s", "m4v", "mka", "mkv", "mov", "mp3", "mp4", "mpg", "oga",
  "ogg", "opus", "ts", "wav", "webm",
]

private func baseName(_ file: String) -> String {
  let ending = pathExtension(file)
  return ending.isEmpty ? file : String(file.dropLast(ending.count + 1))
}
