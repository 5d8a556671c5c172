package import Basics

/// What stays the same over a stretch of a track: a format, and the turn that sets it upright.
package struct Look: Hashable, Sendable {
  package var format: Format
  /// 0, 90, 180 or 270 anticlockwise; 0 for sound.
  package var degrees: Int

  package init(format: Format, degrees: Int = 0) {
    self.format = format
    self.degrees = degrees
  }
}

extension Session {
  /// The looks of a track inside `stretch` and how long each lasts, in the order of their first
  /// appearance; empty where nothing of the track is in it.
  package func looks(of track: Track, in stretch: Stretch) -> [(look: Look, length: MediaTime)] {
    let turns = turns(of: track)
    var found: [(look: Look, length: MediaTime)] = []
    var places: [Look: Int] = [:]
    func add(_ look: Look, _ length: MediaTime) {
      if let index = places[look] {
        found[index].length += length
      } else {
        places[look] = found.count
        found.append((look, length))
      }
    }
    for part in track.slices.lazy.flatMap(\.parts) {
      var start = max(part.stretch.start, stretch.start)
      let end = min(part.stretch.end, stretch.end)
      guard start < end else { continue }
      var degrees = turns.last { $0.position <= start }?.degrees ?? 0
      for turn in turns where turn.position > start && turn.position < end {
        add(Look(format: part.format, degrees: degrees), turn.position - start)
        (start, degrees) = (turn.position, turn.degrees)
      }
      add(Look(format: part.format, degrees: degrees), end - start)
    }
    return found
  }

  /// The look that lasts longest inside `stretch`, among those with a codec of `codecs`; the first
  /// of several that last as long.
  ///
  /// `codecs`: by libav's names; nil for any.
  package func prevailingLook(of track: Track, in stretch: Stretch, codecs: Set<String>? = nil)
    -> Look?
  {
    looks(of: track, in: stretch)
      .filter { codecs?.contains($0.look.format.codec) ?? true }
      .reduce(nil as (look: Look, length: MediaTime)?) { best, next in
        best.map { next.length > $0.length ? next : $0 } ?? next
      }?.look
  }
}
