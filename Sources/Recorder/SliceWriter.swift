import Basics
import Media
import Posix
import Slices

/// What all slices of a track have in common until its format changes.
struct SliceFormat {
  let kind: TrackKind
  let parameters: StreamParameters
  let container: SliceContainer

  var facts: Format {
    Format(
      codec: parameters.codec, width: parameters.width, height: parameters.height,
      sampleRate: parameters.sampleRate, channels: parameters.channels)
  }
}

/// The kinds of files that slices are.
enum SliceContainer: String {
  case ts, webm, mka

  /// The container that takes a codec as sent; nil when none does.
  init?(codec: String) {
    switch codec {
    case "h264", "hevc", "aac", "mp3": self = .ts
    case "vp8", "vp9", "av1", "opus", "vorbis": self = .webm
    case "pcm_mulaw", "pcm_alaw", "adpcm_g722": self = .mka
    default: return nil
    }
  }

  var muxer: String {
    switch self {
    case .ts: "mpegts"
    case .webm: "webm"
    case .mka: "matroska"
    }
  }

  var timeBase: TimeBase { self == .ts ? .mpeg : .milliseconds }

  var options: [String: String] {
    switch self {
    // Timestamps as they are, so that they go on from slice to slice.
    case .ts: ["mpegts_copyts": "1"]
    // What is not yet in a closed cluster is lost with the process.
    case .webm, .mka: ["cluster_time_limit": "1000"]
    }
  }
}

/// One slice that is being written, under its unfinished name.
struct SliceWriter: ~Copyable {
  /// What is handed to the operating system this often outlives the process.
  private static let flushInterval = MediaTime(milliseconds: 500)

  private var muxer: Muxer
  private(set) var path: String
  /// The position of the first sample or picture on the connection's timeline.
  private(set) var first: MediaTime
  /// Where the last sample, or the last picture without its length, ends.
  private(set) var last: MediaTime
  private let origin: MediaTime
  private var lastDTS: MediaTime?
  private var flushed: MediaTime

  /// `origin`: the position that becomes timestamp zero.
  init(_ path: String, format: SliceFormat, origin: MediaTime, first sample: Sample)
    throws(Failure)
  {
    let container = format.container
    muxer = try Muxer.create(
      path, format: container.muxer,
      streams: [Muxer.Stream(format.parameters, timeBase: container.timeBase)],
      options: container.options)
    self.path = path
    self.origin = origin
    first = sample.pts
    last = sample.pts
    flushed = steadyNow()
  }

  var size: Int64 { muxer.size }

  mutating func write(_ packet: inout Packet, _ sample: Sample) throws(Failure) {
    first = min(first, sample.pts)
    last = max(last, sample.pts + (sample.samplesEnd ?? .zero))
    // A muxer takes decoding times that rise, whatever the sender does.
    var dts = sample.dts - origin
    if let lastDTS, dts <= lastDTS { dts = lastDTS + muxer.tick }
    lastDTS = dts
    try muxer.write(
      &packet, stream: 0, pts: max(sample.pts - origin, dts), dts: dts, duration: sample.duration)
    try flushIfDue()
  }

  mutating func flushIfDue() throws(Failure) {
    if steadyNow() - flushed >= Self.flushInterval { try flush() }
  }

  mutating func flush() throws(Failure) {
    flushed = steadyNow()
    try muxer.flush()
  }

  /// Gives the file another name.
  mutating func rename(to path: String) throws(Failure) {
    try Posix.rename(self.path, to: path)
    self.path = path
  }

  consuming func finish() throws(Failure) { try muxer.finish() }
}

extension Muxer {
  /// The shortest step of the first stream's timestamps.
  var tick: MediaTime { MediaTime(ticks: 1, of: timeBase(of: 0)) }
}
