package import Basics
package import Slices

/// What an output shows from its beginning to its end: a participant's pictures, and what stands in
/// for them.
package struct Showing: Hashable, Sendable {
  /// What is seen.
  package enum Content: Hashable, Sendable {
    /// The last picture so far, or black before the first.
    case pictures
    case black
    case image
  }

  /// A stretch of one content.
  package struct Piece: Hashable, Sendable {
    /// On the session clock.
    package var stretch: Stretch
    /// Where it begins in the output.
    package var start: MediaTime
    package var content: Content

    package var end: MediaTime { start + stretch.duration }
  }

  /// In order and without holes; none is empty.
  package let pieces: [Piece]

  package var duration: MediaTime { pieces.last?.end ?? .zero }

  /// `kept`: the stretches of the session clock that the output is made of, in order.
  package init(_ video: Track, in kept: [Stretch], fill: Fill) {
    let changes = Self.changes(of: video, fill)
    var pieces: [Piece] = []
    var start = MediaTime.zero
    for stretch in kept {
      for (index, change) in changes.enumerated() {
        let next = index + 1 < changes.count ? changes[index + 1].time : .max
        let part = Stretch(
          start: max(stretch.start, change.time), end: min(stretch.end, next))
        guard part.end > part.start else { continue }
        // What is no gap between two slices is none at the end either: the last picture stays.
        if let last = pieces.last, last.stretch.end == part.start,
          last.content == change.content
            || change.content != .pictures && part.duration <= Self.shortestGap
        {
          pieces[pieces.count - 1].stretch.end = part.end
        } else {
          pieces.append(Piece(stretch: part, start: start, content: change.content))
        }
        start += part.duration
      }
    }
    self.pieces = pieces
  }

  /// Shorter stretches without pictures are no gaps.
  package static let shortestGap = MediaTime(milliseconds: 100)

  private static func changes(of video: Track, _ fill: Fill) -> [(
    time: MediaTime, content: Content
  )] {
    var changes: [(time: MediaTime, content: Content)] = []
    changes.append((MediaTime(flicks: .min), fill.image == nil ? .black : .image))
    for (index, run) in video.runs.enumerated() {
      changes.append((run.start, .pictures))
      let next = index + 1 < video.runs.count ? video.runs[index + 1].start : .max
      switch fill {
      case .hold, .cut: break
      case .black: changes.append((run.end, .black))
      case .image:
        let end = run.end + Fill.imageDelay
        if end < next { changes.append((end, .image)) }
      }
    }
    return changes
  }

  /// The position in the output of a moment of the session clock; nil where it is left out.
  package func position(of time: MediaTime) -> MediaTime? {
    pieces.first { $0.stretch.start <= time && time < $0.stretch.end }
      .map { $0.start + (time - $0.stretch.start) }
  }
}

extension Participant {
  /// The stretches of the session clock that an output over `stretch` is made of.
  package func kept(in stretch: Stretch, _ fill: Fill) -> [Stretch] {
    guard fill == .cut else { return [stretch] }
    let runs = tracks.flatMap(\.runs).map { Stretch(start: $0.start, end: $0.end) }
      .sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    var kept: [Stretch] = []
    for run in runs {
      let part = Stretch(
        start: max(run.start, stretch.start), end: min(run.end, stretch.end))
      guard part.end > part.start else { continue }
      // What is no gap between two slices of a track is none between two tracks either.
      if let last = kept.last, part.start - last.end <= MediaTime(milliseconds: 100) {
        kept[kept.count - 1].end = max(last.end, part.end)
      } else {
        kept.append(part)
      }
    }
    return kept
  }
}
