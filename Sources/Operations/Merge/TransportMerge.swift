import Archive
import Basics
import Media
import Plan
import Slices

/// Joins slices of MPEG-TS into one file of it without taking their packets apart.
///
/// Gives nil where that cannot be done, because something must be encoded, left out in the midst of
/// a slice, or is not as plain as recorders write it.
func joinTransport(
  _ session: Session, _ options: MergeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport? {
  let sources = output.sources(of: session, options.tracks)
  guard output.container == .ts, options.fill == .hold || options.fill == .cut,
    Set(sources.map(\.track.kind)).count == sources.count,
    sources.allSatisfy({ session.isPlain($0.track, in: output.stretch) })
  else { return nil }
  let clock =
    options.fill == .cut
    ? FileClock(presenceOf: sources.map(\.track), in: output.stretch)
    : FileClock(whole: output.stretch)
  var digest: String?
  do throws(Failure) {
    let tracks = try sources.map { (source) throws(Failure) in
      try TransportTrack(source.track, clock: clock)
    }
    var file = try TransportFile(creating: path, types: tracks.map(\.streamType))
    var count = 0
    while let next = earliest(of: tracks, { $0.nextDTS }) {
      let done = try tracks[next].write(to: &file, stream: next)
      count += 1
      if count % 1024 == 0 {
        try context.check(output.path)
        context.progress(done)
      }
    }
    digest = try file.finish()
  } catch  where error.code == .data || error.code == .noInput {
    return nil
  }
  return OutputReport(
    duration: clock.duration,
    tracks: sources.map { source in
      let track = source.track
      return OutputReport.Track(
        uid: source.uid, kind: track.kind, codec: track.formats.first?.codec ?? "",
        start: track.start, gaps: track.gaps, driftPpm: track.driftPpm)
    }, copied: clock.kept, losses: [], digest: digest)
}

extension Session {
  /// Whether all of a track is in `stretch`, whole slices of one kind in files of MPEG-TS.
  fileprivate func isPlain(_ track: Track, in stretch: Stretch) -> Bool {
    guard track.formats.count == 1, Container.ts.codecs.contains(track.formats[0].codec),
      turns(of: track).isEmpty, track.start >= stretch.start, track.end <= stretch.end
    else { return false }
    return track.slices.allSatisfy {
      $0.clip == nil && $0.slice.initialization == nil && $0.slice.resource.bytes == nil
        && $0.slice.resource.path.hasSuffix(".ts")
    } && (track.kind == .audio || track.runs.allSatisfy { $0.slices[0].slice.startsWithKeyFrame })
  }
}

/// One track on its way into a joined file.
private final class TransportTrack {
  let streamType: UInt8
  private let track: Track
  private let clock: FileClock
  private let slices: [PlacedSlice]
  /// Slices that begin a run, with the stretch of the run.
  private let runs: [Int: Stretch]
  private var number = 0
  private var open: TransportSlice?
  private var unit: TransportSlice.Unit?
  /// The place of what is next, in ticks of the file.
  private var place: (pts: Int64, dts: Int64)?
  private var lastDTS: Int64 = .min
  private let fill: SoundFill?
  /// A frame of silence, and where the next of them goes.
  private let silence: [UInt8]
  private var silentPlace: PacketPlace?
  /// The first slice of the run before which silence has been written.
  private var enteredRun = -1

  init(_ track: Track, clock: FileClock) throws(Failure) {
    self.track = track
    self.clock = clock
    slices = track.slices
    var runs: [Int: Stretch] = [:]
    var count = 0
    for run in track.runs {
      runs[count] = Stretch(
        start: clock.position(of: run.start), end: clock.position(of: run.end))
      count += run.slices.count
    }
    self.runs = runs
    let first = try TransportSlice(slices[0].slice.resource.path, isVideo: track.kind == .video)
    streamType = first.streamType
    if track.kind == .audio, let (fill, frame) = try Self.silence(for: track, until: clock.duration)
    {
      self.fill = fill
      silence = frame
    } else {
      (fill, silence) = (nil, [])
    }
    try enter()
    try advance()
  }

  var nextDTS: Int64? { place?.dts }

  func write(to file: inout TransportFile, stream: Int) throws(Failure) -> MediaTime {
    guard let place else { return .zero }
    if silentPlace != nil {
      silentPlace = nil
      try file.write(silence, stream: stream, pts: place.pts)
    } else if let open {
      try file.copy(from: open, stream: stream, pts: place.pts, dts: place.dts)
      unit = nil
    }
    lastDTS = place.dts
    try advance()
    return MediaTime(ticks: place.pts, of: .mpeg)
  }

  /// Opens the slice `number`, after the silence before its run.
  private func enter() throws(Failure) {
    guard number < slices.count else { return }
    let next = try TransportSlice(
      slices[number].slice.resource.path, isVideo: track.kind == .video)
    guard next.streamType == streamType else {
      throw Failure(slices[number].slice.resource.path, cannot: "join", "it is another", .data)
    }
    open = next
  }

  private func advance() throws(Failure) {
    place = nil
    while place == nil {
      if unit == nil, let open {
        unit = try open.next()
        if unit == nil {
          self.open = nil
          number += 1
          try enter()
          continue
        }
      }
      if let fill, let filled = silence(fill) {
        silentPlace = filled
        place = (filled.pts.ticks(of: .mpeg), filled.pts.ticks(of: .mpeg))
        return
      }
      guard let unit else { return }
      let placed = slices[number]
      let pts = position(of: unit.pts, in: placed)
      let lead = max(0, min(unit.pts - unit.dts, 450_000))
      place = (max(pts, lastDTS + 1), max(pts - lead, lastDTS + 1))
    }
  }

  /// Silence is missing before the run that begins next, and behind the last.
  private func silence(_ fill: SoundFill) -> PacketPlace? {
    var packet = Packet()
    guard unit != nil else { return fill.packet(before: nil, into: &packet) }
    guard let run = runs[number], enteredRun != number else { return nil }
    let start = PacketPlace(
      pts: run.start, dts: run.start, duration: run.duration, isKey: true)
    if let found = fill.packet(before: start, into: &packet) { return found }
    enteredRun = number
    return nil
  }

  /// The file's place of a slice's own timestamp, in ticks.
  private func position(of stamp: Int64, in placed: PlacedSlice) -> Int64 {
    let turn: Int64 = 1 << 33
    let first = placed.slice.first.ticks(of: .mpeg)
    var offset = (stamp - first) % turn
    if offset > turn / 2 { offset -= turn }
    if offset < -turn / 2 { offset += turn }
    let own = placed.slice.first + MediaTime(ticks: offset, of: .mpeg)
    return clock.position(of: placed.position(of: own)).ticks(of: .mpeg)
  }

  /// A frame of silence as the track's own are; nil for what there is none for.
  private static func silence(for track: Track, until end: MediaTime) throws(Failure) -> (
    SoundFill, [UInt8]
  )? {
    let reader = TrackReader(track)
    guard reader.peek() != nil, let stream = reader.stream else { return nil }
    var made: (SoundFill, [UInt8])?
    try reader.take { (first, _) throws(Failure) in
      let copier = try StreamCopier(stream, first: first, mayChange: false, subject: "")
      guard let silence = Silence.make(for: copier.parameters) else { return }
      let frame = stream.parameters.codec == "aac" ? silence.framed(like: first) : silence.bytes
      made = (SoundFill(silence, until: end), frame)
    }
    return made
  }
}
