import Basics

extension MPD {
  /// Reads an MPD: takes what it can, and says what it could not.
  ///
  /// Also read is the shape that Agora's own scripts expect, which nobody has described: an element
  /// a line, files by `media=`, turns by `rotate=`, starts by `ExtDiscontinuity`. Only a text that
  /// is neither gives nil.
  package static func parse(_ text: some StringProtocol) -> (mpd: MPD?, problems: [IndexProblem]) {
    let (root, xmlProblem) = XMLElement.parse(text)
    var parser = MPDParser(problems: xmlProblem.map { [$0] } ?? [])
    let mpd = root.flatMap { $0.name == "MPD" ? parser.read($0) : nil }
    if var mpd, mpd.representations.contains(where: { !$0.segments.isEmpty }) {
      if let root, AgoraMPD.isIn(root) { AgoraMPD(scanning: text).add(to: &mpd) }
      return (mpd, parser.problems)
    }
    let agora = AgoraMPD(scanning: text)
    if !agora.representations.isEmpty {
      return (MPD(representations: agora.representations), parser.problems)
    }
    if mpd == nil, parser.problems.isEmpty {
      parser.problems.append(IndexProblem(line: root?.line, "no MPD"))
    }
    return (mpd, parser.problems)
  }
}

private struct MPDParser {
  var problems: [IndexProblem]
  /// What an MPD of a few bytes can ask for has bounds.
  private var segmentsLeft = 100_000
  private var bytesLeft = 64 << 20

  init(problems: [IndexProblem]) { self.problems = problems }

  mutating func read(_ root: XMLElement) -> MPD {
    var mpd = MPD(
      isDynamic: root["type"] == "dynamic",
      availabilityStart: root["availabilityStartTime"].flatMap { UTCTime(iso: $0) },
      duration: root["mediaPresentationDuration"].flatMap { isoDuration($0) },
      representations: [])
    let periods = root.all("Period")
    let base = resolve(root, against: "")
    var start = MediaTime.zero
    for (index, period) in periods.enumerated() {
      start = period["start"].flatMap { isoDuration($0) } ?? start
      let next = index + 1 < periods.count ? periods[index + 1]["start"] : nil
      let end =
        period["duration"].flatMap { isoDuration($0) }.map { start + $0 }
        ?? next.flatMap { isoDuration($0) } ?? (index + 1 == periods.count ? mpd.duration : nil)
      let periodBase = resolve(period, against: base)
      for (number, set) in period.all("AdaptationSet").enumerated() {
        let setBase = resolve(set, against: periodBase)
        for element in set.all("Representation") {
          var it = representation(element, set)
          it.period = index
          it.periodStart = start
          it.set = number
          let url = resolve(element, against: setBase)
          addSegments(&it, [element, set, period], url, length: end.map { $0 - start })
          mpd.representations.append(it)
        }
      }
      start = end ?? start
    }
    if periods.isEmpty { complain(root, "no Period") }
    return mpd
  }

  private mutating func complain(_ element: XMLElement, _ message: String) {
    guard problems.count < 100 else { return }
    problems.append(IndexProblem(line: element.line, message))
  }

  private func representation(_ element: XMLElement, _ set: XMLElement) -> MPD.Representation {
    func attribute(_ name: String) -> String? { element[name] ?? set[name] }
    func number(_ name: String) -> Int? { attribute(name).flatMap { Int($0) } }
    let mimeType = attribute("mimeType") ?? ""
    let type = attribute("contentType") ?? String(mimeType.prefix { $0 != "/" })
    let channels =
      (element.first("AudioChannelConfiguration")
      ?? set.first("AudioChannelConfiguration"))?["value"].flatMap { Int($0) }
    let rate = attribute("audioSamplingRate").flatMap { text in
      Int(text.prefix { $0 != " " })
    }
    return MPD.Representation(
      id: element["id"] ?? "", kind: TrackKind(rawValue: type), mimeType: mimeType,
      codecs: attribute("codecs") ?? "", width: number("width"), height: number("height"),
      sampleRate: rate, channels: channels, bandwidth: max(0, number("bandwidth") ?? 0),
      segments: [],
      rotations: (set.elements + element.elements).compactMap(RotationTag.init(_:)))
  }

  /// Reads what of SegmentTemplate, SegmentList and SegmentBase is nearest; `levels` are the
  /// representation, its set and its period, each of which may complete the one before it.
  private mutating func addSegments(
    _ it: inout MPD.Representation, _ levels: [XMLElement], _ url: String, length: MediaTime?
  ) {
    guard segmentsLeft > 0 else { return }
    for level in levels {
      for name in ["SegmentTemplate", "SegmentList", "SegmentBase"] where level.first(name) != nil {
        let info = SegmentInfo(levels: levels.compactMap { $0.first(name) })
        let scale = info.number("timescale").map { Int($0) } ?? 1
        it.timescale = (1...Int(Int32.max)).contains(scale) ? scale : 1
        let clock = TimeBase(1, Int32(clamping: it.timescale))
        let offset = info.number("presentationTimeOffset") ?? 0
        it.presentationTimeOffset = MediaTime(ticks: offset, of: clock)
        let media = SegmentTimes(info: info, clock: clock, length: length, offset: offset)
        switch name {
        case "SegmentTemplate": addTemplate(&it, info, media, url)
        case "SegmentList": addList(&it, info, media, url)
        default: addWhole(&it, info, url, length: length)
        }
        return
      }
    }
    addWhole(&it, nil, url, length: length)
  }

