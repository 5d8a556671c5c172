import Basics
import Media
import Posix
import Slices

/// One track of an archive, from its index and the slices beside it; nil when nothing of it is
/// left. What is wrong is added to `found`.
func readTrack(
  _ files: Listing.Files, uid: String, kind: TrackKind, folder: String, _ found: inout Found
) -> FoundTrack? {
  var track = FoundTrack(uid: uid, kind: kind, slices: [])
  var listed: Set<String> = []
  let indexes = files.indexes.map { (name: $0, size: fileSize(joinPath(folder, $0.text)) ?? 0) }
  if let index = SliceName.chosen(among: indexes) {
    let path = joinPath(folder, index.text)
    do throws(Failure) {
      let playlist = try readPlaylist(path, &found)
      for entry in playlist.entries {
        listed.insert(entry.media.uri)
        track.rotations += entry.rotations.map(\.rotation)
        guard !entry.isGap else { continue }
        if let slice = readSlice(entry, kind: kind, folder: folder, &found) {
          track.slices.append(slice)
        }
      }
    } catch {
      found.problems.append(SessionProblem(path: path, message: error.reason))
    }
  }
  // Slices that no index names: the index is lost, or older than they are.
  for name in files.slices where !listed.contains(name.text) {
    let path = joinPath(folder, name.text)
    do throws(Failure) {
      track.slices.append(
        try SliceProbe.slice(MediaResource(path: path), kind: kind, utc: name.utc))
      let message = files.indexes.isEmpty ? "its track has no index" : "its index does not list it"
      found.problems.append(SessionProblem(path: path, message: message, isLoss: false))
    } catch {
      found.problems.append(SessionProblem(path: path, message: error.reason))
    }
  }
  return track.slices.isEmpty ? nil : track
}

private func readPlaylist(_ path: String, _ found: inout Found) throws(Failure) -> MediaPlaylist {
  let text = String(decoding: try readFile(path, limit: 1 << 26), as: UTF8.self)
  let (playlist, problems) = Playlist.parse(text)
  for problem in problems {
    let line = problem.line.map { "line \($0): " } ?? ""
    found.problems.append(
      SessionProblem(path: path, message: line + problem.message, isLoss: false))
  }
  guard case .media(let media) = playlist else {
    throw Failure(path, cannot: "read", "it is no list of slices", .data)
  }
  return media
}

private func readSlice(
  _ entry: MediaPlaylist.Entry, kind: TrackKind, folder: String, _ found: inout Found
) -> Slice? {
  let path = joinPath(folder, entry.media.uri)
  guard let size = fileSize(path) else {
    found.problems.append(SessionProblem(path: path, message: "missing"))
    return nil
  }
  guard size > 0 else {
    found.problems.append(SessionProblem(path: path, message: "empty"))
    return nil
  }
  guard !entry.isEncrypted else {
    found.problems.append(SessionProblem(path: path, message: "encrypted"))
    return nil
  }
  let utc = entry.utc ?? SliceName(parsing: splitPath(entry.media.uri).name)?.utc
  do throws(Failure) {
    var slice = try SliceProbe.slice(
      MediaResource(path: path, bytes: entry.media.bytes), kind: kind, utc: utc,
      listed: entry.duration)
    slice.isDiscontinuous = entry.isDiscontinuous || !entry.starts.isEmpty
    return slice
  } catch {
    found.problems.append(SessionProblem(path: path, message: error.reason))
    return nil
  }
}
