import Plan

/// The keys of a `convert` step.
enum ConvertKeys {
  static let formats: [Container] = [
    .mp3, .wav, .aac, .m4a, .opus, .flac, .ogg, .mp4, .mov, .mkv, .webm, .ts, .flv, .gif, .jpg,
  ]
  static let input = Key<[Located<String>]?>.patterns(
    "input", "the media files and indexes to convert", isRequired: true)
  static let format = Key<Container>.choice(
    "format", .mp4, among: formats,
    "the file format of all outputs; media that it can hold is copied")
  static let video = Key<Values>.group(
    "video", of: TranscodeKeys.Video.all, "what the pictures are to be, where they are encoded")
  static let audio = Key<Values>.group(
    "audio", of: TranscodeKeys.Audio.all, "what the sound is to be, where it is encoded")

  static let all = [
    input.definition, format.definition, video.definition, audio.definition,
    CommonKeys.name.definition, CommonKeys.output.definition,
  ]
}