  private mutating func addWhole(
    _ it: inout MPD.Representation, _ info: SegmentInfo?, _ url: String, length: MediaTime?
  ) {
    guard !url.isEmpty, url.utf8.last != UInt8(ascii: "/") else { return }
    // The initialization section of the same file is read with it.
    if let source = info?.child("Initialization")?["sourceURL"] {
      it.initialization = IndexReference(uri: join(url, source))
    }
    append(.init(media: .init(uri: url), start: it.periodStart, duration: length), to: &it)
  }

  private mutating func addList(
    _ it: inout MPD.Representation, _ info: SegmentInfo, _ times: SegmentTimes, _ url: String
  ) {
    if let element = info.child("Initialization") {
      it.initialization = IndexReference(
        uri: element["sourceURL"].map { join(url, $0) } ?? url,
        bytes: element["range"].flatMap { byteRange($0) })
    }
    let elements = info.list("SegmentURL")
    let spans = times.spans(limit: elements.count)
    for (index, element) in elements.enumerated() {
      let uri = element["media"].map { join(url, $0) } ?? url
      let range = element["mediaRange"].flatMap { byteRange($0) }
      if element["mediaRange"] != nil, range == nil {
        complain(element, "mediaRange '\(element["mediaRange"] ?? "")' is no range")
      }
      let span = index < spans.count ? spans[index] : nil
      var segment = MPD.Segment(
        media: IndexReference(uri: uri, bytes: range),
        start: it.periodStart
          + (span?.start ?? it.segments.last.map { $0.start - it.periodStart }
            ?? .zero),
        duration: span?.duration)
      segment.utc = element["rushes:utc"].flatMap { UTCTime(iso: $0) } ?? nameTime(uri)
      segment.isDiscontinuous = element["rushes:discontinuity"] == "true"
      guard append(segment, to: &it) else { return }
    }
  }

  private mutating func addTemplate(
    _ it: inout MPD.Representation, _ info: SegmentInfo, _ times: SegmentTimes, _ url: String
  ) {
    let names = MPDTemplate(id: it.id, bandwidth: it.bandwidth)
    if let template = info["initialization"] {
      it.initialization = IndexReference(
        uri: join(url, names.fill(template, number: nil, time: nil)))
    }
    guard let template = info["media"] else {
      if let element = info.levels.first { complain(element, "SegmentTemplate without media") }
      return
    }
    var number = info.number("startNumber") ?? 1
    let last = info.number("endNumber") ?? .max
    let spans = times.spans(limit: segmentsLeft + 1)
    if spans.isEmpty, let element = info.levels.first {
      complain(element, "nothing says how many segments there are")
    }
    for span in spans where number <= last {
      let uri = join(url, names.fill(template, number: number, time: span.ticks))
      let segment = MPD.Segment(
        media: IndexReference(uri: uri), start: it.periodStart + span.start,
        duration: span.duration, utc: nameTime(uri))
      guard append(segment, to: &it), number < .max else { return }
      number += 1
    }
  }

  @discardableResult
  private mutating func append(_ segment: MPD.Segment, to it: inout MPD.Representation) -> Bool {
    guard segmentsLeft > 0, bytesLeft > segment.media.uri.utf8.count else {
      if segmentsLeft != 0 || bytesLeft != 0 {
        problems.append(IndexProblem(line: nil, "too many segments; the rest is left out"))
      }
      (segmentsLeft, bytesLeft) = (0, 0)
      return false
    }
    segmentsLeft -= 1
    bytesLeft -= segment.media.uri.utf8.count
    it.segments.append(segment)
    return true
  }

  private func resolve(_ element: XMLElement, against base: String) -> String {
    let url = String((element.first("BaseURL")?.text ?? "")[...].trimmedLines)
    // The folder of the index itself, where names are resolved anyway.
    return join(base, url == "./" ? "" : url)
  }

  /// Resolves a reference against the base (RFC 3986 §5), leaving `.` and `..` as they are.
  private func join(_ base: String, _ reference: String) -> String {
    if reference.isEmpty { return base }
    let hasScheme = reference.prefix { $0 != "/" }.contains(":") && reference.contains("://")
    if base.isEmpty || hasScheme || reference.utf8.first == UInt8(ascii: "/") { return reference }
    guard let slash = base.utf8.lastIndex(of: UInt8(ascii: "/")) else { return reference }
    return base[...slash] + reference
  }

  /// Reads `first-last`, both included.
  private func byteRange(_ text: String) -> Range<Int64>? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 2, let first = parts[0], let last = parts[1], first >= 0, last >= first,
      last < .max
    else { return nil }
    return first..<last + 1
  }

  private func nameTime(_ uri: String) -> UTCTime? { SliceName(parsing: fileName(uri))?.utc }
}

extension RotationTag {
  /// Reads our own element, which is Agora's with a name.
  fileprivate init?(_ element: XMLElement) {
    guard element.name == "rushes:Rotation" else { return nil }
    self.init(attributes: element.attributes)
  }

  /// Reads `width`, `height`, `rotate` and `time`.
  init?(attributes: [String: String]) {
    guard let degrees = attributes["rotate"].flatMap({ Int($0) }),
      [0, 90, 180, 270].contains(degrees),
      let time = attributes["time"].flatMap({ UTCTime(stamp: $0) })
    else { return nil }
    self.init(
      width: max(0, attributes["width"].flatMap { Int($0) } ?? 0),
      height: max(0, attributes["height"].flatMap { Int($0) } ?? 0), degrees: degrees, time: time)
  }
}
