import Plan

extension Container {
  /// libav's name of the muxer.
  var muxer: String {
    switch self {
    case .mkv: "matroska"
    case .ts: "mpegts"
    case .m4a: "ipod"
    case .aac: "adts"
    case .m3u8: "hls"
    case .mpd: "dash"
    case .jpg: "image2"
    default: rawValue
    }
  }

  var muxerOptions: [String: String] {
    switch self {
    // The index in front, so that players on the web can start at once.
    case .mp4, .mov, .m4a: ["movflags": "+faststart"]
    default: [:]
    }
  }
}
