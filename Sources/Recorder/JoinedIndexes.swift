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
    guard playlists.count == 2, playlists.values.allSatisfy({ $0.hasOnly("ts") }) else {
      continue
    }
    joined = name(.av, "m3u8")
    text = multivariant(audio: name(.audio, "m3u8"), video: name(.video, "m3u8")).text
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
