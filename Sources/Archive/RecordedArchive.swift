import Basics
import Posix
import Slices

extension Listing.Recording {
  /// Merged files and mixes of an earlier run do not make a session.
  var isRecording: Bool {
    tracks.contains { !$0.indexes.isEmpty || $0.hasRecorded }
  }
}

extension Listing.Files {
  /// Slices as recorders write them: no pictures, and no merged files, which hold both tracks.
  fileprivate var recorded: [SliceName] {
    key.content == .av ? [] : slices(endings: Self.recordedEndings)
  }

  fileprivate var hasRecorded: Bool {
    key.content != .av && hasSlices(endings: Self.recordedEndings)
  }

  private static let recordedEndings: Set<String> = ["ts", "webm", "mka"]
}

extension Finding {
  /// Reads the folder of a recording service, whose names tell what is what.
  ///
  /// `sid` is the session that is meant; nil when there must be only one. `index` is the only index
  /// that counts, and with it the only uid, where one is named.
  mutating func readArchive(
    _ path: String, _ listing: Listing, named: String, sid: String?, index: SliceName?
  ) throws(Failure) {
    let recordings = listing.recordings.filter(\.isRecording)
    let meant = recordings.filter { recording in
      (sid.map { recording.sid == $0 } ?? true)
        && (index.map { recording.cname == $0.cname } ?? true)
    }
    let sids = Array(Set(recordings.map(\.sid))).sorted().joined(separator: ", ")
    if meant.isEmpty, let sid {
      throw Failure(named, cannot: "open", "it holds no session '\(sid)', only \(sids)", .noInput)
    }
    guard meant.count <= 1 else {
      throw Failure(
        named, cannot: "open",
        "it holds \(meant.count) sessions (\(sids)); name one of them behind it, as in "
          + joinPath(named, meant[0].sid), .data)
    }
    guard let recording = meant.first else { return }
    self.sid = recording.sid
    cname = recording.cname
    for name in listing.unfinished where name.sid == recording.sid {
      note(
        joinPath(path, SliceName.unfinished(name.text)),
        "unfinished: 'rushes repair' brings it in")
    }
    // A failover recorder's files are a set of their own.
    let sets = Dictionary(grouping: recording.tracks) { files in
      Listing.Key(uid: files.key.uid, content: nil, backup: files.key.backup)
    }
    for (key, files) in sets.sorted(by: { $0.key.order < $1.key.order }) {
      if let index, index.uid != key.uid { continue }
      let kind = index?.content?.kind
      readSet(files, uid: key.uid ?? "0", in: path, only: kind)
    }
  }

  /// Reads what one recorder wrote of one participant.
  private mutating func readSet(
    _ files: [Listing.Files], uid: String, in folder: String, only wanted: TrackKind?
  ) {
    let joined = files.filter { $0.key.content?.kind == nil }
    var joinedEntries: [ListedSlice]?
    for kind in TrackKind.allCases where wanted == nil || wanted == kind {
      let own = files.filter { $0.key.content?.kind == kind }
      let index = chosenIndex(own.flatMap(\.indexes), in: folder)
      var entries = index.map { entriesOfArchive([$0], in: folder) } ?? []
      if index == nil {
        let all = joinedEntries ?? entriesOfArchive(self.joined(joined, in: folder), in: folder)
        joinedEntries = all
        entries = all.filter { $0.kind == kind }
      }
      let listed = Set(entries.map(\.fileName))
      for entry in entries.indices { entries[entry].kind = kind }
      let lost = own.flatMap(\.recorded).filter { !listed.contains($0.text) }
      let message = entries.isEmpty ? "its track has no index" : "its index does not list it"
      entries += lost.map { ListedSlice($0, kind: kind, remark: message) }
      read(entries, uid: uid, in: folder)
    }
    // Both tracks in one slice: a recording of the whole channel, or what was made of a uid's.
    let hasOwn = files.contains { $0.key.content?.kind != nil }
    let mixed = joined.filter { $0.key.content == nil || !hasOwn }
    guard !mixed.isEmpty else { return }
    let all = joinedEntries ?? entriesOfArchive(self.joined(joined, in: folder), in: folder)
    var entries = all.filter { $0.kind == nil }
    let listed = Set(entries.map(\.fileName))
    let lost = mixed.flatMap(\.recorded).filter { !listed.contains($0.text) }
    let message = entries.isEmpty ? "its track has no index" : "its index does not list it"
    entries += lost.map { ListedSlice($0, kind: nil, remark: message) }
    read(entries, uid: uid, in: folder, only: wanted)
  }

  private func chosenIndex(_ names: [SliceName], in folder: String) -> SliceName? {
    SliceName.chosen(
      among: names.map { ($0, fileSize(joinPath(folder, $0.text)) ?? 0) })
  }

  /// The indexes of both tracks: of a uid that changed from TS to WebM there are two.
  private func joined(_ files: [Listing.Files], in folder: String) -> [SliceName] {
    files.flatMap { files in
      [chosenIndex(files.indexes, in: folder)].compactMap { $0 }
        + files.indexes.filter { $0.ext == "mpd" }
    }
  }

  /// What indexes list; lists of lists have nothing that the tracks' own lists have not.
  private mutating func entriesOfArchive(_ indexes: [SliceName], in folder: String) -> [ListedSlice]
  {
    var entries: [ListedSlice] = []
    for index in indexes {
      let path = joinPath(folder, index.text)
      switch readIndexFile(path) {
      case .media(let playlist): entries += playlist.entries.map { ListedSlice($0) }
      case .presentation(let mpd): entries += mpd.slices(at: mpd.availabilityStart)
      case .multivariant, nil: break
      }
    }
    return entries
  }
}

extension Listing.Key {
  /// The first recorder's files come first.
  fileprivate var order: (String, Int) { (uid ?? "", backup ?? -1) }
}
