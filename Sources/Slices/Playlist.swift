package import Basics

/// An M3U8 file (RFC 8216): a list of slices, or a list of such lists.
package enum Playlist: Hashable, Sendable {
  case media(MediaPlaylist)
  case multivariant(MultivariantPlaylist)

  package var text: String {
    switch self {
    case .media(let playlist): playlist.text
    case .multivariant(let playlist): playlist.text
    }
  }
}

/// Something odd in a playlist or an MPD.
package struct IndexProblem: Hashable, Sendable {
  /// From 1; nil when it has no place.
  package var line: Int?
  package var message: String

  package init(line: Int?, _ message: String) {
    self.line = line
    self.message = message
  }
}

/// A stretch of a file that an index names.
package struct IndexReference: Hashable, Sendable {
  /// As it stands in the index, relative to it.
  package var uri: String
  /// The bytes that count; nil is the whole file.
  package var bytes: Range<Int64>?

  package init(uri: String, bytes: Range<Int64>? = nil) {
    self.uri = uri
    self.bytes = bytes
  }

  /// Whether it names something that no local file is.
  package var isRemote: Bool {
    guard let colon = uri.utf8.firstIndex(of: UInt8(ascii: ":")),
      uri.utf8[colon...].starts(with: "://".utf8), colon != uri.startIndex
    else { return false }
    let scheme = uri[..<colon]
    return !scheme.utf8.contains(UInt8(ascii: "/")) && scheme.lowercased() != "file"
  }

  /// The paths that it may mean in the folder `folder`, the likeliest first.
  ///
  /// Recording services write file names as they are, other programs with `%20` and the like, and
  /// with a query for a server.
  package func paths(in folder: String) -> [String] {
    let isOdd = uri.utf8.contains { byte in
      switch byte {
      case 0, UInt8(ascii: "%"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: ":"): true
      default: false
      }
    }
    if !isOdd, !uri.isEmpty {
      let isAbsolute = uri.utf8.first == UInt8(ascii: "/")
      return [
        isAbsolute || folder.isEmpty
          ? uri : folder.hasSuffix("/") ? folder + uri : "\(folder)/\(uri)"
      ]
    }
    var name = uri[...]
    if name.lowercased().hasPrefix("file://") { name = name.dropFirst(7) }
    let bare = name.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    let names = [String(name), percentDecoded(name), percentDecoded(Substring(bare))]
    let isAbsolute = name.utf8.first == UInt8(ascii: "/")
    let prefix = isAbsolute || folder.isEmpty ? "" : folder.hasSuffix("/") ? folder : folder + "/"
    return names.enumerated().filter { index, name in
      !name.isEmpty && !name.utf8.contains(0) && names.firstIndex(of: name) == index
    }.map { prefix + $0.element }
  }
}

