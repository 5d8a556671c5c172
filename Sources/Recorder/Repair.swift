import Archive
package import Basics
import Media
import Posix
import Slices

/// Makes an archive whole after its recorder was killed: unfinished slices get their tails cut to
/// the last whole packet and their names, and every slice is listed in an ended index.
///
/// Gives a line for each thing that was done; none when nothing was wrong.
///
/// Throws `.tryAgain` while the archive is being recorded.
package func repair(_ path: String) throws(Failure) -> [String] {
  Log.install()
  let folder = absolutePath(path)
  guard isFolder(folder) else {
    throw Failure(path, cannot: "repair", "it is no folder", .noInput)
  }
  let lock = try FolderLock(folder, cannot: "repair")
  defer { withExtendedLifetime(lock) {} }
  var lines: [String] = []
  let names = try listFolder(folder)
  for name in names where name.hasPrefix(".") && name.hasSuffix(".tmp") {
    removeFile(joinPath(folder, name))
  }
  for name in Listing(names).unfinished {
    lines.append(try finish(name, in: folder))
  }
  let listing = Listing(try listFolder(folder))
  guard !listing.recordings.isEmpty else {
    throw Failure(path, cannot: "repair", "it holds no recording", .data)
  }
  for recording in listing.recordings {
    for files in recording.tracks where files.key.backup == nil {
      lines += try repairIndex(files, recording, in: folder)
    }
    if !lines.isEmpty {
      try writeJoinedIndexes(sid: recording.sid, cname: recording.cname, folder: folder)
    }
  }
  return lines
}

/// Writes what is whole of an unfinished slice under its final name.
private func finish(_ name: SliceName, in folder: String) throws(Failure) -> String {
  let part = joinPath(folder, SliceName.unfinished(name.text))
  let final = joinPath(folder, name.text)
  guard let kind = name.content?.kind, let container = SliceContainer(rawValue: name.ext),
    !fileExists(final)
  else {
    removeFile(part)
    return "\(name.text): removed what was left of it"
  }
  let temporary = temporaryName(for: final)
  do throws(Failure) {
    let seconds = try rewrite(part, kind: kind, container: container, to: temporary)
    try syncFile(temporary)
    try rename(temporary, to: final)
    removeFile(part)
    return "\(name.text): brought in, \(seconds) s"
  } catch {
    removeFile(temporary)
    guard error.code == .data || error.code == .noInput else { throw error }
    removeFile(part)
    return "\(name.text): nothing of it could be read (\(error.reason))"
  }
}

/// Copies the packets of a cut-off slice into a whole one, with the same timestamps.
private func rewrite(_ part: String, kind: TrackKind, container: SliceContainer, to path: String)
  throws(Failure) -> MediaTime
{
  var reader = try SliceReader.open(MediaResource(path: part), kind: kind)
  let stream = try reader.stream(kind)
  var packet = Packet()
  // A file that ends in mid-packet gives what there is of it last; it is whole only with a next.
  var held: Packet?
  var times: (first: MediaTime, last: MediaTime)?
  var muxer = try Muxer.create(
    path, format: container.muxer,
    streams: [Muxer.Stream(stream.parameters, timeBase: container.timeBase)],
    options: container.options)
  while (try? reader.read(into: &packet)) == true {
    if var whole = held.take(), let pts = stream.time(of: whole) {
      let dts = whole.dts.map { MediaTime(ticks: $0, of: stream.timeBase) } ?? pts
      times = (times?.first ?? pts, max(times?.last ?? pts, pts))
      try muxer.write(
        &whole, stream: 0, pts: pts, dts: dts, duration: stream.duration(of: whole))
    }
    held = packet.take()
  }
  guard let times else { throw Failure(part, cannot: "read", "it holds no whole packet", .data) }
  try muxer.finish()
  return times.last - times.first
}

/// Lists the slices of a track that its index lacks, and ends the index.
private func repairIndex(_ files: Listing.Files, _ recording: Listing.Recording, in folder: String)
  throws(Failure) -> [String]
{
  guard let kind = files.key.content?.kind, let uid = files.key.uid, files.hasSlices() else {
    return []
  }
  let name = SliceName(
    sid: recording.sid, cname: recording.cname, uid: uid, content: .init(kind), ext: "m3u8")
  let path = joinPath(folder, name.text)
  var playlist = MediaPlaylist(entries: [], isEnded: false)
  if fileExists(path),
    case .media(let old) = Playlist.parse(
      String(decoding: try readFile(path), as: UTF8.self)
    ).playlist
  {
    playlist = old
  }
  let listed = Set(playlist.entries.map(\.media.uri))
  var lines: [String] = []
  for slice in files.slices() where !listed.contains(slice.text) {
    let resource = MediaResource(path: joinPath(folder, slice.text))
    do throws(Failure) {
      let measured = try SliceProbe.slice(resource, kind: kind, utc: slice.utc)
      playlist.entries.append(
        MediaPlaylist.Entry(
          media: IndexReference(uri: slice.text), duration: measured.duration, utc: slice.utc))
      lines.append("\(name.text): listed \(slice.text)")
    } catch {
      lines.append("\(slice.text): cannot be listed (\(error.reason))")
    }
  }
  guard !lines.isEmpty || !playlist.isEnded else { return [] }
  if !playlist.isEnded { lines.append("\(name.text): ended") }
  playlist.isEnded = true
  playlist.entries.sort {
    ($0.utc ?? .distantPast, $0.media.uri) < ($1.utc ?? .distantPast, $1.media.uri)
  }
  playlist.markStarts(of: kind)
  try replaceFile(path, with: playlist.text.utf8)
  return lines
}

extension UTCTime {
  fileprivate static let distantPast = UTCTime(milliseconds: .min)
}

extension MediaPlaylist {
  /// Marks entries that follow an absence as the recorder does.
  fileprivate mutating func markStarts(of kind: TrackKind) {
    var end: UTCTime?
    for index in entries.indices {
      guard let utc = entries[index].utc else { continue }
      let isStart = end.map { utc - $0 > MediaTime(milliseconds: 100) } ?? true
      if isStart, entries[index].starts.isEmpty {
        entries[index].starts = [TrackStart(kind: kind, time: utc)]
        entries[index].isDiscontinuous = true
      }
      end = utc + entries[index].duration
    }
  }
}
