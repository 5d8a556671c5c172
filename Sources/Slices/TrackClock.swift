import Basics

/// The slices of a track in order, on the track's own clock without its wraps and restarts.
struct TrackClock {
  struct Link {
    var slice: Slice
    /// Which recorder made it; each has clocks of its own.
    var recorder: Int
    /// `slice.first` on a clock that runs through the whole piece.
    var own: MediaTime
    /// When the slice starts, by its name or index; nil where they do not say it, or are wrong.
    var stamp: MediaTime?
    /// The stretch with an unbroken clock that it is in: an index of `families`.
    var piece: Int

    var ownEnd: MediaTime { own + max(.zero, slice.duration) }
  }

  /// One recorder after the other; the links of a piece are neighbours in the list.
  private(set) var links: [Link] = []
  /// For each piece its family: pieces of one family have a clock that ran on between them.
  private(set) var families: [Int] = []

  /// More than this between the end of a slice and the start of the next is a gap.
  static let gap = MediaTime(milliseconds: 100)
  /// After a longer pause the sender may have come back with a clock that only nearly runs on.
  private static let absence = MediaTime(milliseconds: 15_000)
  /// MPEG timestamps start again after 2³³ ticks, 26.5 hours.
  static let wrap = MediaTime(ticks: 1 << 33, of: .mpeg)
  /// Timestamps that jump farther ahead than this without a UTC are a new count.
  private static let longestSilence = MediaTime(milliseconds: 3_600_000)

  /// Adds what one recorder made, with stamps counted from `zero`.
  ///
  /// Where no slice has a UTC, `start` is the stamp of the first.
  mutating func add(_ slices: [Slice], recorder: Int, zero: UTCTime, start: MediaTime) {
    let ordered = Self.order(slices)
    var stamps = ordered.map { slice in slice.utc.map { $0 - zero } }
    if stamps.allSatisfy({ $0 == nil }), !stamps.isEmpty { stamps[0] = start }
    // The last few differences of stamps and own times: their median is the clock as it stands.
    var recent: [MediaTime] = []
    for (index, slice) in ordered.enumerated() {
      var link = Link(
        slice: slice, recorder: recorder, own: slice.first, stamp: stamps[index], piece: 0)
      if index == 0 {
        link.piece = begin(after: nil)
        recent = link.stamp.map { [$0 - link.own] } ?? []
      } else if let last = links.last {
        link.own = last.own + (slice.first - last.slice.first)
        link.piece = last.piece
        if let stamp = link.stamp, let offset = median(recent) {
          let isStray = isStray(index, ordered, stamps, after: last, offset: offset)
          append(&link, after: last, stamp: stamp, offset: offset, isStray: isStray, &recent)
        } else {
          appendUnstamped(&link, after: last, &recent)
        }
        if recent.count > 7 { recent.removeFirst() }
      }
      links.append(link)
    }
  }

  /// Gives the links from `index` to the end of its piece a clock of their own.
  mutating func split(at index: Int) {
    let old = links[index].piece
    let new = begin(after: nil)
    for later in links[index...].indices {
      guard links[later].piece == old else { return }
      links[later].piece = new
    }
  }

  /// Finds a link's own time by its stamp: the clock runs on, or starts again.
  private mutating func append(
    _ link: inout Link, after last: Link, stamp: MediaTime, offset: MediaTime, isStray: Bool,
    _ recent: inout [MediaTime]
  ) {
    link.own = Self.unwrapped(link.own, near: stamp - offset)
    let pause = link.own - last.ownEnd
    let isNeighbour = magnitude(pause) <= Self.gap
    if magnitude(stamp - link.own - offset) <= tolerance(pause, link.own - last.own) {
      if pause > Self.absence { link.piece = begin(after: last.piece) }
    } else if isNeighbour, isStray {
      link.stamp = nil
      return
    } else if magnitude(stamp - offset - last.ownEnd) <= Self.gap {
      link.own = last.ownEnd
    } else {
      link.own = link.slice.first
      link.piece = begin(after: nil)
      recent = []
    }
    recent.append(stamp - link.own)
  }

  /// Finds a link's own time without a stamp, or without one before it: by its timestamps, if
  /// they can be believed, else at the end of the slice before.
  private mutating func appendUnstamped(
    _ link: inout Link, after last: Link, _ recent: inout [MediaTime]
  ) {
    link.own = Self.unwrapped(link.own, near: last.ownEnd)
    let pause = link.own - last.ownEnd
    let isBreak = link.slice.isDiscontinuous && pause > Self.gap
    if pause < .zero - Self.gap || pause > Self.longestSilence || isBreak {
      link.own = last.ownEnd
    } else if pause > Self.absence {
      link.piece = begin(after: last.piece)
    }
    if let stamp = link.stamp { recent = [stamp - link.own] }
  }

  /// A new piece, of the family of piece `last`, or of a new one.
  private mutating func begin(after last: Int?) -> Int {
    families.append(last.map { families[$0] } ?? families.count)
    return families.count - 1
  }

  /// The timestamp with as many wraps added as bring it next to `target`.
  static func unwrapped(_ timestamp: MediaTime, near target: MediaTime) -> MediaTime {
    let turns = ((target - timestamp).seconds / wrap.seconds).rounded()
    guard turns != 0, abs(turns) < 1000 else { return timestamp }
    return timestamp + MediaTime(flicks: wrap.flicks * Int64(turns))
  }

  /// How far a stamp may be from the clock so far: two jitters of 30 ms and the drift of a slice.
  ///
  /// After a pause less, as a clock that starts again must not be taken for the old one.
  private func tolerance(_ pause: MediaTime, _ step: MediaTime) -> MediaTime {
    let drift = MediaTime(seconds: abs(step.seconds) * 500e-6)
    return pause > Self.gap
      ? min(Self.gap, MediaTime(milliseconds: 60) + drift)
      : Self.gap + min(drift, Self.gap)
  }

  /// Whether only the stamp of slice `index` is wrong: the next one agrees with the old clock.
  private func isStray(
    _ index: Int, _ ordered: [Slice], _ stamps: [MediaTime?], after last: Link, offset: MediaTime
  ) -> Bool {
    guard index + 1 < ordered.count, let stamp = stamps[index + 1] else { return false }
    let next = last.own + (ordered[index + 1].first - last.slice.first)
    return magnitude(stamp - Self.unwrapped(next, near: stamp - offset) - offset) <= Self.gap
  }

  /// Slices by their UTC; each without one stays behind the slice that it is listed after, or
  /// before the one that follows when it is the first.
  private static func order(_ slices: [Slice]) -> [Slice] {
    var groups: [[Slice]] = []
    var leading: [Slice] = []
    for slice in slices {
      if slice.utc != nil {
        groups.append(leading + [slice])
        leading = []
      } else if groups.isEmpty {
        leading.append(slice)
      } else {
        groups[groups.count - 1].append(slice)
      }
    }
    guard !groups.isEmpty else { return leading }
    func key(_ group: [Slice]) -> Slice? { group.first { $0.utc != nil } }
    return groups.sorted { a, b in
      guard let a = key(a), let b = key(b), let x = a.utc, let y = b.utc else { return false }
      return (x, a.first, a.resource.path, a.resource.bytes?.lowerBound ?? 0)
        < (y, b.first, b.resource.path, b.resource.bytes?.lowerBound ?? 0)
    }.flatMap { $0 }
  }
}

private func magnitude(_ time: MediaTime) -> MediaTime { max(time, -time) }

private func median(_ times: [MediaTime]) -> MediaTime? {
  guard !times.isEmpty else { return nil }
  return times.sorted()[times.count / 2]
}
