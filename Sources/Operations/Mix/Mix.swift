import Basics
import Media
import Plan
import Posix
import Slices

/// Mixes the sound of participants into one file.
///
/// The timeline is decoded, mixed and encoded in parts on a fixed grid, in parallel, and joined
/// without a seam.
func mix(
  _ session: Session, _ options: MixOptions, _ output: Output, _ context: OperationContext
) throws(Failure) -> OutputReport {
  let voices = output.uids.compactMap { uid -> Mixer.Voice? in
    guard let track = session.participants.first(where: { $0.uid == uid })?.audio else {
      return nil
    }
    return Mixer.Voice(
      uid: uid, track: track, gain: options.gain[uid] ?? 0, pan: options.pan[uid] ?? 0)
  }
  guard !voices.isEmpty else {
    throw Failure(output.path, cannot: "mix", "none of its uids has sound", .data)
  }
  Heap.keep()
  let work = MixWork(session, options, output, voices)
  let made = try context.file(output.path) { path throws(Failure) in
    try work.run(at: path, context)
  }
  try work.writeExtras(context)
  return work.report(with: made.leader, made.peak)
}

/// One output of a mix in the making.
struct MixWork: Sendable {
  let session: Session
  let options: MixOptions
  let output: Output
  let mixer: Mixer
  let grid: MixGrid
  let encoding: MixEncoding
  let waveform: Monitor<Waveform>?

  init(_ session: Session, _ options: MixOptions, _ output: Output, _ voices: [Mixer.Voice]) {
    self.session = session
    self.options = options
    self.output = output
    mixer = Mixer(voices, options, output.stretch, measuresLevels: options.levels)
    grid = MixGrid(output.container, rate: options.sampleRate, length: mixer.length)
    encoding = MixEncoding(output.container, options, grid)
    waveform = options.waveform ? Monitor(Waveform(length: mixer.length)) : nil
  }

  /// Whether another output is of the same samples, whatever they are encoded to.
  func isAlike(_ other: MixWork) -> Bool {
    guard let sound = options.sound else { return false }
    return sound == other.options.sound && output.uids == other.output.uids
      && output.stretch == other.output.stretch && grid.parts == other.grid.parts
  }

  /// Writes the file, together with those of other outputs that are alike.
  ///
  /// Gives the output for which the sound was decoded and mixed, where that is another one, and the
  /// amplitude to which the file is decoded at its loudest.
  func run(at path: String, _ context: OperationContext) throws(Failure)
    -> (leader: MixWork?, peak: Float)
  {
    let limiter = Limiter(rate: options.sampleRate, decibels: options.limit)
    var stored: StoredMix?
    if let target = options.loudness {
      stored = try StoredMix(mixer, in: splitPath(path).folder, output.path, context)
      try stored?.bring(to: target, limiter, output.path, context)
    }
    let source = stored
    var file = try MixFile(path, self)
    let (mixer, grid) = (mixer, grid)
    let share = source == nil ? 1.0 : 0.5
    let seat = context.seat ?? Seat.row(of: 1)[0]
    let leader = try seat.mixes.run(
      self, seat: seat.number, isAlike: { $0.isAlike($1) }, count: grid.parts,
      ahead: context.parallel.width + 2, context.parallel,
      feed: { part -> Mixer.Window? in
        source == nil ? mixer.feed(grid.window(of: part)) : nil
      },
      make: { works, part, window in
        let samples = grid.window(of: part)
        do throws(Failure) {
          var sound =
            if let window {
              mixer.mix(window, core: grid.core(of: part))
            } else if let source {
              try source.read(samples)
            } else {
              SoundBuffer(channels: mixer.channels)
            }
          limiter.limit(&sound)
          let whole = sound.widened(to: mixer.channels)
          return works.map { $0.encode(part, whole, from: samples.lowerBound) }
        } catch {
          return works.map { _ in .failure(error) }
        }
      },
      take: { (part, made) throws(Failure) in
        try context.check(output.path)
        // Some encoders work here.
        try context.parallel.withPlace { () throws(Failure) in try file.write(made) }
        let done = Double(part + 1) / Double(grid.parts) * share + 1 - share
        context.progress(MediaTime(seconds: output.stretch.duration.seconds * done))
      })
    return (leader, try file.finish())
  }

