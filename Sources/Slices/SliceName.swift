package import Basics

/// The name of a file in an archive: an index, a slice, a snapshot, a mix or a merged file.
///
/// The names are those of Agora's cloud recording, in these two shapes:
///
///     [bak<n>_]<sid>_<cname>__uid_s_<uid>__uid_e_[<content>][_<tail>].<ext>
///     [bak<n>_]<sid>_<cname>[_<content>][_<tail>].<ext>
///
/// The first belongs to one participant, the second to the whole session. Parsing is strict, so
/// that `text` always gives back the name that was parsed.
package struct SliceName: Hashable, Sendable {
  /// What a file holds: one track, or both.
  package enum Content: String, Hashable, Sendable {
    case audio, video, av

    package init(_ kind: TrackKind) { self = kind == .audio ? .audio : .video }

    /// The kind of track, or nil when it is both.
    package var kind: TrackKind? { TrackKind(rawValue: rawValue) }
  }

  /// What follows the content.
  package enum Tail: Hashable, Sendable {
    case none
    /// When the slice starts, or when the picture was taken: 17 digits.
    case utc(UTCTime)
    /// The number of the file in a row of outputs, from 0.
    case index(Int)
    /// The `index`th version of an M3U8 that was uploaded to a backup store at `tick`.
    case update(tick: Int, index: Int)
  }

  /// The number of the failover recorder, the `n` of `bak<n>_`; nil for the first recorder.
  package var backup: Int?
  package var sid: String
  package var cname: String
  /// The participant; nil for a file of the whole session.
  package var uid: String?
  package var content: Content?
  package var tail: Tail
  /// Without the dot.
  package var ext: String

  package init(
    backup: Int? = nil, sid: String, cname: String, uid: String? = nil, content: Content? = nil,
    tail: Tail = .none, ext: String
  ) {
    self.backup = backup
    self.sid = sid
    self.cname = cname
    self.uid = uid
    self.content = content
    self.tail = tail
    self.ext = ext
  }

  /// The start of the slice, where the name tells it.
  package var utc: UTCTime? {
    if case .utc(let time) = tail { time } else { nil }
  }

  /// Whether the file lists slices rather than holds media.
  package var isIndex: Bool { ext == "m3u8" || ext == "mpd" }

  /// The file name.
  package var text: String {
    var text = backup.map { "bak\($0)_" } ?? ""
    text.reserveCapacity(160)
    text += sid
    text += "_"
    text += cname
    if let uid {
      text += Self.uidStart
      text += uid
      text += Self.uidEnd
    }
    var needsUnderscore = uid == nil
    func add(_ part: String) {
      if needsUnderscore { text += "_" }
      text += part
      needsUnderscore = true
    }
    if let content { add(content.rawValue) }
    switch tail {
    case .none: break
    case .utc(let time): add(time.digits)
    case .index(let index): add("\(index)")
    case .update(let tick, let index):
      add("\(tick)")
      add("\(index)")
    }
    text += "."
    text += ext
    return text
  }

  static let uidStart = "__uid_s_"
  static let uidEnd = "__uid_e_"
}

// MARK: - While it is written

extension SliceName {
  /// The name of a file while it is being written: hidden, so that no reader lists it.
  package static func unfinished(_ name: String) -> String { ".\(name).part" }

  /// The name that the unfinished file `name` was to get, or nil when it is no unfinished file.
  package static func finished(_ name: some StringProtocol) -> String? {
    guard name.hasPrefix("."), name.hasSuffix(".part"), name.utf8.count > 6 else { return nil }
    return String(name.dropFirst().dropLast(5))
  }
}

// MARK: - What may be in a name

extension SliceName {
  /// The longest file name that Linux file systems take, in bytes.
  private static let longestName = 255

  /// Why `uid` cannot be in a file name, or nil when it can.
  package static func problem(uid: String) -> String? { problem(of: uid) }

  /// Why `cname` cannot be in a file name, or nil when it can.
  package static func problem(cname: String) -> String? { problem(of: cname) }

  /// Why `sid` cannot be in a file name, or nil when it can.
  package static func problem(sid: String) -> String? {
    problem(of: sid) ?? (sid.utf8.contains(UInt8(ascii: "_")) ? "it contains '_'" : nil)
  }

  /// Why the three together cannot name slices, or nil when they can; the first problem counts.
  package static func problem(sid: String, cname: String, uid: String) -> String? {
    if let problem = problem(sid: sid) { return "sid '\(sid)': \(problem)" }
    if let problem = problem(cname: cname) { return "cname '\(cname)': \(problem)" }
    if let problem = problem(uid: uid) { return "uid '\(uid)': \(problem)" }
    let longest = SliceName(
      sid: sid, cname: cname, uid: uid, content: .video,
      tail: .utc(UTCTime(milliseconds: 0)), ext: "webm")
    let length = unfinished(longest.text).utf8.count
    guard length <= longestName else {
      return "its slices would have names of \(length) bytes, more than \(longestName)"
    }
    guard SliceName(parsing: longest.text) == longest else {
      return "sid '\(sid)', cname '\(cname)' and uid '\(uid)' cannot be told apart in a file name"
    }
    return nil
  }

  private static func problem(of text: String) -> String? {
    if text.isEmpty { return "it is empty" }
    if text.utf8.contains(UInt8(ascii: "/")) { return "it contains '/'" }
    if text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      return "it contains a control character"
    }
    for marker in [uidStart, uidEnd] where text.utf8.contains(marker.utf8) {
      return "it contains '\(marker)'"
    }
    return nil
  }
}
