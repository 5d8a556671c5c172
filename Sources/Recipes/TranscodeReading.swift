import Basics
import Documents
import Plan

extension RecipeReader {
  /// What a checked `transcode` step wants, with what cannot go together told.
  mutating func transcoding(_ values: Values, at place: Place?) -> TranscodeWork {
    typealias Keys = TranscodeKeys
    let container = values[Keys.container]
    var options = TranscodeOptions()
    options.video = video(values[Keys.video], in: container)
    options.audio = audio(values[Keys.audio], in: container)
    options.fit = values[Keys.fit]
    options.fill = fill(values, at: place)
    options.align = values[Keys.align]
    options.tracks = values[Keys.tracks]
    return TranscodeWork(
      options: options, container: container,
      maxDuration: values[Keys.maxDuration].map { MediaTime(seconds: $0) },
      maxSize: values[Keys.maxSize])
  }

  mutating func video(_ values: Values, in container: Container) -> VideoOptions {
    typealias Keys = TranscodeKeys.Video
    var video = VideoOptions()
    video.codec = values[Keys.codec]
    video.width = even(values, Keys.width)
    video.height = even(values, Keys.height)
    video.fps = values[Keys.fps]
    video.bitrate = values[Keys.bitrate]
    video.crf = values[Keys.crf]
    video.gop = values[Keys.gop]
    video.profile = values[Keys.profile]
    video.preset = values[Keys.preset]
    check("video", values, video.codec.libavName, container)
    let codec = video.codec.libavName ?? container.usualVideoCodec
    if let crf = values.located(Keys.crf) {
      let node = values.node["crf"]
      if video.bitrate != nil { refuse(["video", "crf"], node, "excludes 'bitrate'") }
      if ["h264", "hevc"].contains(codec), crf.value > 51 {
        refuse(["video", "crf"], node, "is at most 51 for '\(codec == "hevc" ? "h265" : codec)'")
      }
    }
    if let profile = video.profile, codec != "h264", !(codec == "hevc" && profile == .main) {
      refuse(
        ["video", "profile"], values.node["profile"], "'\(profile.rawValue)' is one of H.264's")
    }
    if video.codec == .copy, video.wantsEncoding || video.width != nil || video.height != nil {
      refuse(["video", "codec"], values.node["codec"], "'copy' leaves everything as it is")
    }
    return video
  }

  mutating func audio(_ values: Values, in container: Container) -> AudioOptions {
    typealias Keys = TranscodeKeys.Audio
    var audio = AudioOptions()
    audio.codec = values[Keys.codec]
    audio.sampleRate = values[Keys.sampleRate]
    audio.bitrate = values[Keys.bitrate]
    audio.channels = values[Keys.channels]
    audio.profile = values[Keys.profile]
    check("audio", values, audio.codec.libavName, container)
    let codec = audio.codec.libavName ?? container.usualAudioCodec
    if let profile = audio.profile, codec != "aac" {
      refuse(["audio", "profile"], values.node["profile"], "'\(profile.rawValue)' is one of AAC's")
    }
    let rates =
      switch codec {
      case "opus": [8000, 12_000, 16_000, 24_000, 48_000]
      case "mp3": [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000]
      default:
        [
          8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 64_000, 88_200,
          96_000,
        ]
      }
    if let rate = audio.sampleRate, !rates.contains(rate) {
      refuse(
        ["audio", "sampleRate"], values.node["sampleRate"],
        "of '\(codec)' cannot be \(rate); it can be "
          + rates.map(String.init).joined(separator: ", "))
    }
    if audio.codec == .copy, audio != Self.copied {
      refuse(["audio", "codec"], values.node["codec"], "'copy' leaves everything as it is")
    }
    return audio
  }

  private static let copied: AudioOptions = {
    var audio = AudioOptions()
    audio.codec = .copy
    return audio
  }()

  /// The container has to hold the codec.
  private mutating func check(
    _ group: String, _ values: Values, _ codec: String?, _ container: Container
  ) {
    guard let codec, !container.codecs.contains(codec) else { return }
    let name = codec == "hevc" ? "h265" : codec
    refuse(
      [group, "codec"], values.node["codec"], "'\(name)' cannot go into '\(container.rawValue)'")
  }

  private mutating func even(_ values: Values, _ key: Key<Int?>) -> Int? {
    guard let length = values[key] else { return nil }
    if length % 2 != 0 {
      let name = key.definition.name
      refuse(["video", name], values.node[name], "must be even, found \(length)")
    }
    return length
  }

  private mutating func refuse(
    _ path: [String], _ node: Node?, _ reason: String, or place: Place? = nil
  ) {
    let place = node?.place ?? place
    checker.problems.add(at: place, "\(label(path, at: place)) \(reason)")
  }
}
