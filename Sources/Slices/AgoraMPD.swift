import Basics

/// What is known of Agora's MPDs, found without minding the elements it stands in.
///
/// Nobody has published one; this reads what Agora's own script looks for, line by line: a word
/// `audio` or `video` names the track of what follows, `media="…_<audio|video>_<utc>.webm"` is a
/// slice, `width= height= rotate= time=` a turn, `ExtDiscontinuity time=` a start after an absence.
struct AgoraMPD {
  private(set) var representations: [MPD.Representation] = []
  private var rotations: [(kind: TrackKind, tag: RotationTag)] = []
  private var starts: [TrackStart] = []

  init(scanning text: some StringProtocol) {
    var kind = TrackKind.video
    var files: [(kind: TrackKind, uri: String, utc: UTCTime)] = []
    var seen: Set<String> = []
    for tag in Tags(text) {
      if tag.text.contains("audio") { kind = .audio }
      if tag.text.contains("video") { kind = .video }
      if let uri = tag.attributes["media"], let name = SliceName(parsing: fileName(uri)),
        let utc = name.utc
      {
        kind = name.content?.kind ?? kind
        if seen.insert(uri).inserted { files.append((kind, uri, utc)) }
      } else if tag.name == "ExtDiscontinuity" {
        if let time = tag.attributes["time"].flatMap({ UTCTime(stamp: $0) }) {
          starts.append(TrackStart(kind: kind, time: time))
        }
      } else if let turn = RotationTag(attributes: tag.attributes), tag.name != "rushes:Rotation" {
        rotations.append((kind, turn))
      }
    }
    let zero = files.map(\.utc).min() ?? UTCTime(milliseconds: 0)
    for (set, kind) in TrackKind.allCases.enumerated() {
      let segments = files.filter { $0.kind == kind }.map { file in
        MPD.Segment(
          media: IndexReference(uri: file.uri), start: file.utc - zero, duration: nil,
          utc: file.utc)
      }
      guard !segments.isEmpty else { continue }
      var it = MPD.Representation(
        id: kind.rawValue, set: set, kind: kind, mimeType: "\(kind.rawValue)/webm",
        segments: segments)
      mark(&it)
      representations.append(it)
    }
  }

  /// Whether the element or one in it tells what only Agora's MPDs tell.
  static func isIn(_ element: XMLElement) -> Bool {
    element.name == "ExtDiscontinuity"
      || element["rotate"] != nil && element.name != "rushes:Rotation"
      || element.elements.contains(where: isIn)
  }

  /// Adds Agora's facts to an MPD whose files were found in the standard way.
  func add(to mpd: inout MPD) {
    for index in mpd.representations.indices { mark(&mpd.representations[index]) }
  }

  private func mark(_ it: inout MPD.Representation) {
    it.rotations += rotations.filter { $0.kind == it.kind }.map(\.tag)
    let times = Set(starts.filter { $0.kind == it.kind }.map(\.time))
    for index in it.segments.indices {
      if let utc = it.segments[index].utc, times.contains(utc) {
        it.segments[index].isDiscontinuous = true
      }
    }
  }
}

/// The tags of a text that looks like XML, whether it is well formed or not.
private struct Tags: Sequence, IteratorProtocol {
  struct Tag {
    var name: String
    var text: Substring
    var attributes: [String: String]
  }

  private var rest: Substring.UTF8View

  init(_ text: some StringProtocol) { rest = Substring(text).utf8 }

  mutating func next() -> Tag? {
    guard let open = rest.firstIndex(of: UInt8(ascii: "<")) else { return nil }
    let inside = rest[rest.index(after: open)...]
    let end =
      inside.firstIndex { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }
      ?? inside.endIndex
    rest = rest[end...]
    let text = Substring(inside[..<end])
    let name = text.utf8.prefix { $0 > 32 && $0 != UInt8(ascii: "/") }
    return Tag(name: String(Substring(name)), text: text, attributes: Self.attributes(text))
  }

  /// Reads every `name="value"`.
  private static func attributes(_ text: Substring) -> [String: String] {
    var attributes: [String: String] = [:]
    let parts = text.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
      .map { Substring($0) }
    for index in stride(from: 0, to: parts.count - 1, by: 2) {
      let before = parts[index].trimmedLines
      guard before.utf8.last == UInt8(ascii: "=") else { continue }
      let name = before.dropLast().trimmedLines.split { $0.isWhitespace }.last
      if let name { attributes[String(name)] = String(parts[index + 1]) }
    }
    return attributes
  }
}

extension Substring {
  /// Without white space at both ends, line ends included.
  var trimmedLines: Substring {
    var bytes = utf8[...].drop { $0 <= 32 }
    while let last = bytes.last, last <= 32 { bytes = bytes.dropLast() }
    return Substring(bytes)
  }
}