  /// One part of the limited mix, which begins with sample `first`, as this output has it.
  private func encode(_ part: Int, _ sound: borrowing SoundBuffer, from first: Int64)
    -> Result<MixPart, Failure>
  {
    waveform?.with { $0.add(sound, at: first, within: grid.core(of: part)) }
    do throws(Failure) {
      return .success(try encoding.encode(part, sound, from: first))
    } catch {
      return .failure(error)
    }
  }

  /// What is written beside the file.
  func writeExtras(_ context: OperationContext) throws(Failure) {
    let (folder, name) = splitPath(output.path)
    let base = String(name.dropLast(output.container.ending.count + 1))
    if let waveform {
      let picture = waveform.with { $0 }
      try context.file(joinPath(folder, base + ".png")) { path throws(Failure) in
        try writeFile(path, try picture.png())
      }
    }
    if let levels = mixer.levels {
      let json = levels.json(
        uids: mixer.voices.map(\.uid), rate: mixer.rate, length: mixer.length)
      try context.file(joinPath(folder, base + ".levels.json")) { path throws(Failure) in
        try writeFile(path, json.pretty.utf8)
      }
    }
  }

  /// What the report says of it.
  ///
  /// `leader`: the output for which the sound was decoded, where that is another one.
  /// `peak`: the amplitude to which the file is decoded at its loudest.
  func report(with leader: MixWork?, _ peak: Float) -> OutputReport {
    var report = OutputReport(
      duration: output.stretch.duration,
      tracks: mixer.voices.map { voice in
        OutputReport.Track(
          uid: voice.uid, kind: .audio, codec: output.container.usualAudioCodec,
          start: voice.track.start, gaps: voice.track.gaps, driftPpm: voice.track.driftPpm)
      },
      copied: [], losses: (leader ?? self).mixer.losses)
    report.decodedWith = leader?.output.path
    report.peak = decibels(amplitude: Double(peak))
    return report
  }

  var title: String {
    let name = session.cname.isEmpty ? session.name : session.cname
    return options.perUid ? "\(name) \(output.uids.first ?? "")" : name
  }

  /// When the output's first sample was heard.
  var date: String { "\(session.start + output.stretch.start)" }

  /// A chapter from each moment at which somebody comes or leaves to the next.
  var chapters: [Muxer.Chapter] {
    guard options.chapters else { return [] }
    let stretch = output.stretch
    var events: [MediaTime: [String]] = [.zero: []]
    for voice in mixer.voices {
      for segment in Participant(uid: voice.uid, audio: voice.track).segments() {
        if segment.end <= stretch.start || segment.start >= stretch.end { continue }
        events[max(.zero, segment.start - stretch.start), default: []].append("\(voice.uid) joins")
        if segment.end < stretch.end {
          events[segment.end - stretch.start, default: []].append("\(voice.uid) leaves")
        }
      }
    }
    let times = events.keys.sorted()
    return times.enumerated().map { index, time in
      let titles = events[time] ?? []
      return Muxer.Chapter(
        start: time, end: index + 1 < times.count ? times[index + 1] : stretch.duration,
        title: titles.isEmpty ? title : titles.joined(separator: ", "))
    }
  }
}

/// The file of a mix, whatever its container.
private struct MixFile: ~Copyable {
  private var mp3: MP3File?
  private var muxed: MuxedSound?
  private let encoding: MixEncoding
  private var peak: Float = 0

  init(_ path: String, _ work: MixWork) throws(Failure) {
    encoding = work.encoding
    if encoding.container == .mp3 {
      mp3 = try MP3File(
        path, tag: ID3Tag(title: work.title, date: work.date, chapters: work.chapters),
        length: work.mixer.length)
    } else {
      muxed = try MuxedSound(
        path, encoding, length: work.mixer.length,
        metadata: ["title": work.title, "date": work.date], chapters: work.chapters)
    }
  }

  mutating func write(_ part: MixPart) throws(Failure) {
    peak = max(peak, part.peak ?? 0)
    if case .frames(let bytes, let sizes) = part.sound, mp3 != nil {
      try mp3?.write(bytes, sizes: sizes)
    } else {
      try muxed?.write(part)
    }
  }

  /// Ends the file and returns the amplitude to which it is decoded at its loudest.
  mutating func finish() throws(Failure) -> Float {
    try mp3?.finish(bitrate: encoding.bitrate, frameSize: Int(encoding.grid.block))
    if let last = try muxed?.flush() { peak = max(peak, last) }
    try muxed.take()?.finish()
    return peak
  }
}
