import Basics
import Decoding
import Media
import Plan
import Slices

/// Makes an animated GIF of a participant's pictures, which begins anew when it has ended.
///
/// All pictures share one table of colours, so that what stands still is not drawn again.
func animate(
  _ session: Session, _ options: VideoOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  guard let person = session.participants.first(where: { output.uids.contains($0.uid) }),
    let track = person.video
  else { throw Failure(output.path, cannot: "create", "its input has no pictures", .data) }
  let film = Film(track, session, uid: person.uid, options, output, context)
  var report = OutputReport(
    duration: output.stretch.duration,
    tracks: [
      .init(
        uid: person.uid, kind: .video, codec: "gif", start: track.start, gaps: track.gaps,
        driftPpm: track.driftPpm)
    ], copied: [], encoded: [output.stretch], losses: [])
  // The best colours are known when all pictures have been seen.
  var colours = ColourCount()
  var seen: [(size: PixelSize, time: MediaTime)] = []
  var last = MediaTime.zero
  var sketch = UprightPicture()
  _ = try film.forEach { (picture, place) throws(Failure) in
    let shape = picture.shape.turned(by: place.degrees)
    seen.append((shape, MediaTime(milliseconds: 1)))
    let size = VideoOptions().canvas(for: [seen[seen.count - 1]])
    try sketch.draw(
      picture, turnedBy: place.degrees, on: size, .stretch, subject: output.path)
    colours.add(sketch.canvas)
    last = place.time
    context.progress(MediaTime(flicks: last.flicks / 2))
  }
  guard !seen.isEmpty else {
    throw Failure(output.path, cannot: "create", "none of its pictures can be decoded", .data)
  }
  let canvas = options.canvas(for: seen)
  var table = colours.table()
  var file = try AnimationFile(path, canvas, ending: output.stretch.duration - last)
  let made = try film.forEach { (picture, place) throws(Failure) in
    try sketch.draw(picture, turnedBy: place.degrees, on: canvas, .contain, subject: output.path)
    try file.show(table.picture(of: sketch.canvas), at: place.time)
    context.progress(MediaTime(flicks: (output.stretch.duration + place.time).flicks / 2))
  }
  try file.finish()
  report.picturesDecoded = 2 * made.decoded
  report.picturesEncoded = seen.count
  report.losses = made.problems
  return report
}

/// The pictures of a track that an animation shows.
private struct Film {
  private let track: Track
  private let session: Session
  private let uid: String
  /// nil where each picture keeps its time.
  private let rate: FrameRate?
  private let output: Output
  private let context: OperationContext

  /// Hundredths of a second: browsers show no more pictures than one in two of them.
  private static let shortest = 2

  init(
    _ track: Track, _ session: Session, uid: String, _ options: VideoOptions, _ output: Output,
    _ context: OperationContext
  ) {
    (self.track, self.session, self.uid) = (track, session, uid)
    (self.output, self.context) = (output, context)
    rate = options.fps.map { FrameRate(perSecond: min(100 / Double(Self.shortest), $0)) }
  }

  /// Hands over each picture with its time, counted from the beginning of the output.
  func forEach(
    _ body: (borrowing Frame, PicturePlace) throws(Failure) -> Void
  ) throws(Failure) -> (decoded: Int, problems: [SessionProblem]) {
    let reader = PictureReader(track, of: session, uid: uid, from: output.stretch.start)
    var frame = Frame()
    let shortest = rate == nil ? Self.shortest : 1
    var last = -shortest
    while var place = try reader.next(into: &frame) {
      try context.check(output.path)
      place.time = max(.zero, place.time - output.stretch.start)
      let slot = slot(at: place.time)
      guard slot >= last + shortest, place.time < output.stretch.duration else { continue }
      last = slot
      if let rate { place.time = rate.time(of: slot) }
      try body(frame, place)
    }
    return (reader.decoded, reader.problems)
  }

  private func slot(at time: MediaTime) -> Int {
    guard let rate else { return Int(clamping: time.ticks(of: AnimationFile.tick)) }
    // Times of containers are rounded.
    return Int((time.seconds * rate.perSecond + 0.02).rounded(.down))
  }
}

/// The GIF file.
private struct AnimationFile: ~Copyable {
  private var encoder: Encoder
  private var muxer: Muxer
  private var packet = Packet()

  /// GIF counts in hundredths of a second.
  static let tick = TimeBase(1, 100)

  /// `ending`: how long the last picture is shown.
  init(_ path: String, _ size: PixelSize, ending: MediaTime) throws(Failure) {
    var settings = VideoEncoding(encoder: "gif", size: size, timeBase: Self.tick, frameRate: 100)
    settings.isPaletted = true
    let encoder = try Encoder.make(settings, subject: path)
    let muxer = try Muxer.create(
      path, format: Container.gif.muxer,
      streams: [Muxer.Stream(encoder.parameters, timeBase: Self.tick)],
      options: ["final_delay": "\(min(65_535, max(1, ending.ticks(of: Self.tick))))"])
    self.encoder = encoder
    self.muxer = muxer
  }

  mutating func show(_ picture: borrowing Frame, at time: MediaTime) throws(Failure) {
    try encoder.send(picture, at: time.ticks(of: Self.tick))
    try write()
  }

  private mutating func write() throws(Failure) {
    while try encoder.receive(into: &packet) {
      let time = MediaTime(ticks: packet.pts ?? 0, of: Self.tick)
      try muxer.write(&packet, stream: 0, pts: time, dts: time, duration: nil)
    }
  }

  consuming func finish() throws(Failure) {
    try encoder.finish()
    try write()
    try muxer.finish()
  }
}
