/// A file format that outputs are written in; the raw value is its name in recipes.
package enum Container: String, Hashable, Sendable, CaseIterable {
  case mp4, mov, mkv, webm, ts, flv
  /// An index over slices that exist.
  case m3u8, mpd
  /// An index with new segments: transport streams, or fragments of MP4.
  case hls, dash
  case mp3, m4a, aac, opus, ogg, flac, wav
  case gif, jpg

  /// The containers of a `merge` step.
  package static let merged: [Container] = [
    .mp4, .mov, .mkv, .webm, .ts, .flv, .m3u8, .mpd,
  ]

  /// The containers of a `mix` step.
  package static let mixed: [Container] = [.mp3, .m4a, .aac, .opus, .flac, .wav]

  /// Those of moving pictures with sound.
  package static let films: Set<Container> = [.mp4, .mov, .mkv, .webm, .ts, .flv]

  /// What follows the dot in a file's name.
  package var ending: String {
    switch self {
    case .hls: "m3u8"
    case .dash: "mpd"
    default: rawValue
    }
  }

  /// The codecs, by libav name, that the container holds and usual players find in it.
  package var codecs: Set<String> {
    switch self {
    case .mp4, .dash: ["h264", "hevc", "av1", "vp9", "aac", "mp3", "opus"]
    case .mov: ["h264", "hevc", "aac", "mp3", "pcm_mulaw", "pcm_alaw"]
    case .webm: ["vp8", "vp9", "av1", "opus", "vorbis"]
    case .mkv:
      [
        "h264", "hevc", "vp8", "vp9", "av1", "aac", "mp3", "opus", "vorbis", "pcm_mulaw",
        "pcm_alaw", "adpcm_g722",
      ]
    case .ts, .hls: ["h264", "hevc", "aac", "mp3"]
    case .flv: ["h264", "aac", "mp3"]
    case .m3u8: ["h264", "hevc", "aac", "mp3"]
    case .mpd: ["h264", "hevc", "vp8", "vp9", "av1", "aac", "opus", "vorbis"]
    case .mp3: ["mp3"]
    case .m4a: ["aac"]
    case .aac: ["aac"]
    case .opus: ["opus"]
    case .ogg: ["opus", "vorbis", "flac"]
    case .flac: ["flac"]
    case .wav: ["pcm_s16le"]
    case .gif: ["gif"]
    case .jpg: ["mjpeg"]
    }
  }

  /// The first of mp4, webm and mkv that holds all of `codecs`; nil when none does.
  package static func holding(_ codecs: some Sequence<String>) -> Container? {
    let codecs = Set(codecs)
    return [.mp4, .webm, .mkv].first { codecs.isSubset(of: $0.codecs) }
  }
}
