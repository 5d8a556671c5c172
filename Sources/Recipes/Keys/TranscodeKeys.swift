import Basics
import Plan

/// The keys of a `transcode` step.
enum TranscodeKeys {
  /// What the pictures are to be; `convert` has the same.
  enum Video {
    static let codec = Key<VideoOptions.Codec>.choice(
      "codec", .auto, "auto copies where the slices already are what is asked for")
    static let width = Key<Int?>.integer(
      "width", in: 16...16_384, unit: "pixels",
      "an even width; without it the pictures' own, the one seen for longest")
    static let height = Key<Int?>.integer("height", in: 16...16_384, unit: "pixels", "even too")
    static let fps = Key<Double?>.number(
      "fps", in: 1...240, unit: "fps",
      "a steady rate; without it every picture keeps its time")
    static let bitrate = Key<Int?>.integer(
      "bitrate", in: 1...1_000_000, unit: "kbit/s", "the mean bit rate")
    static let crf = Key<Int?>.integer(
      "crf", in: 0...63, "a constant quality on the encoder's own scale, instead of 'bitrate'")
    static let gop = Key<Int?>.integer(
      "gop", in: 1...10_000, unit: "pictures", "the longest way between two key frames")
    static let profile = Key<VideoOptions.Profile?>.choice(
      "profile", "what an H.264 decoder must know; main also of H.265")
    static let preset = Key<VideoOptions.Preset?>.choice(
      "preset", "how much time the encoder takes; without it medium")

    static let all = [
      codec.definition, width.definition, height.definition, fps.definition, bitrate.definition,
      crf.definition, gop.definition, profile.definition, preset.definition,
    ]
  }

  /// What the sound is to be; `convert` has the same.
  enum Audio {
    static let codec = Key<AudioOptions.Codec>.choice(
      "codec", .auto, "auto copies where the slices already are what is asked for")
    static let sampleRate = Key<Int?>.integer(
      "sampleRate", in: 8000...96_000, unit: "Hz", "without it 48000")
    static let bitrate = Key<Int?>.integer(
      "bitrate", in: 6...512, unit: "kbit/s", "the mean bit rate")
    static let channels = Key<Int?>.integer("channels", in: 1...2, "1 is mono, 2 stereo")
    static let profile = Key<AudioOptions.Profile?>.choice(
      "profile", "the tools of AAC; he and he-v2 need an FFmpeg with libfdk_aac")

    static let all = [
      codec.definition, sampleRate.definition, bitrate.definition, channels.definition,
      profile.definition,
    ]
  }

  static let containers: [Container] = [.mp4, .mov, .mkv, .webm, .flv, .ts, .hls, .dash]
  static let container = Key<Container>.choice(
    "container", .mp4, among: containers, "the file format; hls and dash are indexes with segments")
  static let video = Key<Values>.group("video", of: Video.all, "what the pictures are to be")
  static let audio = Key<Values>.group("audio", of: Audio.all, "what the sound is to be")
  static let fit = Key<Fit>.choice(
    "fit", .contain, "how pictures of another shape come onto the canvas")
  static let align = Key<Alignment>.choice(
    "align", .session, "begin at session zero, or at the uid's first sample")
  static let tracks = MergeKeys.tracks
  static let maxDuration = Key<Double?>.number(
    "maxDuration", in: 10...1e7, unit: "seconds", "begins another file after so long")
  static let maxSize = Key<Int?>.integer(
    "maxSize", in: 1_000_000...1_000_000_000_000, unit: "bytes",
    "begins another file before it is so large, by the bit rate or an estimate of it")

  static let all =
    [
      container.definition, video.definition, audio.definition, fit.definition,
      FillKeys.fill.definition,
      FillKeys.image.definition, align.definition, tracks.definition, maxDuration.definition,
      maxSize.definition,
    ] + CommonKeys.all
}
