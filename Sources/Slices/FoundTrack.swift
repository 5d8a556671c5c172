import Basics

/// One track as its indexes and files tell it, before its slices have places.
package struct FoundTrack: Hashable, Sendable {
  package var uid: String
  package var kind: TrackKind
  /// In any order when all have a UTC; those without follow the one that they are listed after.
  package var slices: [Slice]
  package var rotations: [Rotation]

  package init(uid: String, kind: TrackKind, slices: [Slice], rotations: [Rotation] = []) {
    self.uid = uid
    self.kind = kind
    self.slices = slices
    self.rotations = rotations
  }
}

extension FoundTrack {
  /// The tracks of each participant joined to one of each kind, without slices listed twice, in
  /// the order of the uids; tracks without slices are left out.
  static func joined(_ tracks: [FoundTrack]) -> [FoundTrack] {
    var byKey: [Key: FoundTrack] = [:]
    for track in tracks where !track.slices.isEmpty {
      let key = Key(uid: track.uid, kind: track.kind)
      byKey[key, default: FoundTrack(uid: track.uid, kind: track.kind, slices: [])].add(track)
    }
    return byKey.values.map(\.withoutDoubles).sorted {
      $0.uid == $1.uid
        ? $0.kind == .audio && $1.kind == .video
        : isOrderedUID($0.uid, before: $1.uid)
    }
  }

  private struct Key: Hashable {
    var uid: String
    var kind: TrackKind
  }

  private mutating func add(_ other: FoundTrack) {
    if slices.isEmpty { slices = other.slices } else { slices += other.slices }
    rotations += other.rotations
  }

  /// A slice is listed twice when its time is the same too: a list may repeat a file in a loop.
  private var withoutDoubles: FoundTrack {
    struct Place: Hashable {
      var resource: MediaResource
      var utc: UTCTime
    }
    var seen: Set<Place> = []
    var turns: Set<Rotation> = []
    var track = self
    let doubles = slices.indices.filter { index in
      let slice = slices[index]
      guard let utc = slice.utc else { return false }
      return !seen.insert(Place(resource: slice.resource, utc: utc)).inserted
    }
    for index in doubles.reversed() { track.slices.remove(at: index) }
    track.rotations = rotations.filter { turns.insert($0).inserted }
      .sorted { ($0.time, $0.degrees) < ($1.time, $1.degrees) }
    return track
  }
}

/// Whether `a` comes before `b`: numbers by value, then texts by their code points.
func isOrderedUID(_ a: String, before b: String) -> Bool {
  func digits(_ text: String) -> Substring.UTF8View.SubSequence? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return text[...].utf8.drop { $0 == 48 }
  }
  switch (digits(a), digits(b)) {
  case (let x?, let y?):
    if x.count != y.count { return x.count < y.count }
    return x.elementsEqual(y) ? a.utf8.count < b.utf8.count : x.lexicographicallyPrecedes(y)
  case (.some, nil): return true
  case (nil, .some): return false
  case (nil, nil): return a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}
