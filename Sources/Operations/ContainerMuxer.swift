import Basics
import Media
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

  /// What is added to all times of a file whose first packet is decoded at `earliest`: streams know
  /// none below zero.
  func shift(from earliest: MediaTime) -> MediaTime {
    [.ts, .flv, .hls, .dash].contains(self) ? max(.zero, .zero - earliest) : .zero
  }

  var muxerOptions: [String: String] {
    switch self {
    // The head stands in a file of its own; fragments keep their times, and begin where asked to.
    case .dash:
      [
        "movflags": "+frag_custom+empty_moov+default_base_moof+frag_discont+skip_trailer",
        "use_editlist": "0",
      ]
    // More than 4 GB need another header.
    case .wav: ["rf64": "auto"]
    default: [:]
    }
  }
}

extension Output {
  /// The tags and chapters that it keeps of its input.
  ///
  /// Throws when the input cannot be opened any more.
  func tags(for streams: [Muxer.Stream]) throws(Failure) -> FileTags {
    guard let tagged else { return FileTags() }
    let tags = try FileTags.read(tagged)
    // libavformat writes chapters of Opus only.
    let isOpus = streams.contains { $0.parameters.codec == "opus" }
    return [.ogg, .flac].contains(container) && !isOpus ? tags.withChaptersAsTexts : tags
  }
}
