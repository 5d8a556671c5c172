import Basics
import Documents
import Plan

/// A checked request for a recording, and what of it concerns the archive.
struct ServiceRequest {
  /// How the service was to record.
  enum Mode: String {
    case individual, mix, web
  }

  let service: RecordingService
  let mode: Mode
  /// The whole body, every field by its first name.
  let body: Node
  /// Where the body says what to do.
  let place: Place?

  subscript(_ path: String...) -> Node? {
    path.reduce(body["clientRequest"]) { node, key in node?[key] }
  }

  func number(_ path: String...) -> Double? {
    let node = path.reduce(body["clientRequest"]) { node, key in node?[key] }
    if case .number(let number, _) = node?.value { return number }
    return nil
  }

  func text(_ path: String...) -> String? {
    let node = path.reduce(body["clientRequest"]) { node, key in node?[key] }
    if case .string(let text) = node?.value { return text }
    return nil
  }

  /// 0 is audio, 1 video, 2 both.
  var streamTypes: Int { Int(number("recordingConfig", "streamTypes") ?? 2) }
  var isPostponed: Bool {
    text("appsCollection", "combinationPolicy") == "postpone_transcoding"
  }
  var fileTypes: [String] {
    guard case .list(let items) = self["recordingFileConfig", "avFileType"]?.value else {
      return []
    }
    return items.compactMap(\.scalarText)
  }
}

extension RecipeReader {
  /// Reads the body of Agora's `start` or of Kingsoft's `CloudRecordingStart`.
  ///
  /// Its steps are read as a recipe's own, at the places of the request's fields.
  mutating func request(_ root: Node, file: String) -> Recipe? {
    let request = serviceRequest(root)
    check(request)
    // What is wrong is told once, in the request's own words.
    let isRight = checker.problems.code != .data
    let steps = isRight ? self.steps(of: request).compactMap { step($0, mayMissUids: true) } : []
    let channel = request.body["cname"].flatMap { node in
      node.scalarText.map { Located($0, at: node.place) }
    }
    return Recipe(
      file: file, sessions: [], output: nil, steps: steps, channel: channel,
      storage: storage(of: request))
  }

  mutating func serviceRequest(_ root: Node) -> ServiceRequest {
    let service: RecordingService = root["appId"] == nil ? .agora : .kingsoft
    let body = fields(of: root, service.fields)
    return ServiceRequest(
      service: service, mode: mode(of: body), body: body,
      place: root.entries.first { $0.key == "clientRequest" }?.place)
  }

  /// Agora has the mode in the address of the request, which a file does not hold.
  private func mode(of body: Node) -> ServiceRequest.Mode {
    if let word = body["mode"]?.scalarText, let mode = ServiceRequest.Mode(rawValue: word) {
      return mode
    }
    let request = body["clientRequest"]
    let recording = request?["recordingConfig"]
    if request?["extensionServiceConfig"] != nil { return .web }
    if request?["snapshotConfig"] != nil || request?["appsCollection"] != nil { return .individual }
    if recording?["transcodingConfig"] != nil || recording?["audioProfile"] != nil { return .mix }
    let isIndividual = recording?["streamMode"] != nil || recording?["subscribeUidGroup"] != nil
    return isIndividual ? .individual : .mix
  }

  private func storage(of request: ServiceRequest) -> Storage? {
    guard let node = request["storageConfig"], let bucket = node["bucket"]?.scalarText else {
      return nil
    }
    var prefix: [String] = []
    if case .list(let items) = node["fileNamePrefix"]?.value {
      prefix = items.compactMap(\.scalarText)
    }
    return Storage(
      vendor: Int(request.number("storageConfig", "vendor") ?? 0),
      region: Int(request.number("storageConfig", "region") ?? 0), bucket: bucket, prefix: prefix)
  }
}
