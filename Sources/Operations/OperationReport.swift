package import Basics
package import Slices

/// What an operation says of one file that it made.
package struct OutputReport: Hashable, Sendable {
  /// One track as it went into the file.
  package struct Track: Hashable, Sendable {
    package var uid: String
    package var kind: TrackKind
    package var codec: String
    /// Where the track starts on the session clock.
    package var start: MediaTime
    package var gaps: [Stretch]
    package var driftPpm: Double
  }

  /// From the file's time zero to its end.
  package var duration: MediaTime
  package var tracks: [Track]
  /// Stretches of the session clock of which all was copied as it is.
  package var copied: [Stretch]
  /// Stretches in which something had to be encoded.
  package var encoded: [Stretch] = []
  /// What could not be used.
  package var losses: [SessionProblem]
  package var picturesDecoded = 0
  /// The output for which pictures were decoded that this one shows as well; nil for none.
  package var decodedWith: String?
  package var picturesEncoded = 0
  /// The SHA-256 of the file that names the output, where it was taken while that was written.
  package var digest: String?
  /// The highest sample of the decoded sound in dBFS, minus infinity for silence; nil where nobody
  /// measured it.
  package var peak: Double?
}

/// The same stretches in order and apart from each other.
func joined(_ stretches: [Stretch]) -> [Stretch] {
  stretches.sorted { $0.start < $1.start }.reduce(into: []) { kept, next in
    if let last = kept.last, next.start <= last.end {
      kept[kept.count - 1].end = max(last.end, next.end)
    } else {
      kept.append(next)
    }
  }
}

extension Stretch {
  /// What is left of it; `others` are in order and apart from each other.
  func without(_ others: [Stretch]) -> [Stretch] {
    var left: [Stretch] = []
    var start = start
    for other in others where other.end > start && other.start < end {
      if other.start > start { left.append(Stretch(start: start, end: other.start)) }
      start = other.end
    }
    if start < end { left.append(Stretch(start: start, end: end)) }
    return left
  }
}
