import Basics
import Documents

extension RecipeReader {
  /// The rules between the fields of a request.
  mutating func check(_ request: ServiceRequest) {
    if request.mode == .web {
      checker.problems.unavailable(
        at: request["extensionServiceConfig"]?.place ?? request.place, "recording a web page")
    }
    checkStreams(request)
    checkUidLists(request)
    checkCanvas(request)
    checkPostponed(request)
    checkSnapshots(request)
    checkStorage(request)
    let types = request.fileTypes
    if request.service == .agora, types.contains("mp4") {
      if !types.contains("hls") {
        error(request["recordingFileConfig"], "'avFileType' with 'mp4' must hold 'hls' too")
      }
      if request.mode == .individual {
        error(request["recordingFileConfig"], "'mp4' needs the mode 'mix' or 'web'")
      }
    }
  }

  private mutating func error(_ node: Node?, _ message: String) {
    checker.problems.add(at: node?.place, message)
  }

  private mutating func checkStreams(_ request: ServiceRequest) {
    let mode = request["recordingConfig", "streamMode"]
    if mode?.scalarText == "original", request.streamTypes != 0, request.mode == .individual {
      error(mode, "'streamMode' 'original' needs 'streamTypes' 0")
    }
    if request.mode == .individual, let profile = request["recordingConfig", "audioProfile"] {
      checker.problems.warn(
        at: profile.place, "'audioProfile' has no meaning in the mode 'individual'")
    }
  }

  private mutating func checkUidLists(_ request: ServiceRequest) {
    for (kind, without) in [("Audio", 1), ("Video", 0)] {
      let taken = request["recordingConfig", "subscribe\(kind)Uids"]
      let left = request["recordingConfig", "unSubscribe\(kind)Uids"]
      if taken != nil, let left {
        error(left, "'subscribe\(kind)Uids' and 'unSubscribe\(kind)Uids' exclude each other")
      }
      if request.streamTypes == without, let list = taken ?? left {
        error(
          list, "a list of \(kind.lowercased()) uids cannot stand with 'streamTypes' \(without)")
      }
    }
  }

  private mutating func checkCanvas(_ request: ServiceRequest) {
    guard let canvas = request["recordingConfig", "transcodingConfig"] else { return }
    if request.mode == .individual {
      error(canvas, "'transcodingConfig' needs the mode 'mix'")
    }
    for name in ["width", "height", "fps", "bitrate"] where canvas[name] == nil {
      error(canvas, "'\(name)' is missing in 'transcodingConfig'")
    }
    func number(_ name: String) -> Double? {
      if case .number(let number, _) = canvas[name]?.value { number } else { nil }
    }
    if let width = number("width"), let height = number("height"), width * height > 1920 * 1080 {
      error(
        canvas["width"],
        "'width' times 'height' must be at most 1920 x 1080, found \(plain(width)) x "
          + plain(height))
    }
    if number("mixedVideoLayout") == 3, canvas["layoutConfig"] == nil {
      error(canvas["mixedVideoLayout"], "'mixedVideoLayout' 3 needs 'layoutConfig'")
    }
    if canvas["maxResolutionUid"]?.scalarText == "0" {
      error(canvas["maxResolutionUid"], "'maxResolutionUid' cannot be 0")
    }
    if let color = canvas["backgroundColor"], let text = color.scalarText, !isColor(text) {
      error(color, "'backgroundColor' must be # and six hexadecimal digits, found \(color.found)")
    }
    if let channels = number("audioChannels"), channels > 2 {
      checker.problems.warn(
        at: canvas["audioChannels"]?.place, "'audioChannels' \(plain(channels)) become 2")
    }
    if number("audioCodecProfile") == 1 {
      checker.problems.warn(
        at: canvas["audioCodecProfile"]?.place, "'audioCodecProfile' 1 (HE-AAC) becomes 0 (LC-AAC)")
    }
    if case .list(let items) = canvas["layoutConfig"]?.value {
      for item in items { checkPosition(item) }
    }
  }

  private mutating func checkPosition(_ item: Node) {
    for (start, length) in [("x_axis", "width"), ("y_axis", "height")] {
      guard case .number(let from, _) = item[start]?.value,
        case .number(let size, _) = item[length]?.value
      else {
        error(item, "'\(start)' and '\(length)' are needed in 'layoutConfig'")
        continue
      }
      if from + size > 1.000_001 {
        error(item[start], "'\(start)' and '\(length)' together must be at most 1")
      }
    }
  }

  private func isColor(_ text: String) -> Bool {
    text.first == "#" && text.utf8.count == 7 && text.dropFirst().allSatisfy(\.isHexDigit)
  }

  private mutating func checkPostponed(_ request: ServiceRequest) {
    guard let options = request["transcodeOptions"] else { return }
    if !request.isPostponed {
      error(options, "'transcodeOptions' needs 'combinationPolicy' 'postpone_transcoding'")
    }
    let format = request["transcodeOptions", "container", "format"]
    switch request.text("transcodeOptions", "transConfig", "transMode") {
    case nil: error(options, "'transMode' is missing in 'transcodeOptions'")
    case "audioMix":
      if request.streamTypes != 0
        || request.text("recordingConfig", "streamMode") != "original"
      {
        error(options, "'audioMix' needs 'streamTypes' 0 and 'streamMode' 'original'")
      }
      if format?.scalarText == "mp4" {
        error(format, #"'format' must be 'mp3', 'm4a' or 'aac' for 'audioMix', found "mp4""#)
      }
    default:
      if let format, format.scalarText != "mp4" {
        error(format, "'format' must be 'mp4' for 'postponeTranscoding', found \(format.found)")
      }
    }
  }

  private mutating func checkSnapshots(_ request: ServiceRequest) {
    guard let snapshots = request["snapshotConfig"] else { return }
    if request.mode != .individual, request.service == .agora {
      error(snapshots, "'snapshotConfig' needs the mode 'individual'")
    }
    if request.streamTypes == 0 { error(snapshots, "'snapshotConfig' needs 'streamTypes' 1 or 2") }
    let recording = request["recordingConfig"]
    if recording?["subscribeAudioUids"] != nil, recording?["subscribeVideoUids"] == nil {
      error(
        recording?["subscribeAudioUids"],
        "'subscribeAudioUids' with 'snapshotConfig' needs 'subscribeVideoUids'")
    }
  }

  private mutating func checkStorage(_ request: ServiceRequest) {
    guard let storage = request["storageConfig"] else { return }
    checker.problems.warn(
      at: storage.place, "outputs stay in the output folder; nothing is sent to 'storageConfig'")
    guard let prefix = storage["fileNamePrefix"], case .list(let items) = prefix.value else {
      return
    }
    for item in items {
      if let text = item.scalarText,
        !text.utf8.allSatisfy({ $0 < 0x80 && Character(Unicode.Scalar($0)).isLetterOrDigit })
      {
        error(item, "'fileNamePrefix' takes letters and digits only, found \(item.found)")
      }
    }
    let length = items.reduce(0) { $0 + ($1.scalarText?.utf8.count ?? 0) + 1 }
    if length > 128 {
      error(prefix, "'fileNamePrefix' must be at most 128 characters with its slashes")
    }
  }
}

extension Character {
  fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
