package import Basics

/// Whether a track carries sound or pictures; the raw value is the word in file names.
package enum TrackKind: String, Hashable, Sendable, CaseIterable {
  case audio, video

  /// The raw value's own hash is that of a text, and this is a key for every packet.
  package func hash(into hasher: inout Hasher) { hasher.combine(self == .video) }
}

/// The codec facts of a track or slice.
package struct Format: Hashable, Sendable {
  /// The codec by libav's name, as `h264`, `vp8`, `aac` or `opus`.
  package var codec: String
  /// Width, height, sample rate and channels, or 0: small, for every slice of a day has them.
  private var numbers = SIMD4<Int32>.zero

  package init(
    codec: String, width: Int? = nil, height: Int? = nil, sampleRate: Int? = nil,
    channels: Int? = nil
  ) {
    self.codec = codec
    self.width = width
    self.height = height
    self.sampleRate = sampleRate
    self.channels = channels
  }

  /// Coded size in pixels; nil for audio, or when nobody knows.
  package var width: Int? {
    get { number(0) }
    set { numbers[0] = Int32(clamping: newValue ?? 0) }
  }
  package var height: Int? {
    get { number(1) }
    set { numbers[1] = Int32(clamping: newValue ?? 0) }
  }
  /// Samples per second and channel; nil for video, or when nobody knows.
  package var sampleRate: Int? {
    get { number(2) }
    set { numbers[2] = Int32(clamping: newValue ?? 0) }
  }
  package var channels: Int? {
    get { number(3) }
    set { numbers[3] = Int32(clamping: newValue ?? 0) }
  }

  private func number(_ index: Int) -> Int? { numbers[index] > 0 ? Int(numbers[index]) : nil }

  /// What is known, by the names of scripts.
  package var members: [JSONValue.Member] {
    let numbers = [
      ("width", width), ("height", height), ("sampleRate", sampleRate), ("channels", channels),
    ]
    return [.init("codec", .string(codec))]
      + numbers.compactMap { name, value in value.map { .init(name, .integer(Int64($0))) } }
  }
}

/// From `time` on, pictures must be turned by `degrees` anticlockwise to stand upright.
///
/// Degrees are 0, 90, 180 or 270, as in Agora's `EXT-X-AGORA-ROTATE`.
package struct Rotation: Hashable, Sendable {
  package var time: UTCTime
  package var degrees: Int

  package init(time: UTCTime, degrees: Int) {
    self.time = time
    self.degrees = degrees
  }
}

/// A file, or a stretch of one, that holds media.
package struct MediaResource: Hashable, Sendable {
  package var path: String
  /// The bytes that count; nil is the whole file.
  package var bytes: Range<Int64>?

  package init(path: String, bytes: Range<Int64>? = nil) {
    self.path = path
    self.bytes = bytes
  }
}

/// A slice at its place on the session clock.
package struct PlacedSlice: Hashable, Sendable {
  package var slice: Slice
  /// Where the slice's first sample or picture lies.
  package var start: MediaTime
  /// Session seconds per second of the slice's own timestamps: 1 + driftPpm / 10⁶.
  package var rate: Double
  /// Few have one, and all would have to have room for it.
  private var cut: Cut?

  private final class Cut: Hashable, Sendable {
    let stretch: Stretch

    init(_ stretch: Stretch) { self.stretch = stretch }

    static func == (a: Cut, b: Cut) -> Bool { a.stretch == b.stretch }
    func hash(into hasher: inout Hasher) { hasher.combine(stretch) }
  }

  package init(slice: Slice, start: MediaTime, rate: Double = 1, clip: Stretch? = nil) {
    self.slice = slice
    self.start = start
    self.rate = rate
    self.clip = clip
  }

  /// What counts of it, on the session clock, where other slices cover the rest; nil is all.
  package var clip: Stretch? {
    get { cut?.stretch }
    set { cut = newValue.map { Cut($0) } }
  }

  /// Where the slice ends, whatever counts of it.
  package var end: MediaTime { position(of: slice.first + slice.duration) }

  /// The stretch of the session clock that the slice fills.
  package var extent: Stretch { clip ?? Stretch(start: start, end: max(start, end)) }

  /// The session position of the slice's own, unwrapped timestamp.
  package func position(of timestamp: MediaTime) -> MediaTime {
    let offset = timestamp - slice.first
    guard rate != 1 else { return start + offset }
    let stretch = (Double(offset.flicks) * (rate - 1)).rounded()
    return start + offset + MediaTime(flicks: Int64(stretch))
  }
}

