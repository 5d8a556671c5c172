import Plan

/// The keys of a `record` step; names and ranges follow the recording services' `start` request.
enum RecordKeys {
  /// The keys of one source.
  enum Source {
    static let uid = Key<String?>.text("uid", as: .uid, "whom it records", isRequired: true)
    static let url = Key<String?>.text(
      "url", as: .location, "what libavformat opens, or a path", isRequired: true)
    static let realtime = Key<Bool>.flag(
      "realtime", false, "read a file or pipe at the pace of its timestamps")
    static let options = Key<[String: String]>.map(
      "options", "options of libavformat's protocols and demuxers")

    static let all = [uid.definition, url.definition, realtime.definition, options.definition]
  }

  /// How a recording lays out its slices.
  enum StreamMode: String, CaseIterable { case original }

  static let channel = Key<String?>.text("channel", "the session's name", isRequired: true)
  static let sources = Key<[Values]>.groups(
    "sources", of: Source.all, "whom to record, and from where", isRequired: true)
  static let streamTypes = Key<Int>.integer(
    "streamTypes", 2, in: 0...2, "0 records audio, 1 video, 2 both")
  static let streamMode = Key<StreamMode>.choice(
    "streamMode", .original, later: ["default", "standard"], "original keeps packets as sent")
  static let subscribeAudio = uids("subscribeAudioUids", "whose audio to record; without it all")
  static let unsubscribeAudio = uids("unsubscribeAudioUids", "whose audio not to record")
  static let subscribeVideo = uids("subscribeVideoUids", "whose video to record; without it all")
  static let unsubscribeVideo = uids("unsubscribeVideoUids", "whose video not to record")
  static let maxIdleTime = Key<Int>.integer(
    "maxIdleTime", 30, in: 5...2_592_000, unit: "seconds",
    "ends the recording when nobody has sent for so long")
  static let slice = Key<Double>.number(
    "slice", 15, in: 1...300, unit: "seconds", "cuts a slice after so long, at a key frame")

  static let all = [
    channel.definition, sources.definition, streamTypes.definition, streamMode.definition,
    subscribeAudio.definition, unsubscribeAudio.definition, subscribeVideo.definition,
    unsubscribeVideo.definition, maxIdleTime.definition, slice.definition,
    CommonKeys.output.definition,
  ]

  private static func uids(_ name: String, _ doc: String) -> Key<[Located<String>]?> {
    .texts(name, of: .uid, count: 1...32, doc)
  }
}
