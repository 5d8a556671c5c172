import Basics
import Documents
import Plan
import Testing

@testable import Recipes

/// The body of a request with these fields in `clientRequest`, from line 1, column 50.
private func body(_ fields: String, _ top: String = #""uid": "1", "cname": "class""#) -> String {
  "{\(top), \"clientRequest\": {\(fields)}}"
}

/// What a request asks for, in the words of recipes.
private func steps(_ text: String) -> [String] {
  guard let root = Document(reading: Array(text.utf8), file: "r.json").root else { return [] }
  var reader = RecipeReader(
    checker: Checker(
      variables: Variables(given: [:], environment: { _ in nil }), folder: ""))
  let request = reader.serviceRequest(root)
  return reader.steps(of: request).map { $0.line }
}

extension Node {
  /// The tree as JSON, without places.
  fileprivate var line: String {
    switch value {
    case .list(let items): "[\(items.map(\.line).joined(separator: ", "))]"
    case .mapping(let entries):
      "{\(entries.map { "\($0.key): \($0.value.line)" }.joined(separator: ", "))}"
    default: scalarText ?? ""
    }
  }
}

private func errors(_ text: String) -> [String] {
  Recipe.read(Array(text.utf8), file: "r.json", RecipeInputs()).problems.errors.map(\.message)
}

private func warnings(_ text: String) -> [String] {
  Recipe.read(Array(text.utf8), file: "r.json", RecipeInputs()).problems.warnings.map(\.message)
}

private let lists = #""subscribeVideoUids": ["12", "34"], "subscribeAudioUids": ["12", "56"]"#
private let storage =
  #""storageConfig": {"vendor": 2, "region": 3, "bucket": "lessons", "#
  + #""accessKey": "AKIASECRET", "secretKey": "VERYSECRET", "fileNamePrefix": ["a", "b"]}"#