/// Neighbouring slices of a track without a gap between them.
package struct Run: Hashable, Sendable {
  package var slices: [PlacedSlice]

  package init(slices: [PlacedSlice]) {
    precondition(!slices.isEmpty, "a run has slices")
    self.slices = slices
  }

  package var start: MediaTime { slices[0].extent.start }
  package var end: MediaTime { slices[slices.count - 1].extent.end }
}

/// A stretch of the session clock.
package struct Stretch: Hashable, Sendable {
  package var start: MediaTime
  package var end: MediaTime

  package init(start: MediaTime, end: MediaTime) {
    self.start = start
    self.end = end
  }

  package var duration: MediaTime { end - start }
}

/// One uid's audio, or one uid's video.
package struct Track: Hashable, Sendable {
  package var kind: TrackKind
  /// In the order of the session clock; at least one.
  package var runs: [Run]
  /// The error of the sender's clock: positive when its seconds are too short, so that the track
  /// must be stretched.
  package var driftPpm: Double
  package var rotations: [Rotation]

  package init(kind: TrackKind, runs: [Run], driftPpm: Double = 0, rotations: [Rotation] = []) {
    precondition(!runs.isEmpty, "a track has runs")
    self.kind = kind
    self.runs = runs
    self.driftPpm = driftPpm
    self.rotations = rotations
  }

  package var start: MediaTime { runs[0].start }
  package var end: MediaTime { runs[runs.count - 1].end }
  package var slices: [PlacedSlice] {
    // A day without a gap is not copied.
    if runs.count == 1 { return runs[0].slices }
    var all: [PlacedSlice] = []
    all.reserveCapacity(runs.reduce(0) { $0 + $1.slices.count })
    for run in runs { all += run.slices }
    return all
  }
  /// The stretches between runs.
  package var gaps: [Stretch] {
    zip(runs, runs.dropFirst()).map { Stretch(start: $0.end, end: $1.start) }
  }
}

/// One participant.
package struct Participant: Hashable, Sendable {
  package var uid: String
  package var audio: Track?
  package var video: Track?

  package init(uid: String, audio: Track? = nil, video: Track? = nil) {
    self.uid = uid
    self.audio = audio
    self.video = video
  }

  /// Audio first.
  package var tracks: [Track] { [audio, video].compactMap { $0 } }
  /// From the first to the last sample of either track.
  package var extent: Stretch {
    Stretch(
      start: tracks.map(\.start).min() ?? .zero, end: tracks.map(\.end).max() ?? .zero)
  }
}

/// Something of a session that is missing, damaged or odd.
package struct SessionProblem: Hashable, Sendable {
  package var path: String
  package var message: String
  /// Whether media is lost by it; other problems are only odd.
  package var isLoss: Bool

  package init(path: String, message: String, isLoss: Bool = true) {
    self.path = path
    self.message = message
    self.isLoss = isLoss
  }
}

/// One session on one clock: where everything of every participant lies.
package struct Session: Hashable, Sendable {
  /// Empty when the archive has none.
  package var sid: String
  /// Empty when the archive has none.
  package var cname: String
  /// The base name of the index or folder: the name of outputs where sid and cname are empty.
  package var name: String
  /// Session zero: the earliest first packet of any track.
  package var start: UTCTime
  /// From session zero to the end of the last track.
  package var duration: MediaTime
  /// Sorted by uid: numbers by value, then texts.
  package var participants: [Participant]
  package var problems: [SessionProblem]

  package init(
    sid: String, cname: String, name: String, start: UTCTime, duration: MediaTime,
    participants: [Participant], problems: [SessionProblem] = []
  ) {
    self.sid = sid
    self.cname = cname
    self.name = name
    self.start = start
    self.duration = duration
    self.participants = participants
    self.problems = problems
  }

  /// The slices of all tracks, one track after the other.
  package var slices: some Sequence<PlacedSlice> {
    participants.lazy.flatMap(\.tracks).flatMap(\.slices)
  }
}
