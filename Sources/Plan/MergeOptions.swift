package import Slices

/// What one merged file is made of.
package enum MergeUnit: String, Hashable, Sendable, CaseIterable {
  case uid, segment, session
}

/// Where an output's time zero lies: at its uid's first sample, or at session zero.
package enum Alignment: String, Hashable, Sendable, CaseIterable {
  case uid, session
}

/// The tracks of a uid that go into a file.
package enum TrackSelection: String, Hashable, Sendable, CaseIterable {
  case both, audio, video
}

extension Participant {
  /// With only the tracks that are selected.
  package func only(_ tracks: TrackSelection) -> Participant {
    Participant(
      uid: uid, audio: tracks == .video ? nil : audio, video: tracks == .audio ? nil : video)
  }
}

/// The options of a `merge` step; the defaults are those of recipes.
package struct MergeOptions: Hashable, Sendable {
  package var by: MergeUnit
  package var align: Alignment
  package var tracks: TrackSelection
  package var fill: Fill

  package init(
    by: MergeUnit = .uid, align: Alignment = .uid, tracks: TrackSelection = .both,
    fill: Fill = .hold
  ) {
    self.by = by
    self.align = align
    self.tracks = tracks
    self.fill = fill
  }
}
