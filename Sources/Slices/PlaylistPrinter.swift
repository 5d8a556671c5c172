import Basics

extension MediaPlaylist {
  /// The whole file in canonical form.
  ///
  /// `targetDuration` is raised where an entry is longer (RFC 8216 §4.3.3.1).
  package var text: String {
    let longest = entries.map { Int(clamping: ($0.duration.milliseconds + 500) / 1000) }.max() ?? 0
    var text = Self.head(
      targetDuration: max(targetDuration ?? 0, longest), mediaSequence: mediaSequence, type: type,
      version: version)
    var previous: Entry?
    for entry in entries {
      text += entry.text(after: previous)
      previous = entry
    }
    return isEnded ? text + Self.end : text
  }

  /// What stands before the first entry.
  ///
  /// A growing index is `head`, then `Entry.text` for each slice, then `end` when it is complete.
  /// No entry may be longer than `targetDuration` when rounded to a second. `version` 3 is enough
  /// without byte ranges (4) and initialization sections (6).
  package static func head(
    targetDuration: Int, mediaSequence: Int = 0, type: String? = nil, version: Int = 3
  ) -> String {
    var text = "#EXTM3U\n#EXT-X-VERSION:\(version)\n#EXT-X-TARGETDURATION:\(targetDuration)\n"
    text += "#EXT-X-MEDIA-SEQUENCE:\(mediaSequence)\n"
    if let type { text += "#EXT-X-PLAYLIST-TYPE:\(type)\n" }
    return text
  }

  /// What stands after the last entry of a complete index.
  package static let end = "#EXT-X-ENDLIST\n"

  private var version: Int {
    if entries.contains(where: { $0.map != nil }) { return 6 }
    return entries.contains { $0.media.bytes != nil } ? 4 : 3
  }
}

extension MediaPlaylist.Entry {
  /// The lines of the entry: standard tags, then Agora's, then `EXTINF` and the file.
  ///
  /// The map and the key of `previous` are still in force.
  package func text(after previous: MediaPlaylist.Entry? = nil) -> String {
    var lines: [String] = []
    if isDiscontinuous { lines.append("#EXT-X-DISCONTINUITY") }
    if let utc { lines.append("#EXT-X-PROGRAM-DATE-TIME:\(utc)") }
    if let map, map != previous?.map {
      var list = AttributeList()
      list.quoted("URI", map.uri)
      if let bytes = map.bytes { list.quoted("BYTERANGE", M3U8.print(bytes)) }
      lines.append("#EXT-X-MAP:\(list.text)")
    }
    if key != previous?.key { lines.append("#EXT-X-KEY:\(key ?? "METHOD=NONE")") }
    if isGap { lines.append("#EXT-X-GAP") }
    if let bytes = media.bytes { lines.append("#EXT-X-BYTERANGE:\(M3U8.print(bytes))") }
    for start in starts {
      var list = AttributeList()
      list.plain("EVENT", "START")
      list.plain("TRACK_TYPE", start.kind.rawValue.uppercased())
      list.plain("TIME", start.time.digits)
      lines.append("#EXT-X-AGORA-TRACK-EVENT:\(list.text)")
    }
    for tag in rotations {
      var list = AttributeList()
      list.plain("WIDTH", "\(tag.width)")
      list.plain("HEIGHT", "\(tag.height)")
      list.plain("ROTATE", "\(tag.degrees)")
      list.plain("TIME", tag.time.digits)
      lines.append("#EXT-X-AGORA-ROTATE:\(list.text)")
    }
    lines.append("#EXTINF:\(M3U8.print(duration)),\(title)")
    lines.append(media.uri)
    return lines.map { $0 + "\n" }.joined()
  }
}

extension MultivariantPlaylist {
  /// The whole file in canonical form.
  package var text: String {
    var lines = ["#EXTM3U", "#EXT-X-VERSION:4", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rendition in renditions {
      var list = AttributeList()
      list.plain("TYPE", rendition.type)
      list.quoted("GROUP-ID", rendition.group)
      list.quoted("NAME", rendition.name)
      list.plain("DEFAULT", rendition.isDefault ? "YES" : "NO")
      // A default rendition must be selectable without asking (RFC 8216 §4.3.4.1).
      if rendition.isDefault { list.plain("AUTOSELECT", "YES") }
      if let uri = rendition.uri { list.quoted("URI", uri) }
      lines.append("#EXT-X-MEDIA:\(list.text)")
    }
    for variant in variants {
      var list = AttributeList()
      list.plain("BANDWIDTH", "\(variant.bandwidth)")
      if !variant.codecs.isEmpty { list.quoted("CODECS", variant.codecs) }
      if let width = variant.width, let height = variant.height {
        list.plain("RESOLUTION", "\(width)x\(height)")
      }
      if let group = variant.audioGroup { list.quoted("AUDIO", group) }
      if let group = variant.videoGroup { list.quoted("VIDEO", group) }
      lines += ["#EXT-X-STREAM-INF:\(list.text)", variant.uri]
    }
    return lines.map { $0 + "\n" }.joined()
  }
}

/// The parts that playlists are written with.
enum M3U8 {
  /// Seconds with six decimals, as Agora writes them.
  static func print(_ duration: MediaTime) -> String {
    let microseconds = max(0, duration.ticks(of: TimeBase(1, 1_000_000)))
    let fraction = String(microseconds % 1_000_000 + 1_000_000).dropFirst()
    return "\(microseconds / 1_000_000).\(fraction)"
  }

  /// As `length@offset`.
  static func print(_ bytes: Range<Int64>) -> String {
    "\(bytes.upperBound - bytes.lowerBound)@\(bytes.lowerBound)"
  }
}
