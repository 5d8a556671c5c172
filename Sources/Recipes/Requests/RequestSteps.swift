import Basics
import Documents

extension RecipeReader {
  /// What a request asks for, in the words of recipes; every node stands where the request has it.
  func steps(of request: ServiceRequest) -> [Node] {
    switch request.mode {
    case .web: []
    case .mix: [request.streamTypes == 0 ? request.mixedSound : request.composition]
    case .individual: request.individual
    }
  }
}

extension ServiceRequest {
  fileprivate var individual: [Node] {
    var steps: [Node] = []
    if isPostponed {
      let isMix = text("transcodeOptions", "transConfig", "transMode") == "audioMix"
      steps.append(isMix ? postponedMix : postponedTranscoding)
    }
    if let snapshots = self["snapshotConfig"] {
      steps.append(
        step(
          "snapshot", at: snapshots.place,
          [snapshots["captureInterval"].map { ("interval", $0) }] + people("Video")))
    }
    // Without snapshots, or with file types beside them, the recording itself is asked for.
    if !isPostponed, self["snapshotConfig"] == nil || self["recordingFileConfig"] != nil {
      steps.append(recording)
    }
    return steps
  }

  /// One file per uid, as the service makes of the slices within a day.
  private var postponedTranscoding: Node {
    step(
      "transcode", at: self["appsCollection"]?.place,
      [
        ("container", plain(.string("mp4"))), ("maxDuration", plain(.number(7200, text: "7200"))),
      ] + people("Audio", "Video"))
  }

  private var postponedMix: Node {
    let options = self["transcodeOptions"]
    let audio = [
      ("sampleRate", options?["audio"]?["sampleRate"]),
      ("bitrate", Node(.number(48, text: "48"), at: options?["audio"]?["bitrate"]?.place ?? place)),
      ("channels", options?["audio"]?["channels"]),
    ]
    return step(
      "mix", at: options?.place,
      [
        ("container", options?["container"]?["format"] ?? plain(.string("mp3"))),
        ("audio", mapping(audio.map { name, node in node.map { (name, $0) } })),
      ] + people("Audio"))
  }

  /// The index of each uid that names all its slices.
  private var recording: Node {
    let node = self["recordingFileConfig"] ?? self["recordingConfig"]
    let format = fileTypes.contains("mp4") ? "mp4" : "m3u8"
    return step(
      "merge", at: node?.place ?? place,
      [("format", plain(.string(format))), tracks.map { ("tracks", plain(.string($0))) }]
        + people("Audio", "Video"))
  }

  /// What a subscription to one kind of media leaves: a list of audio uids alone takes no video.
  private var tracks: String? {
    let recording = self["recordingConfig"]
    let hasAudio = recording?["subscribeAudioUids"] != nil
    let hasVideo = recording?["subscribeVideoUids"] != nil
    switch streamTypes {
    case 0: return "audio"
    case 1: return "video"
    default: return hasAudio == hasVideo ? nil : hasAudio ? "audio" : "video"
    }
  }

  fileprivate var mixedSound: Node {
    let profile = self["recordingConfig", "audioProfile"]
    let (bitrate, channels) =
      switch number("recordingConfig", "audioProfile") {
      case 1: (128.0, 1.0)
      case 2: (192.0, 2.0)
      default: (48.0, 1.0)
      }
    func figure(_ value: Double, at node: Node?) -> Node {
      Node(.number(value, text: Recipes.plain(value)), at: node?.place ?? place)
    }
    // What stands beside the picture of all is more exact than the profile.
    let canvas = self["recordingConfig", "transcodingConfig"]
    let ownChannels = number("recordingConfig", "transcodingConfig", "audioChannels")
    return step(
      "mix", at: self["recordingConfig"]?.place ?? place,
      [
        ("container", plain(.string("m4a"))),
        (
          "audio",
          mapping([
            canvas?["audioSampleRate"].map { ("sampleRate", $0) },
            ("bitrate", canvas?["audioBitrate"] ?? figure(bitrate, at: profile)),
            (
              "channels",
              figure(min(2, ownChannels ?? channels), at: canvas?["audioChannels"] ?? profile)
            ),
          ])
        ),
      ] + people("Audio"))
  }

  /// Composing is defined, but not made yet; its keys come with it.
  fileprivate var composition: Node {
    let canvas = self["recordingConfig", "transcodingConfig"]
    return step("compose", at: canvas?.place ?? self["recordingConfig"]?.place ?? place, [])
  }

  // MARK: Parts of steps

  /// `uids` and `excludeUids` by the lists for these kinds of media.
  private func people(_ kinds: String...) -> [(String, Node)?] {
    let config = self["recordingConfig"]
    func uids(_ prefix: String) -> [[Node]] {
      kinds.compactMap { kind in
        guard let list = config?["\(prefix)\(kind)Uids"], case .list(let items) = list.value else {
          return nil
        }
        return items
      }
    }
    var seen: Set<String> = []
    let taken = uids("subscribe").joined().filter { seen.insert($0.scalarText ?? "").inserted }
    let lists = uids("unSubscribe").map { Set($0.compactMap(\.scalarText)) }
    // Whom one list leaves out and the other does not still has a track to take.
    let isLeft = { (uid: String) in lists.allSatisfy { $0.contains(uid) } }
    let count = kinds.filter { takes($0) }.count
    let left = uids("unSubscribe").first?.filter { isLeft($0.scalarText ?? "") } ?? []
    let takesAll = taken.isEmpty || seen.contains("#allstream#")
    return [
      takesAll ? nil : ("uids", Node(.list(Array(taken)), at: taken.first?.place)),
      left.isEmpty || lists.count < count
        ? nil : ("excludeUids", Node(.list(left), at: left.first?.place)),
    ]
  }

  private func takes(_ kind: String) -> Bool {
    streamTypes == 2 || streamTypes == (kind == "Audio" ? 0 : 1)
  }

  private func step(_ name: String, at place: Place?, _ entries: [(String, Node)?]) -> Node {
    let body = Node(mapping(entries).value, at: place)
    return Node(.mapping([Node.Entry(name, at: place, body)]), at: place)
  }

  private func mapping(_ entries: [(String, Node)?]) -> Node {
    Node(
      .mapping(entries.compactMap { $0.map { Node.Entry($0.0, at: $0.1.place, $0.1) } }), at: place)
  }

  /// A value that the service has by its own rules.
  private func plain(_ value: Node.Value) -> Node { Node(value, at: place) }
}
