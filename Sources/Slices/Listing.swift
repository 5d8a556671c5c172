import Basics

/// The names in a folder, sorted into sessions, tracks and indexes.
package struct Listing: Hashable, Sendable {
  /// One track of one participant, or of the whole session, as one recorder wrote it.
  package struct Key: Hashable, Sendable {
    /// Nil for what belongs to the whole session.
    package var uid: String?
    package var content: SliceName.Content?
    /// Of the recorder, as in `SliceName.backup`.
    package var backup: Int?

    package init(uid: String?, content: SliceName.Content?, backup: Int? = nil) {
      self.uid = uid
      self.content = content
      self.backup = backup
    }
  }

  /// The files of one track.
  package struct Files: Hashable, Sendable {
    package let key: Key
    /// M3U8 and MPD files, backup uploads too, sorted by name.
    package fileprivate(set) var indexes: [SliceName] = []
    /// Everything else: merged files, mixes.
    package fileprivate(set) var others: [SliceName] = []
    /// A day of many people has hundreds of thousands of slices, of which only the time is kept.
    fileprivate var times: [String: [UTCTime]] = [:]
    fileprivate let sid: String
    fileprivate let cname: String

    fileprivate init(of name: SliceName) {
      key = Key(uid: name.uid, content: name.content, backup: name.backup)
      sid = name.sid
      cname = name.cname
    }

    fileprivate mutating func add(_ name: SliceName) {
      switch name.tail {
      case _ where name.isIndex: indexes.append(name)
      case .utc(let time): times[name.ext, default: []].append(time)
      default: others.append(name)
      }
    }

    fileprivate mutating func sort() {
      indexes.sort { $0.text < $1.text }
      others.sort { $0.text < $1.text }
      for ending in times.keys { times[ending]?.sort() }
    }

    /// Slices and other files with the time of their start: those with one of `endings`, or all, in
    /// the order of their names.
    package func slices(endings: Set<String>? = nil) -> [SliceName] {
      let wanted = times.filter { endings?.contains($0.key) ?? true }.sorted { $0.key < $1.key }
      let names = wanted.flatMap { ending, times in
        times.map { time in
          SliceName(
            backup: key.backup, sid: sid, cname: cname, uid: key.uid, content: key.content,
            tail: .utc(time), ext: ending)
        }
      }
      guard wanted.count > 1 else { return names }
      return names.map { (text: $0.text, name: $0) }.sorted { $0.text < $1.text }.map(\.name)
    }

    package func hasSlices(endings: Set<String>? = nil) -> Bool {
      times.keys.contains { endings?.contains($0) ?? true }
    }
  }

  /// The files of one recording of one channel.
  package struct Recording: Hashable, Sendable {
    package var sid: String
    package var cname: String
    /// Sorted by uid (those of the whole session first), content and recorder.
    package var tracks: [Files]
  }

  /// Sorted by sid and channel.
  package var recordings: [Recording]
  /// Files that were being written when a recorder ended, by their final names, sorted.
  package var unfinished: [SliceName]
  /// What has no name of an archive, sorted.
  package var strangers: [String]

  private struct Place: Hashable {
    var sid: String
    var cname: String
    var key: Key

    init(_ name: SliceName) {
      sid = name.sid
      cname = name.cname
      key = Key(uid: name.uid, content: name.content, backup: name.backup)
    }
  }

  /// Sorts file names (no paths), whatever their order.
  package init(_ names: some Sequence<String>) {
    var places: [Place: Files] = [:]
    func add(_ name: SliceName) { places[Place(name), default: Files(of: name)].add(name) }
    /// Names of whole sessions.
    var ambiguous: [SliceName] = []
    var channels: [String: Set<String>] = [:]
    unfinished = []
    strangers = []
    for name in names {
      if let final = SliceName.finished(name).flatMap({ SliceName(parsing: $0) }) {
        unfinished.append(final)
      } else if let name = SliceName(parsing: name) {
        if name.uid == nil { ambiguous.append(name) } else { add(name) }
      } else {
        strangers.append(name)
      }
    }
    unfinished.sort { $0.text < $1.text }
    strangers.sort()

    // A session's own names are ambiguous; those of its participants and indexes tell the channel.
    for place in places.keys { channels[place.sid, default: []].insert(place.cname) }
    for name in ambiguous where name.isIndex && name.tail == .none && channels[name.sid] == nil {
      channels[name.sid] = [name.cname]
    }
    for name in ambiguous {
      // The longest channel name that fits is the likeliest.
      let read = channels[name.sid]?.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
        .lazy.compactMap { name.reading(asChannel: $0) }.first
      add(read ?? name)
    }
    let groups = Dictionary(grouping: places) { [$0.key.sid, $0.key.cname] }
    recordings = groups.map { names, places in
      var tracks = places.map(\.value)
      for index in tracks.indices { tracks[index].sort() }
      return Recording(
        sid: names[0], cname: names[1],
        tracks: tracks.sorted { Self.isOrdered($0.key, before: $1.key) })
    }.sorted { ($0.sid, $0.cname) < ($1.sid, $1.cname) }
  }

  private static func isOrdered(_ a: Key, before b: Key) -> Bool {
    if a.uid != b.uid {
      guard let x = a.uid, let y = b.uid else { return a.uid == nil }
      return isOrderedUID(x, before: y)
    }
    return (a.content?.rawValue ?? "", a.backup ?? -1) < (b.content?.rawValue ?? "", b.backup ?? -1)
  }
}

extension SliceName {
  /// Which of a track's M3U8 files counts: the latest backup upload or the plain one, whichever is
  /// larger, and the plain one when they are equal.
  ///
  /// Sizes are in bytes. Names that are no M3U8 are left out; nil when none is left.
  package static func chosen(among indexes: [(name: SliceName, size: Int64)]) -> SliceName? {
    var plain: (name: SliceName, size: Int64)?
    var latest: (name: SliceName, size: Int64, index: Int, tick: Int)?
    for (name, size) in indexes where name.ext == "m3u8" {
      switch name.tail {
      case .none: plain = (name, size)
      case .update(let tick, let index):
        if let known = latest, (known.index, known.tick) >= (index, tick) { continue }
        latest = (name, size, index, tick)
      case .utc, .index: continue
      }
    }
    guard let latest else { return plain?.name }
    guard let plain else { return latest.name }
    return latest.size > plain.size ? latest.name : plain.name
  }
}
