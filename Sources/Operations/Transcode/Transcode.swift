import Archive
import Basics
import Media
import Plan
package import Slices

extension Track {
  /// Whether a container asks players to turn its pictures, which are therefore encoded.
  package var isTurnedByContainer: Bool {
    slices.contains { containerRotation(of: $0.slice) != 0 }
  }
}

/// Makes one file of a participant's tracks: the pictures upright on one canvas.
///
/// What already is as the file is to be is copied.
func transcode(
  _ session: Session, _ options: TranscodeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  guard let whole = session.participants.first(where: { output.uids.contains($0.uid) }) else {
    throw Failure(output.path, cannot: "transcode", "its participant is not there", .software)
  }
  let person = whole.only(options.tracks)
  guard !person.tracks.isEmpty else {
    let missing = Container.films.contains(output.container) ? "media" : "sound"
    throw Failure(output.path, cannot: "create", "its input has no \(missing)", .data)
  }
  let kept = person.kept(in: output.stretch, options.fill)
  let clock = FileClock(kept)
  var copies: [MergeTrack] = []
  var others: [any PacketSource] = []
  var tracks: [OutputReport.Track] = []
  var pictures: PictureEncoding?
  if let video = person.video, video.touches(output.stretch) {
    let choice = options.choice(
      forVideo: video, of: session, over: output.stretch, in: output.container)
    if choice.isCopy, options.video.codec == .copy || !video.isTurnedByContainer,
      let copy = try MergeTrack(
        video, of: session, uid: person.uid, in: output, clock: clock, fill: options.fill)
    {
      copies.append(copy)
    } else {
      let encoding = try PictureEncoding(
        video, of: person, in: session, options, output, choice.codec, progress: context.progress)
      tracks.append(report(of: video, person.uid, encoding.codec))
      pictures = encoding
    }
  }
  if let audio = person.audio, audio.touches(output.stretch) {
    let choice = options.choice(forAudio: audio, over: output.stretch, in: output.container)
    if choice.isCopy,
      let copy = try MergeTrack(
        audio, of: session, uid: person.uid, in: output, clock: clock, fill: options.fill)
    {
      copies.append(copy)
    } else {
      let codec = choice.codec ?? output.container.usualAudioCodec
      tracks.append(report(of: audio, person.uid, codec))
      others.append(
        try SoundEncoding(
          audio, uid: person.uid, kept: kept, codec, options.audio, in: output.container,
          subject: output.path))
    }
  }
  tracks += copies.map(\.report)
  others =
    copies.filter { $0.report.kind == .video } + others
    + copies.filter { $0.report.kind == .audio }
  guard pictures != nil || !others.isEmpty else {
    throw Failure(output.path, cannot: "transcode", "none of its slices can be read", .data)
  }
  if pictures == nil { context.seat?.leave() }
  var file = TranscodedFile(
    pictures, others, at: path, output, utc: { session.start + clock.moment(at: $0) }, context)
  let decodedWith = try pictures?.encodeAll(context) { (index, chunk) throws(Failure) in
    try context.check(output.path)
    // The sound is encoded here.
    try context.parallel.withPlace { () throws(Failure) in try file.take(chunk) }
    if let pictures { context.progress(pictures.grid.chunks[index].wholeEnd) }
  }
  let duration = max(clock.duration, pictures?.duration ?? .zero)
  try file.finish(lasting: duration)
  let encoded = copies.count < tracks.count ? kept : joined(copies.flatMap(\.encoded))
  var made = OutputReport(
    duration: duration,
    tracks: tracks.sorted { ($0.kind == .video ? 1 : 0) < ($1.kind == .video ? 1 : 0) },
    copied: kept.flatMap { $0.without(encoded) }, encoded: encoded, losses: file.problems,
    picturesDecoded: file.decoded + copies.reduce(0) { $0 + $1.picturesDecoded },
    picturesEncoded: file.encoded + copies.reduce(0) { $0 + $1.picturesEncoded })
  made.decodedWith = decodedWith
  return made
}

private func report(of track: Track, _ uid: String, _ codec: String) -> OutputReport.Track {
  OutputReport.Track(
    uid: uid, kind: track.kind, codec: codec, start: track.start, gaps: track.gaps,
    driftPpm: track.driftPpm)
}

extension TrackChoice {
  /// libav's name of what it is encoded to; nil where it is copied.
  fileprivate var codec: String? {
    if case .encode(let codec, because: _) = self { codec } else { nil }
  }
}

extension Track {
  fileprivate func touches(_ stretch: Stretch) -> Bool {
    runs.contains { $0.start < stretch.end && stretch.start < $0.end }
  }

}
