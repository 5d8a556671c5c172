import Basics

/// When a packet is decoded and shown, on the timeline of its connection.
struct Sample {
  var pts: MediaTime
  var dts: MediaTime
  /// nil when nobody said.
  var duration: MediaTime?
  /// Decoding can start here; every packet of audio.
  var isKey: Bool
  var isVideo: Bool

  /// What to add to `pts` for the end of what is heard; nil for pictures, which last until the
  /// next.
  var samplesEnd: MediaTime? { isVideo ? nil : duration }
}

/// Makes decoding times for streams that carry only presentation times, as RTP does.
struct DecodeTimes {
  private var waiting: [MediaTime] = []
  private var last: MediaTime?

  /// The decoding time of the next packet in decoding order.
  ///
  /// With `depth` pictures held back for reordering, the n-th packet is decoded when the picture
  /// shown `depth` places before the n-th is shown.
  mutating func next(pts: MediaTime, depth: Int, interval: MediaTime) -> MediaTime {
    waiting.append(pts)
    waiting.sort()
    if waiting.count > depth + 1 { waiting.removeFirst(waiting.count - depth - 1) }
    let missing = depth + 1 - waiting.count
    var dts = waiting[0]
    for _ in 0..<missing { dts -= interval }
    dts = min(dts, pts)
    if let last, dts <= last { dts = min(pts, last + MediaTime(ticks: 1, of: .mpeg)) }
    last = dts
    return dts
  }
}
