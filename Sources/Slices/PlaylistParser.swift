import Basics

extension Playlist {
  /// Reads an M3U8 file: takes what it can, and says what it could not.
  ///
  /// Only a text that is no playlist at all gives nil.
  ///
  /// Taken without complaint: a byte order mark, any line ends, `EXTINF` without its comma (as
  /// Agora writes it), tags of a slice in any order, times of 17 digits and of 13, unknown tags.
  package static func parse(_ text: some StringProtocol)
    -> (playlist: Playlist?, problems: [IndexProblem])
  {
    var parser = PlaylistParser()
    var number = 0
    for line in Substring(text).utf8.split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    {
      number += 1
      var line = Substring(line).trimmed
      if number == 1, line.unicodeScalars.first == "\u{feff}" {
        line = Substring(line.unicodeScalars.dropFirst())
      }
      if number == 1, !line.hasPrefix("#EXTM3U") {
        return (nil, [IndexProblem(line: 1, "no playlist: it does not begin with '#EXTM3U'")])
      }
      if !line.isEmpty { parser.take(line, number) }
    }
    return parser.finish(lines: number)
  }
}

private struct PlaylistParser {
  private var media = MediaPlaylist(entries: [], isEnded: false)
  private var multivariant = MultivariantPlaylist(variants: [])
  private var problems: [IndexProblem] = []
  private var line = 0

  // What the tags have said of the entry that comes next.
  private var next = MediaPlaylist.Entry(media: IndexReference(uri: ""), duration: .zero)
  private var hasDuration = false
  private var variant: AttributeList?
  /// `BYTERANGE`, whose offset may be left out.
  private var range: (length: Int64, offset: Int64?)?

  mutating func take(_ text: Substring, _ number: Int) {
    line = number
    guard text.hasPrefix("#") else { return takeURI(String(text)) }
    guard text.hasPrefix("#EXT") else { return }
    let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
    let value = text[colon...].dropFirst().trimmed
    switch text[..<colon].trimmed {
    case "#EXTINF": takeDuration(value)
    case "#EXT-X-TARGETDURATION":
      media.targetDuration = seconds(value).map { Int($0.rounded(.up)) }
      if media.targetDuration == nil { complain("TARGETDURATION '\(value)' is no number") }
    case "#EXT-X-MEDIA-SEQUENCE":
      guard let number = Int(value), number >= 0 else {
        return complain("MEDIA-SEQUENCE '\(value)' is no number")
      }
      media.mediaSequence = number
    case "#EXT-X-PLAYLIST-TYPE": media.type = value.isEmpty ? nil : String(value)
    case "#EXT-X-ENDLIST": media.isEnded = true
    case "#EXT-X-DISCONTINUITY": next.isDiscontinuous = true
    case "#EXT-X-GAP": next.isGap = true
    case "#EXT-X-PROGRAM-DATE-TIME":
      next.utc = UTCTime(iso: value)
      if next.utc == nil { complain("PROGRAM-DATE-TIME '\(value)' is no date and time") }
    case "#EXT-X-BYTERANGE":
      range = byteRange(value)
      if range == nil { complain("BYTERANGE '\(value)' is no range") }
    case "#EXT-X-MAP": takeMap(AttributeList(parsing: value))
    case "#EXT-X-KEY":
      let list = AttributeList(parsing: value)
      next.key = list["METHOD"] == "NONE" ? nil : list.text
    case "#EXT-X-AGORA-TRACK-EVENT": takeStart(AttributeList(parsing: value))
    case "#EXT-X-AGORA-ROTATE": takeRotation(AttributeList(parsing: value))
    case "#EXT-X-STREAM-INF": variant = AttributeList(parsing: value)
    case "#EXT-X-MEDIA": takeRendition(AttributeList(parsing: value))
    default: break
    }
  }

  mutating func finish(lines: Int) -> (Playlist?, [IndexProblem]) {
    line = lines
    if hasDuration { complain("EXTINF without a file") }
    if variant != nil { complain("STREAM-INF without a file") }
    if !media.entries.isEmpty {
      // Agora may write the last tags before their slice is there.
      let last = media.entries.count - 1
      media.entries[last].rotations += next.rotations
      media.entries[last].starts += next.starts
    }
    guard !multivariant.variants.isEmpty || !multivariant.renditions.isEmpty else {
      return (.media(media), problems)
    }
    if !media.entries.isEmpty { complain("slices in a list of playlists are left out") }
    return (.multivariant(multivariant), problems)
  }

  private mutating func complain(_ message: String) {
    // A damaged file of many megabytes must not make as many problems.
    guard problems.count < 100 else { return }
    problems.append(IndexProblem(line: line, message))
  }

