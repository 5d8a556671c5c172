/// A file format that outputs are written in; the raw value is its name in recipes and its ending.
package enum Container: String, Hashable, Sendable, CaseIterable {
  case mp4, mov, mkv, webm

  /// The codecs, by libav name, that the container holds and usual players find in it.
  package var codecs: Set<String> {
    switch self {
    case .mp4: ["h264", "hevc", "av1", "vp9", "aac", "mp3", "opus"]
    case .mov: ["h264", "hevc", "aac", "mp3", "pcm_mulaw", "pcm_alaw"]
    case .webm: ["vp8", "vp9", "av1", "opus", "vorbis"]
    case .mkv:
      [
        "h264", "hevc", "vp8", "vp9", "av1", "aac", "mp3", "opus", "vorbis", "pcm_mulaw",
        "pcm_alaw", "adpcm_g722",
      ]
    }
  }

  /// The first of mp4, webm and mkv that holds all of `codecs`; nil when none does.
  package static func holding(_ codecs: some Sequence<String>) -> Container? {
    let codecs = Set(codecs)
    return [.mp4, .webm, .mkv].first { codecs.isSubset(of: $0.codecs) }
  }
}