/// The text with each `%` and its two hex digits replaced by the byte they mean (RFC 3986 §2.1).
private func percentDecoded(_ text: Substring) -> String {
  var bytes: [UInt8] = []
  var rest = text.utf8[...]
  while let byte = rest.popFirst() {
    let digits = Substring(rest.prefix(2))
    if byte == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
      let value = UInt8(digits, radix: 16)
    {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// `EXT-X-AGORA-ROTATE`: from `time` on, pictures are `width` × `height` pixels and must be turned
/// by `degrees` anticlockwise.
package struct RotationTag: Hashable, Sendable {
  package var width: Int
  package var height: Int
  /// 0, 90, 180 or 270.
  package var degrees: Int
  package var time: UTCTime

  package init(width: Int, height: Int, degrees: Int, time: UTCTime) {
    self.width = width
    self.height = height
    self.degrees = degrees
    self.time = time
  }

  package var rotation: Rotation { Rotation(time: time, degrees: degrees) }
}

/// `EXT-X-AGORA-TRACK-EVENT`: a track started at `time`, or started again after an absence.
package struct TrackStart: Hashable, Sendable {
  package var kind: TrackKind
  package var time: UTCTime

  package init(kind: TrackKind, time: UTCTime) {
    self.kind = kind
    self.time = time
  }
}

/// A media playlist (RFC 8216 §4.3.3) with the tags of Agora's recordings.
package struct MediaPlaylist: Hashable, Sendable {
  /// One slice.
  package struct Entry: Hashable, Sendable {
    package var media: IndexReference
    /// `EXTINF`, to the microsecond.
    package var duration: MediaTime
    /// The text after the comma of `EXTINF`.
    package var title: String
    /// `EXT-X-DISCONTINUITY`: timestamps or parameters may break here; it does not mean a gap.
    package var isDiscontinuous: Bool
    /// `EXT-X-PROGRAM-DATE-TIME`.
    package var utc: UTCTime?
    /// `EXT-X-MAP`, which stays in force until the next one.
    package var map: IndexReference?
    /// The attributes of `EXT-X-KEY`, which stays in force until the next one; nil in the clear.
    package var key: String?
    /// `EXT-X-GAP`: the slice is known to be absent.
    package var isGap: Bool
    package var starts: [TrackStart]
    package var rotations: [RotationTag]

    package init(
      media: IndexReference, duration: MediaTime, title: String = "", isDiscontinuous: Bool = false,
      utc: UTCTime? = nil, map: IndexReference? = nil, key: String? = nil, isGap: Bool = false,
      starts: [TrackStart] = [], rotations: [RotationTag] = []
    ) {
      self.media = media
      self.duration = duration
      self.title = title
      self.isDiscontinuous = isDiscontinuous
      self.utc = utc
      self.map = map
      self.key = key
      self.isGap = isGap
      self.starts = starts
      self.rotations = rotations
    }

    package var isEncrypted: Bool { key != nil }

    /// When the slice starts: by its name, else by `EXT-X-PROGRAM-DATE-TIME`.
    package var start: UTCTime? { SliceName(parsing: fileName(media.uri))?.utc ?? utc }
  }

  /// `EXT-X-TARGETDURATION` in seconds; nil when it is missing.
  package var targetDuration: Int?
  package var mediaSequence: Int
  /// `EXT-X-PLAYLIST-TYPE`: `VOD` or `EVENT`; nil for neither.
  package var type: String?
  package var entries: [Entry]
  /// `EXT-X-ENDLIST`: nothing more will come.
  package var isEnded: Bool

  package init(
    entries: [Entry], targetDuration: Int? = nil, mediaSequence: Int = 0, type: String? = nil,
    isEnded: Bool = true
  ) {
    self.entries = entries
    self.targetDuration = targetDuration
    self.mediaSequence = mediaSequence
    self.type = type
    self.isEnded = isEnded
  }
}

/// A multivariant playlist, also called master playlist (RFC 8216 §4.3.4).
package struct MultivariantPlaylist: Hashable, Sendable {
  /// `EXT-X-MEDIA`: an alternative, such as the audio that belongs to a variant's video.
  package struct Rendition: Hashable, Sendable {
    /// `AUDIO`, `VIDEO`, `SUBTITLES` or `CLOSED-CAPTIONS`.
    package var type: String
    package var group: String
    package var name: String
    package var isDefault: Bool
    /// Nil when the rendition is in the variant itself.
    package var uri: String?

    package init(
      type: String, group: String, name: String, isDefault: Bool = true, uri: String?
    ) {
      self.type = type
      self.group = group
      self.name = name
      self.isDefault = isDefault
      self.uri = uri
    }
  }

  /// `EXT-X-STREAM-INF`.
  package struct Variant: Hashable, Sendable {
    package var uri: String
    /// The peak, in bits per second.
    package var bandwidth: Int
    /// RFC 6381, as `avc1.64001f,mp4a.40.2`; empty when nobody knows.
    package var codecs: String
    package var width: Int?
    package var height: Int?
    /// The groups of `EXT-X-MEDIA` that go with it.
    package var audioGroup: String?
    package var videoGroup: String?

    package init(
      uri: String, bandwidth: Int, codecs: String = "", width: Int? = nil, height: Int? = nil,
      audioGroup: String? = nil, videoGroup: String? = nil
    ) {
      self.uri = uri
      self.bandwidth = bandwidth
      self.codecs = codecs
      self.width = width
      self.height = height
      self.audioGroup = audioGroup
      self.videoGroup = videoGroup
    }
  }

  package var renditions: [Rendition]
  package var variants: [Variant]

  package init(renditions: [Rendition] = [], variants: [Variant]) {
    self.renditions = renditions
    self.variants = variants
  }
}