  private mutating func takeURI(_ uri: String) {
    if let list = variant {
      variant = nil
      return takeVariant(list, uri)
    }
    next.media = IndexReference(uri: uri)
    if let range {
      let previous = media.entries.last?.media
      let offset = range.offset ?? (previous?.uri == uri ? previous?.bytes?.upperBound : nil) ?? 0
      let (end, overflow) = offset.addingReportingOverflow(range.length)
      if overflow { complain("BYTERANGE is beyond any file") }
      next.media.bytes = overflow ? nil : offset..<end
    }
    if !hasDuration { complain("no EXTINF for '\(uri)'") }
    media.entries.append(next)
    let (map, key) = (next.map, next.key)
    next = MediaPlaylist.Entry(
      media: IndexReference(uri: ""), duration: .zero, map: map, key: key)
    range = nil
    hasDuration = false
  }

  private mutating func takeDuration(_ value: Substring) {
    let comma = value.utf8.firstIndex(of: UInt8(ascii: ",")) ?? value.endIndex
    hasDuration = true
    next.title = String(value[comma...].dropFirst())
    guard let seconds = seconds(value[..<comma].trimmed) else {
      next.duration = .zero
      return complain("EXTINF '\(value[..<comma])' is no length")
    }
    next.duration = MediaTime(seconds: seconds)
  }

  /// A decimal number from 0 to a million million.
  private func seconds(_ text: Substring) -> Double? {
    guard !text.isEmpty, text.utf8.count <= 40,
      text.utf8.allSatisfy({ (48...57).contains($0) || $0 == UInt8(ascii: ".") }),
      let value = Double(text), value <= 1e12
    else { return nil }
    return value
  }

  /// Reads `length[@offset]`.
  private func byteRange(_ text: Substring) -> (length: Int64, offset: Int64?)? {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let first = parts.first, let length = Int64(first),
      length >= 0
    else { return nil }
    guard parts.count == 2, let last = parts.last else { return (length, nil) }
    guard let offset = Int64(last), offset >= 0 else { return nil }
    return (length, offset)
  }

  private mutating func takeMap(_ list: AttributeList) {
    guard let uri = list["URI"] else { return complain("MAP without URI") }
    var map = IndexReference(uri: uri)
    if let text = list["BYTERANGE"] {
      guard let range = byteRange(text[...]) else {
        return complain("BYTERANGE '\(text)' of MAP is no range")
      }
      let offset = range.offset ?? 0
      let (end, overflow) = offset.addingReportingOverflow(range.length)
      map.bytes = overflow ? nil : offset..<end
    }
    next.map = map
  }

  private mutating func takeStart(_ list: AttributeList) {
    guard let kind = list["TRACK_TYPE"].flatMap({ TrackKind(rawValue: $0.lowercased()) }),
      let time = list["TIME"].flatMap({ UTCTime(stamp: $0) })
    else { return complain("TRACK-EVENT '\(list.text)' has no TRACK_TYPE or TIME that counts") }
    guard list["EVENT"] == "START" else {
      return complain("TRACK-EVENT '\(list["EVENT"] ?? "")' is unknown")
    }
    next.starts.append(TrackStart(kind: kind, time: time))
  }

  private mutating func takeRotation(_ list: AttributeList) {
    guard let degrees = list.number("ROTATE"), [0, 90, 180, 270].contains(degrees),
      let time = list["TIME"].flatMap({ UTCTime(stamp: $0) })
    else { return complain("ROTATE '\(list.text)' has no ROTATE or TIME that counts") }
    next.rotations.append(
      RotationTag(
        width: max(0, list.number("WIDTH") ?? 0), height: max(0, list.number("HEIGHT") ?? 0),
        degrees: degrees, time: time))
  }

  private mutating func takeRendition(_ list: AttributeList) {
    guard let type = list["TYPE"], let group = list["GROUP-ID"] else {
      return complain("MEDIA without TYPE or GROUP-ID")
    }
    multivariant.renditions.append(
      .init(
        type: type, group: group, name: list["NAME"] ?? "", isDefault: list["DEFAULT"] == "YES",
        uri: list["URI"]))
  }

  private mutating func takeVariant(_ list: AttributeList, _ uri: String) {
    let size = (list["RESOLUTION"] ?? "").split(separator: "x").compactMap { Int($0) }
    multivariant.variants.append(
      .init(
        uri: uri, bandwidth: max(0, list.number("BANDWIDTH") ?? 0), codecs: list["CODECS"] ?? "",
        width: size.count == 2 ? size.first : nil, height: size.count == 2 ? size.last : nil,
        audioGroup: list["AUDIO"], videoGroup: list["VIDEO"]))
  }
}
