import Basics
import Media
import Posix
import Slices

/// Cuts one track into slices.
///
/// A slice ends where the recording services end theirs: after 15 s at a key frame, for a new codec
/// or size, at an interruption; H.264 also after 5.5 minutes or 50 MB, wherever that is.
final class TrackRecorder {
  /// The rules of cutting.
  struct Rules {
    /// The wished length of a slice.
    var length: MediaTime
    /// H.264 is cut in mid-GOP when a slice is longer or larger than these.
    var longest = MediaTime(milliseconds: 330_000)
    var largest: Int64 = 50_000_000
    /// A silence that ends a slice; that of video is at least four of its frames.
    var silence = MediaTime(milliseconds: 1000)
  }

  private let rules: Rules
  private let track: TrackKey
  private let archive: ArchiveWriter
  private var format: SliceFormat?
  private var writer: SliceWriter?
  /// Where the slice's UTC comes from.
  private var stream = 0
  /// Position minus timestamp in the files of this connection; it makes timestamps go on.
  private var origin: MediaTime?
  /// The next slice follows an absence.
  private var isRestart = true
  private var isDiscontinuous = true
  private var lastUTC: UTCTime?
  private var lastStart: UTCTime?
  private var interval = MediaTime(milliseconds: 33)
  /// When the open slice last grew, on the steady clock.
  private var written: MediaTime?
  private(set) var bytes: Int64 = 0
  private(set) var slices = 0
  private(set) var gaps = 0

  init(_ track: TrackKey, rules: Rules, archive: ArchiveWriter) {
    self.track = track
    self.rules = rules
    self.archive = archive
  }

  /// Writes a packet, cutting before it where the rules say so.
  ///
  /// `prepare`: makes a key frame decodable without the packets before it.
  func write(
    _ packet: inout Packet, _ step: Lane.Step, stream: Int, interval: MediaTime,
    clock: inout SourceClock, prepare: (inout Packet) -> Void
  ) throws(Failure) {
    let sample = step.sample
    if try cutIfDue(before: step, clock: &clock) || writer == nil {
      if let newFormat = step.newFormat { format = newFormat }
      if sample.isVideo, sample.isKey { prepare(&packet) }
      try start(with: sample, stream: stream, clock: &clock)
    }
    self.interval = interval
    bytes += Int64(packet.size)
    written = steadyNow()
    try writer?.write(&packet, sample)
  }

  /// Brings what has been received out of the process's memory.
  func flush() throws(Failure) { try writer?.flush() }

  /// Does so while nothing comes.
  ///
  /// `endsInSilence`: what has not come will never come, and the slice ends where it did.
  func tick(endsInSilence: Bool, clock: inout SourceClock) throws(Failure) {
    try writer?.flushIfDue()
    guard endsInSilence, let written, steadyNow() - written > silence + rules.silence else {
      return
    }
    try interrupt(clock: &clock)
  }

  /// Names the open slice by what the clock says now.
  ///
  /// To be called when another track of the connection has got a final stamp: should the recorder be
  /// killed, the two still belong together.
  func restamp(clock: borrowing SourceClock) throws(Failure) {
    guard let first = writer?.first, let format,
      let utc = clock.utc(stream: stream, position: first), utc != lastStart,
      utc > lastUTC ?? UTCTime(milliseconds: 0)
    else { return }
    let path = try archive.unfinishedPath(track, utc: utc, container: format.container)
    // The slice before may still wait under that name.
    guard fileSize(path) == nil else { return }
    try writer?.rename(to: path)
    lastStart = utc
  }

  /// Ends the slice, if there is one, for an absence.
  func interrupt(clock: inout SourceClock) throws(Failure) {
    try finish(next: nil, clock: &clock)
    isRestart = true
    isDiscontinuous = true
  }

  /// Forgets the timeline of a connection that has ended.
  func leaveConnection(clock: inout SourceClock) throws(Failure) {
    try interrupt(clock: &clock)
    origin = nil
    format = nil
  }

  private var silence: MediaTime {
    track.kind == .audio
      ? rules.silence : max(rules.silence, MediaTime(flicks: interval.flicks * 4))
  }

  private func cutIfDue(before step: Lane.Step, clock: inout SourceClock)
    throws(Failure) -> Bool
  {
    let sample = step.sample
    guard let first = writer?.first, let end = writer?.last, let size = writer?.size else {
      return false
    }
    let length = sample.pts - first
    // A picture that needs those before the silence stays with them.
    let isResumed = sample.pts - end > silence && sample.isKey
    if isResumed || end - sample.pts > rules.silence {
      try interrupt(clock: &clock)
      return true
    }
    let isForced =
      format?.parameters.codec == "h264" && (length > rules.longest || size > rules.largest)
    guard step.newFormat != nil || (length >= rules.length && sample.isKey) || isForced else {
      return false
    }
    isDiscontinuous = step.newFormat != nil
    try finish(next: sample.pts, clock: &clock)
    return true
  }

  private func start(with sample: Sample, stream: Int, clock: inout SourceClock)
    throws(Failure)
  {
    guard let format, let utc = clock.start(stream: stream, position: sample.pts) else { return }
    self.stream = stream
    // Timestamps count from the start of the recording, as near as arrival tells, and never less.
    let origin = self.origin ?? sample.pts - max(.zero, utc - archive.clock.start) - archive.lead
    self.origin = origin
    // The clock may have gone back, and the slice before may still wait for its final name.
    let start = lastStart.map { max(utc, UTCTime(milliseconds: $0.milliseconds + 1)) } ?? utc
    lastStart = start
    if isRestart, slices > 0 { gaps += 1 }
    let path = try archive.unfinishedPath(track, utc: start, container: format.container)
    writer = try SliceWriter(path, format: format, origin: origin, first: sample)
  }

  /// `next`: where the following slice starts, when it follows without a gap.
  private func finish(next: MediaTime?, clock: inout SourceClock) throws(Failure) {
    written = nil
    guard let open = writer.take(), let format else { return }
    let first = open.first
    let isPicture = track.kind == .video
    let end = max(next ?? open.last + (isPicture ? interval : .zero), first)
    let path = open.path
    try open.finish()
    let measured = clock.stamp(stream: stream, position: first) ?? archive.clock.start
    let utc = lastUTC.map { max(measured, UTCTime(milliseconds: $0.milliseconds + 1)) } ?? measured
    lastUTC = utc
    archive.add(
      FinishedSlice(
        path: path, track: track, utc: utc, duration: end - first, format: format.facts,
        container: format.container, isStart: isRestart, isDiscontinuous: isDiscontinuous))
    slices += 1
    isRestart = false
    isDiscontinuous = false
  }
}
