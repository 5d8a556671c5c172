package import Basics

/// From `position` on the session clock on, pictures must be turned by `degrees` anticlockwise.
package struct Turn: Hashable, Sendable {
  package var position: MediaTime
  /// 0, 90, 180 or 270.
  package var degrees: Int

  package init(position: MediaTime, degrees: Int) {
    self.position = position
    self.degrees = degrees
  }
}

extension Session {
  /// The track's rotations on the session clock, in order, each different from the one before.
  ///
  /// A rotation with the time of a slice begins with that slice, wherever the slice was placed: the
  /// two times are one stamp, with one error. Before the first, pictures are upright.
  package func turns(of track: Track) -> [Turn] {
    var starts: [UTCTime: MediaTime] = [:]
    for placed in track.slices {
      if let utc = placed.slice.utc, starts[utc] == nil { starts[utc] = placed.extent.start }
    }
    let turns = track.rotations.map { rotation in
      Turn(
        position: starts[rotation.time] ?? rotation.time - start, degrees: rotation.degrees)
    }
    return turns.enumerated()
      .sorted { ($0.element.position, $0.offset) < ($1.element.position, $1.offset) }
      .map(\.element)
      .reduce(into: []) { kept, turn in
        if turn.degrees != kept.last?.degrees ?? 0 { kept.append(turn) }
      }
  }
}
