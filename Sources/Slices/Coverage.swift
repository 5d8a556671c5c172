import Basics

/// The stretches of the session clock that a track's slices fill already.
struct Coverage {
  /// In order, apart from each other.
  private var stretches: [Stretch] = []

  mutating func add(_ new: Stretch) {
    // Nearly always the new one is the last.
    var lower = stretches.count
    while lower > 0, stretches[lower - 1].end >= new.start { lower -= 1 }
    var upper = lower
    var joined = new
    while upper < stretches.count, stretches[upper].start <= new.end {
      joined.start = min(joined.start, stretches[upper].start)
      joined.end = max(joined.end, stretches[upper].end)
      upper += 1
    }
    stretches.replaceSubrange(lower..<upper, with: [joined])
  }

  /// What of `stretch` nothing fills; a stretch without length is a hole where nothing is.
  func holes(in stretch: Stretch) -> [Stretch] {
    var holes: [Stretch] = []
    var start = stretch.start
    for filled in stretches[firstEnding(after: stretch.start)...] {
      guard filled.start < stretch.end else { break }
      if filled.start > start { holes.append(Stretch(start: start, end: filled.start)) }
      start = max(start, filled.end)
    }
    if start < stretch.end || start == stretch.start {
      holes.append(Stretch(start: start, end: stretch.end))
    }
    return holes
  }

  private func firstEnding(after time: MediaTime) -> Int {
    var low = 0
    var high = stretches.count
    while low < high {
      let middle = (low + high) / 2
      if stretches[middle].end > time { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
