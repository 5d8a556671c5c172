import Basics

extension TrackClock {
  /// What the stamps say, in seconds.
  var observations: [ClockFit.Observation] {
    links.compactMap { link in
      link.stamp.map {
        ClockFit.Observation(
          own: link.own.seconds, offset: ($0 - link.own).seconds, piece: link.piece)
      }
    }
  }

  /// The links at which stamps leave the fit for good: at most one of each piece.
  func cuts(_ fit: ClockFit) -> [Int] {
    var cuts: [Int] = []
    var first = 0
    while first < links.count {
      let piece = links[first].piece
      let end = links[first...].firstIndex { $0.piece != piece } ?? links.count
      if let cut = cut(first..<end, fit) { cuts.append(cut) }
      first = end
    }
    return cuts
  }

  /// Where a step in the offset explains a piece's residuals best, if it does so well enough.
  ///
  /// The step at link k that least squares finds beside an offset and a drift is S / D, and it takes
  /// S² / D from the sum of squares: S sums the residuals from k on, D is the square of the step
  /// function less what an offset and a drift explain of it.
  private func cut(_ piece: Range<Int>, _ fit: ClockFit) -> Int? {
    let stamped = piece.filter { links[$0].stamp != nil }
    guard stamped.count >= 6 else { return nil }
    let own = stamped.map { links[$0].own.seconds }
    let residuals = zip(stamped, own).map { index, own in
      let offset = ((links[index].stamp ?? .zero) - links[index].own).seconds
      return fit.residual(.init(own: own, offset: offset, piece: links[index].piece))
    }
    let count = Double(own.count)
    let mean = own.reduce(0, +) / count
    let square = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let all = residuals.reduce(0, +) / count
    var best: (gain: Double, index: Int)?
    var sum = 0.0
    var lever = 0.0
    for k in stride(from: own.count - 1, through: 3, by: -1) {
      sum += residuals[k] - all
      lever += own[k] - mean
      let n = Double(own.count - k)
      let size = n * (count - n) / count - (square > 0 ? lever * lever / square : 0)
      guard n >= 3, size > 0.01 else { continue }
      // Timestamps that run on are believed more than those that were put end to start.
      let least = links[stamped[k]].isSeam ? 0.020 : 0.060
      let gain = sum * sum / size
      guard abs(sum / size) > least, gain > 30 * ClockFit.usualError * ClockFit.usualError,
        gain > best?.gain ?? 0
      else { continue }
      best = (gain, stamped[k])
    }
    return best?.index
  }
}
