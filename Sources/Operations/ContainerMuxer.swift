import Plan

extension Container {
  /// libav's name of the muxer.
  var muxer: String {
    switch self {
    case .mkv: "matroska"
    case .ts: "mpegts"
    case .m4a: "ipod"
    case .aac: "adts"
    case .hls: "mpegts"
    case .dash: "mp4"
    case .jpg: "image2"
    default: rawValue
    }
  }

  var muxerOptions: [String: String] {
    switch self {
    // The index in front, so that players on the web can start at once.
    case .mp4, .mov, .m4a: ["movflags": "+faststart"]
    // The head stands in a file of its own; fragments keep their times, and begin where asked to.
    case .dash:
      [
        "movflags": "+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer",
        "use_editlist": "0",
      ]
    default: [:]
    }
  }
}
