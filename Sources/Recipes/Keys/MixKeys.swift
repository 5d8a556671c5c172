import Plan

/// The keys of a `mix` step.
enum MixKeys {
  /// How the sound is encoded.
  enum Audio {
    static let sampleRate = Key<Int>.integer(
      "sampleRate", 48_000, in: 16_000...48_000, unit: "Hz", "48000, 44100, 32000 or 16000")
    static let bitrate = Key<Int>.integer(
      "bitrate", 96, in: 8...512, unit: "kbit/s", "of mp3, m4a, aac and opus")
    static let channels = Key<Int>.integer("channels", 2, in: 1...2, "1 is mono, 2 is stereo")

    static let all = [sampleRate.definition, bitrate.definition, channels.definition]
  }

  static let container = Key<Container>.choice(
    "container", .mp3, among: Container.mixed, "the file format")
  static let audio = Key<Values>.group("audio", of: Audio.all, "how the sound is encoded")
  static let perUid = Key<Bool>.flag(
    "perUid", false, "one file for each uid, instead of one of all")
  static let gain = Key<[String: Located<Double>]>.numberMap(
    "gain", in: -60...60, unit: "dB", "how much louder each uid is to be")
  static let pan = Key<[String: Located<Double>]>.numberMap(
    "pan", in: -1...1, unit: "", "where each uid is heard, from -1 (left) to 1 (right)")
  static let loudness = Key<Double?>.number(
    "loudness", in: -50 ... -5, unit: "LUFS",
    "brings the whole to this loudness (EBU R128); without it levels stay")
  static let limit = Key<Double>.number(
    "limit", -1, in: -20...0, unit: "dBTP", "the true peak before encoding does not exceed it")
  static let chapters = Key<Bool>.flag(
    "chapters", false, "chapters where somebody comes or leaves, in m4a and mp3")
  static let waveform = Key<Bool>.flag(
    "waveform", false, "also draws the sound, as PNG beside the file")
  static let levels = Key<Bool>.flag(
    "levels", false, "also tells how loud each uid is in each second, as JSON beside the file")
  static let align = Key<Alignment>.choice(
    "align", .session,
    "begin at session zero, or, with 'perUid', at the uid's first sample")

  static let all =
    [
      container.definition, audio.definition, perUid.definition, gain.definition, pan.definition,
      loudness.definition, limit.definition, chapters.definition, waveform.definition,
      levels.definition, align.definition,
    ] + CommonKeys.all
}
