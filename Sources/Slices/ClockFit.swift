import Basics

/// What a track's stamps say of the sender's clock: one drift, and an offset for every stretch
/// that has an unbroken clock of its own.
///
/// A stamp is `offset + own + drift · own`, with an error that the stamps themselves tell: less than
/// a millisecond where they were only rounded, some 20 ms where they are of arrivals. Stretches of
/// one family share a clock that ran on while the sender was absent; their offsets differ a little
/// only.
struct ClockFit {
  /// One slice's stamp against its own clock.
  struct Observation {
    /// The slice's own time, in seconds.
    var own: Double
    /// Its stamp minus its own time, in seconds.
    var offset: Double
    var piece: Int
  }

  /// Session seconds per second of the sender's clock, minus one.
  private(set) var drift = 0.0
  /// Seconds to add to a piece's own time, besides the drift.
  private(set) var offsets: [Double]

  private let families: [Int]
  /// How far the stamps lie from the truth, in seconds (one standard deviation).
  private var stampError = Self.usualError

  /// What it is where packets were stamped when they arrived; more is not believed.
  static let usualError = 0.020
  /// Stamps count whole milliseconds.
  private static let leastError = 0.0005
  /// How far the offset of a stretch lies from its family's, in seconds (one standard deviation).
  private static let offsetError = 0.010
  /// How far clocks run from the truth, before anything is known (one standard deviation).
  private static let usualDrift = 100e-6
  /// No crystal is worse.
  private static let greatestDrift = 500e-6
  /// A drift that moves nothing by more than this many seconds is the rounding of stamps.
  private static let negligible = 0.001

  /// Fits the stamps, without those that are far off; `families` has the family of each piece.
  init(_ observations: [Observation], families: [Int]) {
    self.families = families
    offsets = Array(repeating: 0, count: families.count)
    var kept = observations
    for _ in 0..<3 {
      solve(kept)
      let trimmed = trim(observations)
      if trimmed.count == kept.count { break }
      kept = trimmed
    }
    if abs(drift) * longest(observations) < Self.negligible {
      solve(kept, drift: 0)
    }
  }

  /// Where the piece's own time `own` lies, by its stamps.
  func position(of own: MediaTime, in piece: Int) -> MediaTime {
    own + MediaTime(seconds: drift * own.seconds + offsets[piece])
  }

  /// How much later the stamp is than the fit, in seconds.
  func residual(_ o: Observation) -> Double {
    o.offset - drift * o.own - offsets[o.piece]
  }

  private struct Mean {
    var weight = 0.0
    var own = 0.0
    var offset = 0.0

    mutating func add(own: Double, offset: Double, weight: Double) {
      guard weight > 0 else { return }
      self.weight += weight
      self.own += (own - self.own) * weight / self.weight
      self.offset += (offset - self.offset) * weight / self.weight
    }
  }

  /// Regularized least squares in closed form; the sums are taken about means, in two passes.
  ///
  /// A piece's offset varies about its family's, so that its mean of n stamps weighs n / (n + r)
  /// beside its family's, where r is the ratio of the variances of stamps and of offsets.
  private mutating func solve(_ observations: [Observation], drift known: Double? = nil) {
    var pieces = Array(repeating: Mean(), count: families.count)
    for o in observations { pieces[o.piece].add(own: o.own, offset: o.offset, weight: 1) }
    var xx = 0.0
    var xy = 0.0
    var yy = 0.0
    for o in observations {
      let x = o.own - pieces[o.piece].own
      let y = o.offset - pieces[o.piece].offset
      xx += x * x
      xy += x * y
      yy += y * y
    }
    let freedom = observations.count - pieces.count { $0.weight > 0 } - 1
    stampError = Self.error(xx: xx, xy: xy, yy: yy, freedom: freedom)
    var means = Array(repeating: Mean(), count: (families.max() ?? -1) + 1)
    let ratio = (stampError / Self.offsetError) * (stampError / Self.offsetError)
    for (piece, family) in zip(pieces, families) {
      let weight = piece.weight / (ratio + piece.weight)
      means[family].add(own: piece.own, offset: piece.offset, weight: weight)
    }
    for (piece, family) in zip(pieces, families) {
      // In stamps: what as many stamps without an offset of their own would weigh.
      let weight = ratio * piece.weight / (ratio + piece.weight)
      let x = piece.own - means[family].own
      xx += weight * x * x
      xy += weight * x * (piece.offset - means[family].offset)
    }
    let prior = (stampError / Self.usualDrift) * (stampError / Self.usualDrift)
    let fitted = known ?? xy / (xx + prior)
    drift = fitted.isFinite ? min(max(fitted, -Self.greatestDrift), Self.greatestDrift) : 0
    for index in pieces.indices {
      let family = means[families[index]]
      let common = family.offset - drift * family.own
      let own = pieces[index].offset - drift * pieces[index].own
      let weight = pieces[index].weight / (ratio + pieces[index].weight)
      offsets[index] = common + weight * (own - common)
    }
  }

  /// The error of stamps, from the sums of squares about the means of pieces.
  ///
  /// What a straight line leaves of `yy` has `freedom` errors in it, and its slope one more, beyond
  /// what clocks are off by themselves.
  private static func error(xx: Double, xy: Double, yy: Double, freedom: Int) -> Double {
    guard xx > 0, freedom >= 0 else { return usualError }
    let slope = xy / xx
    let rest = max(0, yy - xy * slope)
    let excess = max(0, slope * slope - usualDrift * usualDrift) * xx
    return min(max(((rest + excess) / Double(freedom + 1)).squareRoot(), leastError), usualError)
  }

  /// The observations that lie near the fit; of a piece without such, all.
  private func trim(_ observations: [Observation]) -> [Observation] {
    let sizes = observations.map { abs(residual($0)) }.sorted()
    guard !sizes.isEmpty else { return [] }
    let limit = max(0.060, 3 * 1.4826 * sizes[sizes.count / 2])
    var kept = Array(repeating: 0, count: families.count)
    for o in observations where abs(residual(o)) <= limit { kept[o.piece] += 1 }
    return observations.filter { abs(residual($0)) <= limit || kept[$0.piece] == 0 }
  }

  /// The length in seconds of the longest stretch with one offset.
  private func longest(_ observations: [Observation]) -> Double {
    var extents: [Int: ClosedRange<Double>] = [:]
    for o in observations {
      let old = extents[o.piece] ?? o.own...o.own
      extents[o.piece] = min(old.lowerBound, o.own)...max(old.upperBound, o.own)
    }
    return extents.values.map { $0.upperBound - $0.lowerBound }.max() ?? 0
  }
}
