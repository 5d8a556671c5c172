import Basics

/// Finds the places of one track's slices, on a clock whose zero is some moment near its start.
struct TrackPlacement {
  private(set) var runs: [Run] = []
  private(set) var driftPpm = 0.0
  private(set) var problems: [SessionProblem] = []

  /// The clock's zero is at the UTC `zero`; a track without any UTC starts at `start`.
  init(_ track: FoundTrack, zero: UTCTime, start: MediaTime) {
    let recorders = Dictionary(grouping: track.slices) { slice in
      let name = fileName(slice.resource.path)
      return name.hasPrefix("bak") ? SliceName(parsing: name)?.backup ?? -1 : -1
    }
    var clock = TrackClock()
    for (recorder, slices) in recorders.sorted(by: { $0.key < $1.key }) {
      clock.add(slices, recorder: recorder, zero: zero, start: start)
    }
    let fit = Self.fit(&clock)
    driftPpm = fit.drift * 1e6

    var coverage = Coverage()
    var placed: [PlacedSlice] = []
    placed.reserveCapacity(track.slices.count)
    let byRecorder = Dictionary(grouping: clock.links, by: \.recorder)
    for (_, links) in byRecorder.sorted(by: { $0.key < $1.key }) {
      for run in Self.runs(Self.place(links, fit)) {
        let parts = run.flatMap { cut($0, to: coverage.holes(in: $0.extent)) }
        for part in parts { coverage.add(part.extent) }
        placed += parts
      }
    }
    placed.sort {
      let (a, b) = ($0.extent, $1.extent)
      return (a.start, a.end) == (b.start, b.end)
        ? $0.slice.resource.path < $1.slice.resource.path : (a.start, a.end) < (b.start, b.end)
    }
    runs = Self.runs(placed).map { Run(slices: $0) }
  }

  /// Fits the clock, and cuts it where stamps leave the fit for good: a capture that stalled,
  /// slices whose lengths do not add up, a crystal that changed its speed.
  private static func fit(_ clock: inout TrackClock) -> ClockFit {
    for _ in 0..<12 {
      let fit = ClockFit(clock.observations, families: clock.families)
      let cuts = clock.cuts(fit)
      if cuts.isEmpty { return fit }
      for cut in cuts { clock.split(at: cut) }
    }
    return ClockFit(clock.observations, families: clock.families)
  }

  /// Places the first link of each piece by the fit, and the others by their timestamps, so that
  /// joints are exact to the sample.
  private static func place(_ links: [TrackClock.Link], _ fit: ClockFit) -> [PlacedSlice] {
    var placed: [PlacedSlice] = []
    placed.reserveCapacity(links.count)
    var last: TrackClock.Link?
    for link in links {
      var start = fit.position(of: link.own, in: link.piece)
      if let last, last.piece == link.piece, let before = placed.last {
        start = before.position(of: before.slice.first + (link.own - last.own))
      }
      placed.append(PlacedSlice(slice: link.slice, start: start, rate: 1 + fit.drift))
      last = link
    }
    return placed
  }

  /// The slices in groups without a gap, or an overlap as long as one, between neighbours.
  private static func runs(_ slices: [PlacedSlice]) -> [[PlacedSlice]] {
    var starts: [Int] = []
    var end = MediaTime.zero
    for (index, slice) in slices.enumerated() {
      let pause = slice.extent.start - end
      if starts.isEmpty || pause > TrackClock.gap || pause < .zero - TrackClock.gap {
        starts.append(index)
      }
      end = slice.extent.end
    }
    return zip(starts, starts.dropFirst() + [slices.count]).map { Array(slices[$0..<$1]) }
  }

  /// The parts of `slice` that lie in `holes`.
  private mutating func cut(_ slice: PlacedSlice, to holes: [Stretch]) -> [PlacedSlice] {
    if holes == [slice.extent] { return [slice] }
    let path = slice.slice.resource.path
    // A sliver at the edge of what is covered comes from the fit, and is no gap either.
    let holes = holes.filter { $0.duration > TrackClock.gap }
    let message =
      holes.isEmpty
      ? "left out: other slices cover its time"
      : "overlaps other slices: cut to "
        + holes.map { "\($0.duration) s" }.joined(separator: " and ")
    problems.append(SessionProblem(path: path, message: message, isLoss: false))
    return holes.map { hole in
      var part = slice
      part.clip = hole
      return part
    }
  }
}

/// What follows the last slash.
func fileName(_ path: String) -> Substring {
  let bytes = path[...].utf8
  guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return path[...] }
  return Substring(bytes[bytes.index(after: slash)...])
}
