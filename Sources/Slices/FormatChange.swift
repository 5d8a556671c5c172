package import Basics

/// Another format that begins in the middle of a slice.
package struct FormatChange: Hashable, Sendable {
  /// By the slice's own timestamps.
  package var time: MediaTime
  package var format: Format

  package init(time: MediaTime, format: Format) {
    self.time = time
    self.format = format
  }
}

extension PlacedSlice {
  /// What counts of the slice, cut where its format changes; never empty.
  package var parts: [(stretch: Stretch, format: Format)] {
    var parts = [(stretch: extent, format: slice.format)]
    for change in slice.changes {
      let position = position(of: change.time)
      if position >= extent.end { break }
      if position <= extent.start {
        parts = [(extent, change.format)]
      } else {
        parts[parts.count - 1].stretch.end = position
        parts.append((Stretch(start: position, end: extent.end), change.format))
      }
    }
    return parts
  }
}

extension Track {
  /// The formats that occur, each once, in the order of their first appearance.
  package var formats: [Format] {
    var seen: Set<Format> = []
    return slices.flatMap { [$0.slice.format] + $0.slice.changes.map(\.format) }
      .filter { seen.insert($0).inserted }
  }

  /// Where the track goes on in another format than before, on the session clock.
  package var changes: [(position: MediaTime, format: Format)] {
    var last: Format?
    var changes: [(position: MediaTime, format: Format)] = []
    for part in slices.lazy.flatMap(\.parts) where part.format != last {
      // A slice that was cut in mid-GOP does not tell its size; it is that of the slice before.
      if kind == .video, part.format.width == nil, part.format.codec == last?.codec { continue }
      if last != nil { changes.append((part.stretch.start, part.format)) }
      last = part.format
    }
    return changes
  }
}
