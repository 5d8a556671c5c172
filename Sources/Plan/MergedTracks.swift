package import Slices

/// One track that goes into an output.
package struct MergedTrack: Sendable {
  package let uid: String
  package let track: Track
}

extension Output {
  /// The tracks that go into it, of all its uids.
  package func sources(of session: Session, _ selection: TrackSelection) -> [MergedTrack] {
    uids.flatMap { uid -> [MergedTrack] in
      let person = session.participants.first { $0.uid == uid }?.only(selection)
      return (person?.tracks ?? []).compactMap { $0.within(only) }
        .filter { $0.touches(stretch) }.map { MergedTrack(uid: uid, track: $0) }
    }
  }

  /// The paths of the M3U8s that an M3U8 of these tracks names: one of each track, which lies beside
  /// it; none where it lists the slices of a single track itself.
  package func lists(of sources: [MergedTrack]) -> [String] {
    guard container == .m3u8, sources.count > 1 else { return [] }
    let stem = path.dropLast(container.ending.count + 1)
    return sources.map { source in
      let uid = uids.count > 1 ? "_\(source.uid)" : ""
      return "\(stem)\(uid)_\(source.track.kind.rawValue).m3u8"
    }
  }
}

extension Track {
  /// Only the runs that lie in a stretch; nil where there are none.
  fileprivate func within(_ stretch: Stretch?) -> Track? {
    guard let stretch else { return self }
    var part = self
    part.runs = runs.filter { $0.start < stretch.end && stretch.start < $0.end }
    return part.runs.isEmpty ? nil : part
  }

  fileprivate func touches(_ stretch: Stretch) -> Bool {
    runs.contains { $0.start < stretch.end && stretch.start < $0.end }
  }
}
