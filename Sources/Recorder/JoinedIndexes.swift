import Archive
import Basics
import Posix
import Slices

/// Writes the indexes that join a uid's two tracks, from those of its tracks: `_av.m3u8` where both
/// are TS, `_av.mpd` where the pictures are VP8, VP9 or AV1.
func writeJoinedIndexes(sid: String, cname: String, folder: String) throws(Failure) {
  var tracks: [String: [TrackKind: MediaPlaylist]] = [:]
  for file in try listFolder(folder) {
    guard let name = SliceName(parsing: file), name.ext == "m3u8", let uid = name.uid,
      let kind = name.content?.kind
    else { continue }
    let text = String(decoding: try readFile(joinPath(folder, file)), as: UTF8.self)
    guard case .media(let playlist) = Playlist.parse(text).playlist else { continue }
    tracks[uid, default: [:]][kind] = playlist
  }
  for (uid, playlists) in tracks.sorted(by: { $0.key < $1.key }) {
    func name(_ content: SliceName.Content, _ ext: String) -> String {
      SliceName(sid: sid, cname: cname, uid: uid, content: content, ext: ext).text
    }
    let text: String
    let joined: String
    if playlists.count == 2, playlists.values.allSatisfy({ $0.hasOnly("ts") }) {
      joined = name(.av, "m3u8")
      text = multivariant(audio: name(.audio, "m3u8"), video: name(.video, "m3u8")).text
    } else if playlists[.video]?.hasOnly("webm") == true {
      joined = name(.av, "mpd")
      text = presentation(playlists.filter { $0.value.hasOnly("webm") }, folder: folder).text
    } else {
      continue
    }
    try replaceFile(joinPath(folder, joined), with: text.utf8)
  }
}

/// The two tracks as one presentation (RFC 8216 §4.3.4): players take the audio beside the video.
private func multivariant(audio: String, video: String) -> MultivariantPlaylist {
  MultivariantPlaylist(
    renditions: [.init(type: "AUDIO", group: "audio", name: "audio", uri: audio)],
    variants: [.init(uri: video, bandwidth: 2_000_000, audioGroup: "audio")])
}

extension MediaPlaylist {
  fileprivate func hasOnly(_ ext: String) -> Bool {
    !entries.isEmpty && entries.allSatisfy { $0.media.uri.hasSuffix(".\(ext)") }
  }
}

/// The tracks as one static MPD: whole slices as segments, a SegmentList for each set of
/// parameters, positions from the first slice of either track.
private func presentation(_ playlists: [TrackKind: MediaPlaylist], folder: String) -> MPD {
  let zero = playlists.values.flatMap(\.entries).compactMap(\.utc).min()
  var representations: [MPD.Representation] = []
  for (set, kind) in TrackKind.allCases.filter({ playlists[$0] != nil }).enumerated() {
    var parts: [(format: Format?, offset: MediaTime, segments: [MPD.Segment])] = []
    for entry in playlists[kind]?.entries ?? [] {
      let resource = MediaResource(path: joinPath(folder, entry.media.uri))
      let slice = try? SliceProbe.slice(resource, kind: kind, utc: nil, listed: entry.duration)
      let start = zero.flatMap { zero in entry.utc.map { $0 - zero } } ?? .zero
      let segment = MPD.Segment(
        media: entry.media, start: start, duration: entry.duration, utc: entry.utc,
        isDiscontinuous: entry.isDiscontinuous)
      if let last = parts.last, last.format == slice?.format {
        parts[parts.count - 1].segments.append(segment)
      } else {
        parts.append((slice?.format, (slice?.first ?? start) - start, [segment]))
      }
    }
    for (number, part) in parts.enumerated() {
      representations.append(
        MPD.Representation(
          id: "\(kind.rawValue)\(number)", set: set, kind: kind,
          mimeType: "\(kind.rawValue)/webm", codecs: part.format?.codec ?? "",
          width: part.format?.width, height: part.format?.height,
          sampleRate: part.format?.sampleRate, channels: part.format?.channels,
          bandwidth: kind == .video ? 1_000_000 : 64_000, presentationTimeOffset: part.offset,
          segments: part.segments))
    }
  }
  return MPD(representations: representations)
}
