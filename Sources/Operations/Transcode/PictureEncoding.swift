import Archive
import Basics
import Decoding
import Media
import Plan
import Slices

/// How the pictures of one output are encoded, settled before the first: so that its chunks can be
/// made in any order and on any number of threads.
struct PictureEncoding: Sendable {
  let track: Track
  let session: Session
  let uid: String
  let showing: Showing
  let grid: ChunkGrid
  let canvas: PixelSize
  let fit: Fit
  /// nil where each picture keeps its time.
  let rate: FrameRate?
  let settings: VideoEncoding
  /// libav's name of what comes out.
  let codec: String
  /// What `fill: image` shows.
  let image: StillPicture?
  /// For messages.
  let subject: String

  /// Throws when the linked libavcodec lacks an encoder, or a picture of the user's cannot be read.
  init(
    _ track: Track, of person: Participant, in session: Session, _ options: TranscodeOptions,
    _ output: Output, _ codec: String?
  ) throws(Failure) {
    self.track = track
    self.session = session
    uid = person.uid
    subject = output.path
    fit = options.fit
    showing = Showing(
      track, in: person.kept(in: output.stretch, options.fill), fill: options.fill)
    rate = options.video.fps.map { FrameRate(perSecond: $0) }
    let facts = PictureFacts(of: track, in: session, over: output.stretch)
    canvas = options.video.canvas(for: facts.seen)
    grid = ChunkGrid(showing, of: track, frame: rate?.frame)
    let codec = codec ?? options.video.codec.libavName ?? output.container.usualVideoCodec
    self.codec = codec
    settings = try videoEncoding(
      codec, options.video, size: canvas,
      timeBase: rate?.frame ?? .mpeg, frameRate: rate?.perSecond ?? facts.frameRate,
      in: output.container, subject: output.path)
    image = try options.fill.image.map { path throws(Failure) in try StillPicture(at: path) }
  }

  /// How long the pictures last, in whole ones where each lasts as long as the next.
  var duration: MediaTime { max(showing.duration, grid.chunks.last?.wholeEnd ?? .zero) }

  /// Encodes one part, from a key frame on.
  func encode(_ chunk: ChunkGrid.Chunk, _ context: OperationContext) throws(Failure)
    -> EncodedChunk
  {
    let work = try ChunkWork(self)
    if let rate {
      try work.encodeSteadily(chunk, rate, context)
    } else {
      try work.encodeAsTheyCome(chunk, context)
    }
    return try work.finish(chunk)
  }
}

/// What is known of a track's pictures before they are decoded.
private struct PictureFacts {
  /// Upright sizes, each with how long it is seen.
  var seen: [(size: PixelSize, time: MediaTime)] = []
  /// Pictures per second, by the first ones.
  var frameRate = 30.0

  init(of track: Track, in session: Session, over stretch: Stretch) {
    let turns = session.turns(of: track)
    for placed in track.slices {
      let part = Stretch(
        start: max(stretch.start, placed.extent.start), end: min(stretch.end, placed.extent.end))
      guard part.end > part.start, let width = placed.slice.format.width,
        let height = placed.slice.format.height
      else { continue }
      let tag = turns.last { $0.position <= part.start }?.degrees ?? 0
      let size = PixelSize(width: width, height: height)
        .turned(by: tag + containerRotation(of: placed.slice))
      seen.append((size, part.duration))
    }
    let reader = TrackReader(track, from: stretch.start)
    var times: [MediaTime] = []
    while times.count < 60, let place = reader.peek() {
      times.append(place.pts)
      // What cannot be read is told when it is decoded.
      guard (try? reader.take { _, _ in }) != nil else { break }
    }
    times.sort()
    let steps = zip(times, times.dropFirst()).map { $1 - $0 }.sorted()
    if let step = steps.dropFirst(steps.count / 2).first, step > .zero {
      frameRate = min(120, max(1, 1 / step.seconds))
    }
  }
}

/// The turn anticlockwise that a slice's container asks players for; transport streams and WebM ask
/// for none.
func containerRotation(of slice: Slice) -> Int {
  let path = slice.resource.path
  guard !path.hasSuffix(".ts"), !path.hasSuffix(".webm") else { return 0 }
  guard let reader = try? SliceReader.open(slice.resource, kind: .video),
    let stream = try? reader.stream(.video)
  else { return 0 }
  return stream.rotation
}
