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
    package var key: Key
    /// M3U8 and MPD files, backup uploads too, sorted by name.
    package var indexes: [SliceName]
    /// Slices and other files with the time of their start, in its order.
    package var slices: [SliceName]
    /// Everything else: merged files, mixes.
    package var others: [SliceName]
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

  /// Sorts file names (no paths), whatever their order.
  package init(_ names: some Sequence<String>) {
    var parsed: [SliceName] = []
    unfinished = []
    strangers = []
    for name in names {
      if let final = SliceName.finished(name).flatMap({ SliceName(parsing: $0) }) {
        unfinished.append(final)
      } else if let name = SliceName(parsing: name) {
        parsed.append(name)
      } else {
        strangers.append(name)
      }
    }
    unfinished.sort { $0.text < $1.text }
    strangers.sort()

    // A session's own names are ambiguous; those of its participants and indexes tell the channel.
    var channels: [String: Set<String>] = [:]
    for name in parsed where name.uid != nil { channels[name.sid, default: []].insert(name.cname) }
    for name in parsed where name.isIndex && name.tail == .none && channels[name.sid] == nil {
      channels[name.sid] = [name.cname]
    }
    let groups = Dictionary(
      grouping: parsed.map { name in
        // The longest channel name that fits is the likeliest.
        channels[name.sid]?.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
          .lazy.compactMap { name.reading(asChannel: $0) }.first ?? name
      },
      by: { [$0.sid, $0.cname] })
    recordings = groups.values.compactMap { names in
      names.first.map {
        Recording(sid: $0.sid, cname: $0.cname, tracks: Self.tracks(names))
      }
    }.sorted { ($0.sid, $0.cname) < ($1.sid, $1.cname) }
  }

  private static func tracks(_ names: [SliceName]) -> [Files] {
    let groups = Dictionary(grouping: names) {
      Key(uid: $0.uid, content: $0.content, backup: $0.backup)
    }
    return groups.map { key, names in
      let names = names.map { (text: $0.text, name: $0) }.sorted { $0.text < $1.text }.map(\.name)
      return Files(
        key: key, indexes: names.filter(\.isIndex),
        slices: names.filter { !$0.isIndex && $0.utc != nil },
        others: names.filter { !$0.isIndex && $0.utc == nil })
    }.sorted { isOrdered($0.key, before: $1.key) }
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