@Suite struct RequestTests {
  /// The kinds of request that the services' pages show.
  @Test(arguments: [
    // Audio and video of all, in one picture.
    (
      body(
        #""recordingConfig": {"streamMode": "default", "streamTypes": 2, "subscribeUidGroup": 0, "#
          + #""transcodingConfig": {"height": 640, "width": 360, "bitrate": 500, "fps": 15, "#
          + ##""mixedVideoLayout": 1, "backgroundColor": "#FF0000"}, \##(lists)}, "##
          + #""recordingFileConfig": {"avFileType": ["hls"]}, \#(storage)"#),
      ["{compose: {}}"]
    ),
    // Snapshots only.
    (
      body(
        #""recordingConfig": {"streamTypes": 2}, "#
          + #""snapshotConfig": {"captureInterval": 5, "fileType": ["jpg"]}"#),
      ["{snapshot: {interval: 5}}"]
    ),
    // Snapshots beside a recording.
    (
      body(
        #""recordingConfig": {"streamTypes": 1}, "snapshotConfig": {"captureInterval": "5"}, "#
          + #""recordingFileConfig": {"avFileType": ["hls"]}"#),
      ["{snapshot: {interval: 5}}", "{merge: {format: m3u8, tracks: video}}"]
    ),
    // Sound as it was sent.
    (
      body(
        #""recordingConfig": {"streamTypes": 0, "streamMode": "original", "#
          + #""subscribeAudioUids": ["12", "34"], "subscribeUidGroup": 0}"#),
      ["{merge: {format: m3u8, tracks: audio, uids: [12, 34]}}"]
    ),
    // The same, mixed afterwards.
    (
      body(
        #""appsCollection": {"combinationPolicy": "postpone_transcoding"}, "#
          + #""recordingConfig": {"streamTypes": 0, "streamMode": "original", "#
          + #""subscribeAudioUids": ["12", "34"]}, "transcodeOptions": {"#
          + #""container": {"format": "m4a"}, "transConfig": {"transMode": "audioMix"}, "#
          + #""audio": {"sampleRate": "32000", "bitrate": "48000", "channels": "1"}}"#),
      [
        "{mix: {container: m4a, audio: {sampleRate: 32000, bitrate: 48, channels: 1}, "
          + "uids: [12, 34]}}"
      ]
    ),
    // Values that an example leaves to be filled in.
    (
      body(
        #""appsCollection": {"combinationPolicy": "postpone_transcoding"}, "#
          + #""recordingConfig": {"streamTypes": 0, "streamMode": "original"}, "#
          + #""transcodeOptions": {"transConfig": {"transMode": "audioMix"}, "#
          + #""audio": {"sampleRate": "xxxx", "bitrate": "xxxx", "channels": "xxxx"}}"#),
      ["{mix: {container: mp3, audio: {bitrate: 48}}}"]
    ),
    // One file of each uid afterwards.
    (
      body(
        #""appsCollection": {"combinationPolicy": "postpone_transcoding"}, "#
          + #""recordingConfig": {"streamTypes": 2, "videoStreamType": 1, \#(lists)}"#),
      [
        "{transcode: {container: mp4, maxDuration: 7200, uids: [12, 56, 34]}}"
      ]
    ),
    // Kingsoft's one picture of all.
    (
      body(
        #""recordingConfig": {"audioProfile": 1, "channelType": 1, "transcodingConfig": {"#
          + #""width": 360, "height": 640, "fps": 30, "bitrate": 600, "mixedVideolayout": 0}}, "#
          + #""recodingFileConfig": {"avFileType": ["hls", "mp4"]}"#,
        #""appId": "a", "cname": "class", "uid": "1", "mode": "mix""#),
      ["{compose: {}}"]
    ),
    // Sound alone of all is a mix.
    (
      body(
        #""recordingConfig": {"streamTypes": 0, "audioProfile": 2}"#,
        #""appId": "a", "cname": "class", "uid": "1", "mode": "mix""#),
      ["{mix: {container: m4a, audio: {bitrate: 192, channels: 2}}}"]
    ),
    // … in more detail.
    (
      body(
        #""recordingConfig": {"streamTypes": 0, "audioProfile": 0, "transcodingConfig": {"#
          + #""width": 360, "height": 640, "fps": 30, "bitrate": 600, "audioSampleRate": 44100, "#
          + #""audioBitrate": 64, "audioChannels": 5}}"#,
        #""appId": "a", "cname": "class", "uid": "1", "mode": "mix""#),
      ["{mix: {container: m4a, audio: {sampleRate: 44100, bitrate: 64, channels: 2}}}"]
    ),
    // Who is left out of both lists, and of one alone.
    (
      body(
        #""recordingConfig": {"streamTypes": 2, "streamMode": "standard", "#
          + #""unSubscribeAudioUids": ["1", "2"], "unSubscribeVideoUids": [2, 3]}"#),
      ["{merge: {format: m3u8, excludeUids: [2]}}"]
    ),
    (
      body(
        ##""recordingConfig": {"streamMode": "standard", "subscribeVideoUids": ["#allstream#"]}"##),
      ["{merge: {format: m3u8, tracks: video}}"]
    ),
  ])
  func requestsAskForSteps(text: String, expected: [String]) {
    #expect(steps(text) == expected)
    #expect(errors(text).allSatisfy { $0.hasSuffix("is not available yet") })
  }

  @Test func whatNothingMakesYetIsToldAtItsField() {
    let text = body(
      #""recordingConfig": {"transcodingConfig": {"width": 360, "height": 640, "#
        + #""fps": 15, "bitrate": 500}}"#)
    let problems = Recipe.read(Array(text.utf8), file: "r.json", RecipeInputs()).problems
    #expect(problems.errors.map(\.description) == ["r.json:1:91: 'compose' is not available yet"])
    #expect(problems.code == .unavailable)
    let web = body(
      #""extensionServiceConfig": {"extensionServices": [{"serviceName": "web_recorder_service"}]}"#
    )
    #expect(errors(web) == ["recording a web page is not available yet"])
  }

  @Test(arguments: [
    (
      #""recordingConfig": {"maxIdleTime": 4}"#,
      ["'maxIdleTime' must be from 5 to 2592000, found 4"]
    ),
    (
      #""recordingConfig": {"streamTypes": 3}"#, ["'streamTypes' must be from 0 to 2, found 3"]
    ),
    (
      #""recordingConfig": {"transcodingConfig": {"width": 1920, "height": 1200}}"#,
      [
        "'fps' is missing in 'transcodingConfig'", "'bitrate' is missing in 'transcodingConfig'",
        "'width' times 'height' must be at most 1920 x 1080, found 1920 x 1200",
      ]
    ),
    (
      #""recordingConfig": {"transcodingConfig": {"width": 1921, "height": 1, "fps": 15, "#
        + #""bitrate": 1, "mixedVideoLayout": 3, "backgroundColor": "red"}}"#,
      [
        "'width' must be from 1 to 1920, found 1921",
        "'width' is missing in 'transcodingConfig'",
        "'mixedVideoLayout' 3 needs 'layoutConfig'",
        "'backgroundColor' must be # and six hexadecimal digits, found \"red\"",
      ]
    ),
    (
      #""recordingConfig": {"subscribeAudioUids": ["1"], "unSubscribeAudioUids": ["2"]}"#,
      ["'subscribeAudioUids' and 'unSubscribeAudioUids' exclude each other"]
    ),
    (
      #""recordingConfig": {"streamTypes": 0, "subscribeVideoUids": ["1"]}"#,
      ["a list of video uids cannot stand with 'streamTypes' 0"]
    ),
    (
      #""recordingConfig": {"streamMode": "original"}"#,
      ["'streamMode' 'original' needs 'streamTypes' 0"]
    ),
    (
      #""appsCollection": {"combinationPolicy": "postpone_transcoding"}, "transcodeOptions": {}"#,
      ["'transMode' is missing in 'transcodeOptions'"]
    ),
    (
      #""appsCollection": {"combinationPolicy": "postpone_transcoding"}, "transcodeOptions": "#
        + #"{"transConfig": {"transMode": "audioMix"}, "audio": {"bitrate": 64, "channels": 3, "#
        + #""sampleRate": "44100"}, "container": {"format": "mp4"}}"#,
      [
        "'bitrate' must be 48000 or 48, found 64",
        "'channels' must be 1 or 2, found 3",
        "'sampleRate' must be 48000, 32000 or 16000, found 44100",
        "'audioMix' needs 'streamTypes' 0 and 'streamMode' 'original'",
        #"'format' must be 'mp3', 'm4a' or 'aac' for 'audioMix', found "mp4""#,
      ]
    ),
    (
      #""recordingFileConfig": {"avFileType": ["mp4"]}"#,
      ["'avFileType' with 'mp4' must hold 'hls' too"]
    ),
    (
      #""snapshotConfig": {"captureInterval": 3601, "fileType": ["png"]}"#,
      [
        "'captureInterval' must be from 1 to 3600, found 3601",
        #"'fileType' must be 'jpg', found "png""#,
      ]
    ),
    (
      #""snapshotConfig": {}, "recordingConfig": {"streamTypes": 0}"#,
      ["'snapshotConfig' needs 'streamTypes' 1 or 2"]
    ),
    (
      #""snapshotConfig": {}, "recordingConfig": {"subscribeAudioUids": ["1"]}"#,
      ["'subscribeAudioUids' with 'snapshotConfig' needs 'subscribeVideoUids'"]
    ),
    (
      #""storageConfig": {"fileNamePrefix": ["a_b"], "vendor": 12}"#,
      [
        "'vendor' must be from 0 to 11, found 12",
        #"'fileNamePrefix' takes letters and digits only, found "a_b""#,
      ]
    ),
    (
      #""extensionServiceConfig": {"extensionServices": [{"serviceParam": {"videoFps": 61}}]}"#,
      ["recording a web page is not available yet", "'videoFps' must be from 5 to 60, found 61"]
    ),
  ])
  func whatIsOutOfRangeIsTold(fields: String, expected: [String]) {
    #expect(Set(errors(body(fields))) == Set(expected))
  }

  @Test func theServicesHaveTheirOwnRanges() {
    let kingsoft = #""appId": "a", "cname": "c", "uid": "1""#
    let interval = #""snapshotConfig": {"captureInterval": 4}"#
    #expect(
      errors(body(interval, kingsoft)).contains(
        "'captureInterval' must be from 5 to 3600, found 4"))
    let sound =
      #""recordingConfig": {"transcodingConfig": {"width": 1, "height": 1, "fps": 1, "#
      + #""bitrate": 1, "audioChannels": 6, "videoCodecProfile": 65, "videoCodecType": 3}}"#
    #expect(
      Set(errors(body(sound, kingsoft))).isSuperset(of: [
        "'audioChannels' must be from 1 to 5, found 6",
        "'videoCodecProfile' must be 66, 77 or 100, found 65",
        "'videoCodecType' must be from 1 to 2, found 3",
      ]))
  }

  @Test func fieldsWithoutMeaningAreTold() {
    let text = body(
      #""token": "TOPSECRET", "recordingConfig": {"streamTypes": 0, "streamMode": "original", "#
        + #""maxIdleTime": 30, "channelTipe": 1}, \#(storage)"#)
    #expect(
      warnings(text) == [
        "'uid' has no meaning offline", "'token' has no meaning offline",
        "'maxIdleTime' has no meaning offline",
        "unknown field 'channelTipe' in 'recordingConfig' is ignored "
          + "(did you mean 'channelType'?)",
        "outputs stay in the output folder; nothing is sent to 'storageConfig'",
        "'accessKey' has no meaning offline", "'secretKey' has no meaning offline",
      ])
  }

  @Test func whatBecomesAnotherIsTold() {
    let text = body(
      #""recordingConfig": {"streamTypes": 0, "transcodingConfig": {"width": 1, "height": 1, "#
        + #""fps": 1, "bitrate": 1, "audioChannels": 3, "audioCodecProfile": 1}}"#,
      #""appId": "a", "cname": "c", "mode": "mix""#)
    #expect(
      warnings(text).suffix(2) == [
        "'audioChannels' 3 become 2", "'audioCodecProfile' 1 (HE-AAC) becomes 0 (LC-AAC)",
      ])
  }

  @Test func secretsAreNowhere() {
    let text = body(
      #""token": ["TOPSECRET"], "recordingConfig": {"secret": "S3CRET", "streamTypes": 0, "#
        + #""streamMode": "original"}, \#(storage)"#)
    let read = Recipe.read(Array(text.utf8), file: "r.json", RecipeInputs())
    var shown = read.problems.all.map(\.description).joined(separator: "\n")
    dump(read.recipe, to: &shown)
    for secret in ["AKIASECRET", "VERYSECRET", "TOPSECRET", "S3CRET"] {
      #expect(!shown.contains(secret))
    }
    #expect(shown.contains("'token' must be a text"))
  }
}
