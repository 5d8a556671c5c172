/// The options of a `mix` step; the defaults are those of recipes.
package struct MixOptions: Hashable, Sendable {
  /// One file for each uid instead of one of all.
  package var perUid = false
  package var align = Alignment.session
  /// Samples per second: 48000, 44100, 32000 or 16000.
  package var sampleRate = 48_000
  /// In kbit/s; of no meaning for flac and wav.
  package var bitrate = 96
  /// One or two.
  package var channels = 2
  /// In dB, by uid.
  package var gain: [String: Double] = [:]
  /// From -1, all left, to 1, all right, by uid.
  package var pan: [String: Double] = [:]
  /// What the whole is brought to, in LUFS; nil leaves it as it is.
  package var loudness: Double?
  /// What the true peak does not exceed, in dBTP.
  package var limit = -1.0
  /// Chapters where somebody comes or leaves, in m4a and mp3.
  package var chapters = false
  /// A picture of the sound beside the file.
  package var waveform = false
  /// How loud each uid is in each second, as JSON beside the file.
  package var levels = false

  package init() {}

  /// What of it decides the samples before they are encoded; nil where the whole must be heard first,
  /// or each voice is measured.
  package var sound: MixOptions? {
    guard loudness == nil, !levels else { return nil }
    var sound = MixOptions()
    (sound.sampleRate, sound.channels) = (sampleRate, channels)
    (sound.gain, sound.pan, sound.limit) = (gain, pan, limit)
    return sound
  }
}
