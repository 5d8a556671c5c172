import Archive
import Basics
import Decoding
import Media
import Plan
import Posix
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
  /// Told how much more of the output is encoded.
  let advance: @Sendable (MediaTime) -> Void

  /// Throws when the linked libavcodec lacks an encoder, or a picture of the user's cannot be read.
  init(
    _ track: Track, of person: Participant, in session: Session, _ options: TranscodeOptions,
    _ output: Output, _ codec: String?, progress: @escaping @Sendable (MediaTime) -> Void
  ) throws(Failure) {
    let done = Monitor(MediaTime.zero)
    advance = { time in
      progress(
        done.with {
          $0 += time
          return $0
        })
    }
    self.track = track
    self.session = session
    uid = person.uid
    subject = output.path
    fit = options.fit
    showing = Showing(
      track, in: person.kept(in: output.stretch, options.fill), fill: options.fill)
    rate = options.video.fps.map { FrameRate(perSecond: $0) }
    let facts = PictureFacts(of: track, in: session, uid: person.uid, over: output.stretch)
    canvas = options.video.canvas(for: facts.seen)
    grid = ChunkGrid(showing, of: track, keys: track.listedKeys, frame: rate?.frame)
    let codec = codec ?? options.video.codec.libavName ?? output.container.usualVideoCodec
    self.codec = codec
    var settings = try videoEncoding(
      codec, options.video, size: canvas,
      timeBase: rate?.frame ?? .mpeg, frameRate: rate?.perSecond ?? facts.frameRate,
      in: output.container, subject: output.path)
    settings.colours = facts.colours
    // So few parts keep no machine busy; by their number alone, so that the bytes are the same.
    if codec == "h264" {
      settings.threads = grid.chunks.count == 1 ? 4 : grid.chunks.count < 8 ? 2 : 1
    }
    self.settings = settings
    image = try options.fill.image.map { path throws(Failure) in try StillPicture(at: path) }
  }

  /// How long the pictures last, in whole ones where each lasts as long as the next.
  var duration: MediaTime { max(showing.duration, grid.chunks.last?.wholeEnd ?? .zero) }

  /// Whether the parts of another output show the same pictures as those of this one.
  func isAlike(_ other: PictureEncoding) -> Bool {
    func isNear(_ one: MediaTime, _ other: MediaTime) -> Bool {
      abs((one - other).seconds) < 1
    }
    return uid == other.uid && showing == other.showing
      && grid.chunks.count == other.grid.chunks.count
      && zip(grid.chunks, other.grid.chunks).allSatisfy {
        isNear($0.start, $1.start) && isNear($0.end, $1.end)
      }
  }
}

extension PictureEncoding {
  /// Encodes all parts, together with those of other outputs that show the same.
  ///
  /// `take`: receives them in order.
  ///
  /// Gives the output for which the pictures were decoded, where that is another one.
  func encodeAll(
    _ context: OperationContext, take: (Int, EncodedChunk) throws(Failure) -> Void
  ) throws(Failure) -> String? {
    let seat = context.seat ?? Seat.row(of: 1)[0]
    return try seat.pictures.run(
      self, seat: seat.number, isAlike: { $0.isAlike($1) }, count: grid.chunks.count,
      context.parallel, feed: { _ in () },
      make: { encodings, index, _ in
        encode(encodings.map { ($0, $0.grid.chunks[index]) }, context)
      }, take: take)?.subject
  }
}

/// Encodes one part of each of several outputs, for which every picture is decoded once.
///
/// `parts`: of outputs that are alike, and show about the same stretch.
func encode(
  _ parts: [(plan: PictureEncoding, chunk: ChunkGrid.Chunk)], _ context: OperationContext
) -> [Result<EncodedChunk, Failure>] {
  guard let plan = parts.first?.plan else { return [] }
  let source = PictureSource(plan.track, of: plan.session, uid: plan.uid)
  var failures: [Int: Failure] = [:]
  var works: [Int: ChunkWork] = [:]
  /// Whose work fails leaves the others alone.
  func attempt(_ index: Int, _ body: () throws(Failure) -> Void) {
    do throws(Failure) {
      try body()
    } catch {
      failures[index] = error
      works[index] = nil
    }
  }
  for (index, part) in parts.enumerated() {
    attempt(index) { () throws(Failure) in works[index] = try ChunkWork(part.plan, part.chunk) }
  }
  // Whoever wants the earliest picture looks first, and so nobody misses one.
  while let next = works.compactMap({ index, work in
    work.nextMoment(source).map { (time: $0, index: index, work: work) }
  }).min(by: { ($0.time, $0.index) < ($1.time, $1.index) }) {
    attempt(next.index) { () throws(Failure) in try next.work.look(source, context) }
  }
  return parts.indices.map { index in
    if let failure = failures[index] { return .failure(failure) }
    do throws(Failure) {
      guard let work = works[index] else {
        throw Failure(parts[index].plan.subject, cannot: "encode", "it was not begun", .software)
      }
      return .success(
        try work.finish(
          parts[index].chunk, decoded: index == 0 ? source.decoded : 0, source.problems))
    } catch {
      return .failure(error)
    }
  }
}

/// What is known of a track's pictures before all are decoded.
private struct PictureFacts {
  /// Upright sizes, each with how long it is seen.
  var seen: [(size: PixelSize, time: MediaTime)] = []
  /// Pictures per second, by the first ones.
  var frameRate = 30.0
  /// Of the first picture; those of all others are brought to it.
  var colours = Colours()

  init(of track: Track, in session: Session, uid: String, over stretch: Stretch) {
    var first = Frame()
    let pictures = PictureReader(track, of: session, uid: uid, from: stretch.start)
    // What cannot be decoded is told when all is.
    if (try? pictures.next(into: &first)) != nil { colours = first.colours }
    let turns = session.turns(of: track)
    for placed in track.slices {
      for (whole, format) in placed.parts {
        let part = Stretch(
          start: max(stretch.start, whole.start), end: min(stretch.end, whole.end))
        guard part.end > part.start, let width = format.width, let height = format.height else {
          continue
        }
        let tag = turns.last { $0.position <= part.start }?.degrees ?? 0
        let coded = PixelSize(width: width, height: height)
        // Pixels that are not square are rare, and hardly ever change.
        let size = coded.seen(coded == first.size ? first.pixelAspect : 1)
          .turned(by: tag + containerRotation(of: placed.slice))
        seen.append((size, part.duration))
      }
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

extension Track {
  /// Where decoding can begin inside slices that last long, as far as their containers tell.
  fileprivate var listedKeys: [MediaTime] {
    slices.filter { $0.extent.duration > MediaTime(milliseconds: 30_000) }.flatMap { placed in
      guard var reader = try? SliceReader.open(placed.slice.resource, kind: .video) else {
        return [MediaTime]()
      }
      // Shown a little later than they are decoded.
      return reader.listedKeys().map { placed.position(of: $0 + MediaTime(milliseconds: 250)) }
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
