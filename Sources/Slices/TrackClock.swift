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
    /// Its timestamps start again, and it was put at the end of the slice before.
    var isSeam = false

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
    var links = Self.order(slices).map { slice in
      Link(
        slice: slice, recorder: recorder, own: slice.first, stamp: slice.utc.map { $0 - zero },
        piece: 0)
    }
    guard !links.isEmpty else { return }
    if links.allSatisfy({ $0.stamp == nil }) { links[0].stamp = start }
    links[0].piece = begin(after: nil)
    var recent = RecentStamps()
    if let stamp = links[0].stamp { recent.add(stamp, at: links[0].own) }
    for index in links.indices.dropFirst() {
      let last = links[index - 1]
      links[index].own = last.own + (links[index].slice.first - last.slice.first)
      links[index].piece = last.piece
      if let stamp = links[index].stamp, let offset = recent.offset {
        chain(&links, index, stamp: stamp, offset: offset, &recent)
      } else {
        chainUnstamped(&links[index], after: last)
      }
      if let stamp = links[index].stamp { recent.add(stamp, at: links[index].own) }
    }
    self.links += links
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
  ///
  /// `offset` is what stamps are ahead of own times so far.
  private mutating func chain(
    _ links: inout [Link], _ index: Int, stamp: MediaTime, offset: MediaTime,
    _ recent: inout RecentStamps
  ) {
    let last = links[index - 1]
    links[index].own = Self.unwrapped(links[index].own, near: stamp - offset)
    let own = links[index].own
    let pause = own - last.ownEnd
    let error = stamp - own - offset
    if magnitude(error) <= tolerance(pause, own - last.own) {
      if pause > Self.absence { links[index].piece = begin(after: last.piece) }
      return
    }
    if magnitude(pause) <= Self.gap, index + 1 < links.count {
      let next = links[index + 1]
      let nextOwn = own + (next.slice.first - links[index].slice.first)
      if agrees(next, own: nextOwn, offset: offset) {
        links[index].stamp = nil
        return
      }
      // Slices that follow each other cannot overlap: a sender's first packets came too late.
      let isFirst = index < 2 || links[index - 2].piece != last.piece
      if isFirst, error < .zero, agrees(next, own: nextOwn, offset: stamp - own) {
        links[index - 1].stamp = nil
        recent = RecentStamps()
        return
      }
    }
    if magnitude(stamp - offset - last.ownEnd) <= Self.gap {
      links[index].own = last.ownEnd
      links[index].isSeam = true
    } else {
      links[index].own = links[index].slice.first
      links[index].piece = begin(after: nil)
      recent = RecentStamps()
      moveSeams(&links, before: index, stamp: stamp, offset: offset)
    }
  }

  /// Takes the links before `index` into its new piece, as far as their stamps fit better there.
  ///
  /// The hole may have been before them, with stamps early enough to hide it.
  private func moveSeams(
    _ links: inout [Link], before index: Int, stamp: MediaTime, offset: MediaTime
  ) {
    let newOffset = stamp - links[index].own
    for earlier in links[..<index].indices.reversed() {
      let link = links[earlier]
      guard link.isSeam, let stamp = link.stamp else { return }
      let own = links[earlier + 1].own - max(.zero, link.slice.duration)
      guard magnitude(stamp - own - newOffset) < magnitude(stamp - link.own - offset) else {
        return
      }
      links[earlier].own = own
      links[earlier].piece = links[index].piece
    }
  }

  /// Finds a link's own time without a stamp, or without one before it.
  ///
  /// It lies where its timestamps say, if they can be believed, else at the end of the link before.
  private mutating func chainUnstamped(_ link: inout Link, after last: Link) {
    link.own = Self.unwrapped(link.own, near: last.ownEnd)
    let pause = link.own - last.ownEnd
    let isBreak = link.slice.isDiscontinuous && pause > Self.gap
    if pause < .zero - Self.gap || pause > Self.longestSilence || isBreak {
      link.own = last.ownEnd
      link.isSeam = true
    } else if pause > Self.absence {
      link.piece = begin(after: last.piece)
    }
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
      ? min(Self.gap, MediaTime(milliseconds: 60) + drift) : Self.gap + drift
  }

  /// Whether a link's stamp is that of a clock, were its own time `own`.
  private func agrees(_ link: Link, own: MediaTime, offset: MediaTime) -> Bool {
    guard let stamp = link.stamp else { return false }
    return magnitude(stamp - Self.unwrapped(own, near: stamp - offset) - offset) <= Self.gap
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
      guard (x, a.first) == (y, b.first) else { return (x, a.first) < (y, b.first) }
      let (own, other) = (a.resource, b.resource)
      return (own.path, own.bytes?.lowerBound ?? 0) < (other.path, other.bytes?.lowerBound ?? 0)
    }.flatMap { $0 }
  }
}

private func magnitude(_ time: MediaTime) -> MediaTime { max(time, -time) }

/// The clock as the last few stamps of a piece tell it.
private struct RecentStamps {
  private var stamps: [(own: MediaTime, offset: MediaTime)] = []

  /// What stamps are ahead of own times: the median, which one wrong stamp does not move.
  var offset: MediaTime? {
    guard !stamps.isEmpty else { return nil }
    return stamps.map(\.offset).sorted()[stamps.count / 2]
  }

  /// Older ones are forgotten: in two minutes a clock drifts by up to 60 ms.
  mutating func add(_ stamp: MediaTime, at own: MediaTime) {
    stamps.append((own, stamp - own))
    let oldest = own - MediaTime(milliseconds: 120_000)
    stamps.removeAll { $0.own < oldest }
    if stamps.count > 7 { stamps.removeFirst() }
  }
}
