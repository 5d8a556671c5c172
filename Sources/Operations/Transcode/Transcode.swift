import Archive
import Basics
import Media
import Plan
import Slices

/// Makes one file of a participant's tracks: the pictures upright on one canvas.
func transcode(
  _ session: Session, _ options: TranscodeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  guard let person = session.participants.first(where: { output.uids.contains($0.uid) }) else {
    throw Failure(output.path, cannot: "transcode", "its participant is not there", .software)
  }
  let kept = person.kept(in: output.stretch, options.fill)
  var tracks: [OutputReport.Track] = []
  var pictures: PictureEncoding?
  if let video = person.video, video.touches(output.stretch) {
    let encoding = try PictureEncoding(video, of: person, in: session, options, output)
    tracks.append(report(of: video, person.uid, encoding.codec))
    pictures = encoding
  }
  var sound: SoundEncoding?
  if let audio = person.audio, audio.touches(output.stretch) {
    let choice = options.choice(forAudio: audio, over: output.stretch, in: output.container)
    var codec = output.container.usualAudioCodec
    if case .encode(let wanted, because: _) = choice { codec = wanted }
    tracks.append(report(of: audio, person.uid, codec))
    sound = try SoundEncoding(
      audio, uid: person.uid, kept: kept, codec, options.audio, in: output.container,
      subject: output.path)
  }
  guard pictures != nil || sound != nil else {
    throw Failure(output.path, cannot: "transcode", "none of its slices lies in it", .data)
  }
  var writer = FileWriter(pictures, sound, at: path, output)
  if let pictures {
    let chunks = pictures.grid.chunks
    try context.parallel.ordered(
      chunks.count,
      make: { index throws(Failure) in try pictures.encode(chunks[index], context) },
      take: { (index, chunk) throws(Failure) in
        try context.check(output.path)
        try writer.take(chunk)
        context.progress(chunks[index].wholeEnd)
      })
  }
  let length = kept.reduce(MediaTime.zero) { $0 + $1.duration }
  return try writer.finish(tracks, lasting: max(length, pictures?.duration ?? .zero))
}

private func report(of track: Track, _ uid: String, _ codec: String) -> OutputReport.Track {
  OutputReport.Track(
    uid: uid, kind: track.kind, codec: codec, start: track.start, gaps: track.gaps,
    driftPpm: track.driftPpm)
}

extension Track {
  fileprivate func touches(_ stretch: Stretch) -> Bool {
    runs.contains { $0.start < stretch.end && stretch.start < $0.end }
  }
}
