/// Whose request it is.
///
/// The two services spell the same fields, with other ranges.
enum RecordingService {
  case agora, kingsoft

  /// The fields of the body that starts a recording.
  var fields: [Field] {
    [
      .value("cname", .text), .value("uid", .text).idle, .value("appId", .text).idle,
      .value("resourceId", .text).idle, .choice("mode", "individual", "mix", "web"),
      .object(
        "clientRequest",
        [
          .secret("token"),
          .object(
            "appsCollection", [.choice("combinationPolicy", "default", "postpone_transcoding")]),
          .object("recordingConfig", recording),
          .object("transcodeOptions", postponed),
          .object(
            "recordingFileConfig",
            [
              .texts(
                "avFileType",
                .choice(["hls", "mp4"].map { ValueType.Choice(name: $0, isAvailable: true) }),
                upTo: 2)
            ], or: "recodingFileConfig"),
          .object(
            "snapshotConfig",
            [
              .integer(
                "captureInterval", self == .agora ? 1...3600 : 5...3600, unit: "seconds"),
              .texts(
                "fileType", .choice([ValueType.Choice(name: "jpg", isAvailable: true)]), upTo: 1),
            ]),
          .object("storageConfig", storage),
          .object("livePushConfig", [.texts("pushUrls", upTo: 100)]).idle,
          .object("extensionServiceConfig", extensions),
        ]),
    ]
  }

  private var recording: [Field] {
    let lists: [Field] = ["Audio", "Video"].flatMap { kind -> [Field] in
      [
        .texts(
          "subscribe\(kind)Uids", .uid, upTo: 32, or: "subscribe\(kind)Uid"),
        .texts("unSubscribe\(kind)Uids", .uid, upTo: 32, or: "unsubscribe\(kind)Uids"),
      ]
    }
    return [
      .integer("channelType", 0...1).idle, .integer("streamTypes", 0...2),
      .choice("streamMode", "default", "standard", "original"),
      .integer("decryptionMode", 0...8).idle, .secret("secret"), .secret("salt"),
      self == .agora ? .integer("audioProfile", 0...2) : .oneOf("audioProfile", 0, 1, 2, 48),
      .integer("videoStreamType", 0...1).idle,
      .integer("maxIdleTime", 5...2_592_000, unit: "seconds").idle,
      .object("transcodingConfig", canvas), .integer("subscribeUidGroup", 0...5).idle,
    ] + lists
  }

  /// The picture of all uids.
  private var canvas: [Field] {
    let position: [Field] = ["x_axis", "y_axis", "width", "height"].map { .number($0, 0...1) }
    let modes = self == .agora ? 0...1 : 1...2
    return [
      .integer("width", 1...1920, unit: "pixels"), .integer("height", 1...1920, unit: "pixels"),
      .integer("fps", 1...60), .integer("bitrate", 1...20_000, unit: "kbit/s"),
      .value("maxResolutionUid", .uid),
      .value("mixedVideoLayout", .integer(0...3, unit: ""), or: "mixedVideolayout"),
      .value("backgroundColor", .text), .value("backgroundImage", .text),
      .value("defaultUserBackgroundImage", .text),
      .list(
        "layoutConfig",
        [.value("uid", .uid)] + position + [
          .number("alpha", self == .agora ? 0...1 : 0...100), .integer("render_mode", modes),
        ], upTo: 17),
      .list(
        "backgroundConfig",
        [.value("uid", .uid), .value("image_url", .text), .integer("render_mode", modes)],
        upTo: 1000),
    ]
      + (self == .agora
        ? []
        : [
          .integer("videoGop", 1...10_000, unit: "frames"),
          .oneOf("videoCodecProfile", 66, 77, 100), .integer("videoCodecType", 1...2),
          .integer("audioSampleRate", 8000...96_000), .integer("audioBitrate", 8...512),
          .integer("audioChannels", 1...5), .integer("audioCodecProfile", 0...1),
        ])
  }

  /// What happens after the recording.
  private var postponed: [Field] {
    [
      .object("container", [.choice("format", "mp3", "m4a", "aac", "mp4")]),
      .object("transConfig", [.choice("transMode", "audioMix", "postponeTranscoding")]),
      .object(
        "audio",
        [
          .oneOf("sampleRate", 48_000, 32_000, 16_000),
          // The service's page says kbit/s and means bit/s; some requests say 48.
          .oneOf("bitrate", 48_000, 48), .oneOf("channels", 1, 2),
        ]),
    ]
  }

  private var storage: [Field] {
    [
      .integer("vendor", self == .agora ? 0...11 : 0...4), .integer("region", 0...1000),
      .value("bucket", .text), .secret("accessKey"), .secret("secretKey"), .secret("stsToken"),
      .integer("stsExpiration", 0...Int(Int32.max)).idle,
      .texts("fileNamePrefix", upTo: 64, or: "filenamePrefix"),
      .object(
        "extensionParams",
        [
          .choice("sse", "kms", "aes256"), .value("tag", .text), .value("endpoint", .text),
        ]
      ).idle,
    ]
  }

  private var extensions: [Field] {
    [
      .choice("errorHandlePolicy", "error_abort").idle, .value("apiVersion", .text).idle,
      .list(
        "extensionServices",
        [
          .value("serviceName", .text),
          .choice("errorHandlePolicy", "error_abort", "error_ignore").idle,
          .object(
            "serviceParam",
            [
              .value("url", .text).idle,
              .integer("videoBitrate", 50...8000, unit: "kbit/s"), .integer("videoFps", 5...60),
              .integer("audioProfile", 0...2), .value("mobile", .flag),
              .integer("videoWidth", 240...1920, unit: "pixels"),
              .integer("videoHeight", 240...1920, unit: "pixels"),
              .integer("maxRecordingHour", 1...720, unit: "hours"),
              .integer("maxVideoDuration", 30...240, unit: "minutes"),
              .value("onhold", .flag), .integer("readyTimeout", 0...60, unit: "seconds"),
              .list("outputs", [.secret("rtmpUrl")], upTo: 100),
            ]),
        ], upTo: 10),
    ]
  }
}
