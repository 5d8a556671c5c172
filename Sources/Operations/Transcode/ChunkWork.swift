import Basics
import Decoding
import Media
import Plan
import Slices

/// One part of an output while it is encoded, from a key frame on.
///
/// It looks at pictures in the order of the session clock, so that several outputs can look at those
/// of one source.
final class ChunkWork {
  /// What is to be seen next.
  private enum Look {
    /// What a piece shows at a moment of the session clock, to be encoded for `tick`.
    case at(MediaTime, Showing.Content, tick: Int64)
    /// No picture yet, but those from this moment on are next.
    case begin(MediaTime)
    /// All pictures that begin before `end`, each at its own time.
    case onwards(in: Showing.Piece, before: MediaTime)
  }

  private let plan: PictureEncoding
  private var looks: ArraySlice<Look> = []
  private var canvas: PictureCanvas
  private var encoder: Encoder
  private var packets: [EncodedPacket] = []
  private var sent = 0
  private var lastTick = Int64.min
  /// The number of the source's picture that was looked at last.
  private var seen = 0

  init(_ plan: PictureEncoding, _ chunk: ChunkGrid.Chunk) throws(Failure) {
    self.plan = plan
    canvas = PictureCanvas(
      size: plan.canvas, colours: plan.settings.colours, fit: plan.fit, subject: plan.subject)
    encoder = try Encoder.make(plan.settings, subject: plan.subject)
    looks = (plan.rate.map { steadily(chunk, $0) } ?? asTheyCome(chunk))[...]
  }

  /// A picture every so often, each the one that is nearest to its time.
  private func steadily(_ chunk: ChunkGrid.Chunk, _ rate: FrameRate) -> [Look] {
    let half = MediaTime(flicks: rate.time(of: 1).flicks / 2)
    let last = plan.showing.duration - MediaTime(flicks: 1)
    let first = rate.picture(at: chunk.start)
    return (first..<max(first, rate.picture(at: chunk.end))).compactMap { index in
      let time = min(rate.time(of: index) + half, last)
      return plan.showing.piece(at: time).map {
        .at($0.stretch.start + (time - $0.start), $0.content, tick: Int64(index))
      }
    }
  }

  /// Every picture at its own time.
  private func asTheyCome(_ chunk: ChunkGrid.Chunk) -> [Look] {
    var looks: [Look] = []
    for piece in plan.showing.pieces where piece.start < chunk.end && chunk.start < piece.end {
      let (from, end) = (max(piece.start, chunk.start), min(piece.end, chunk.end))
      func moment(_ time: MediaTime) -> MediaTime { piece.stretch.start + (time - piece.start) }
      // Pictures that come a moment after the sound need no black one before them.
      let isMoment =
        piece.start == .zero && piece.content != .pictures
        && piece.stretch.duration <= Showing.shortestGap
      if from == piece.start, !isMoment {
        looks.append(.at(moment(from), piece.content, tick: tick(of: from)))
      }
      guard piece.content == .pictures, plan.track.moves(in: moment(from), moment(end)) else {
        continue
      }
      if from != piece.start {
        looks.append(.begin(moment(from)))
      }
      looks.append(.onwards(in: piece, before: moment(end)))
    }
    return looks
  }

  private func tick(of time: MediaTime) -> Int64 { time.ticks(of: plan.settings.timeBase) }

  /// The moment of the session clock at which it looks next; nil when it has seen all.
  func nextMoment(_ source: PictureSource) -> MediaTime? {
    while let look = looks.first {
      switch look {
      case .at(let moment, _, tick: _): return moment
      // Before anybody goes on to the picture of that moment.
      case .begin(let moment): return moment - MediaTime(flicks: 1)
      case .onwards(in: _, before: let end):
        let next = seen < source.number ? source.place : source.aheadPlace
        if let next, next.time < end { return next.time }
        looks.removeFirst()
      }
    }
    return nil
  }

  /// Looks at what `nextMoment` is the time of, and encodes it.
  func look(_ source: PictureSource, _ context: OperationContext) throws(Failure) {
    switch looks.first {
    case .at(let moment, let content, let tick)?:
      looks.removeFirst()
      try show(content, at: moment, source)
      try send(at: tick, context)
    case .begin(let moment)?:
      looks.removeFirst()
      try source.begin(at: moment)
      seen = source.number
    case .onwards(in: let piece, before: _)?:
      if seen == source.number { try source.showNext() }
      guard let place = source.place else { return }
      try draw(source, place)
      try send(at: tick(of: piece.start + (place.time - piece.stretch.start)), context)
    case nil: break
    }
  }

  /// Puts onto the canvas what is seen at a moment of the session clock.
  private func show(
    _ content: Showing.Content, at moment: MediaTime, _ source: PictureSource
  ) throws(Failure) {
    switch content {
    case .black: canvas.drawBlack()
    case .image:
      if let image = plan.image { try canvas.draw(image) } else { canvas.drawBlack() }
    case .pictures:
      try source.show(at: moment)
      guard let place = source.place else {
        canvas.drawBlack()
        return
      }
      if seen < source.number || !canvas.showsPicture { try draw(source, place) }
    }
  }

  private func draw(_ source: PictureSource, _ place: PicturePlace) throws(Failure) {
    seen = source.number
    try canvas.draw(source.shown, turnedBy: place.degrees)
  }

  private func send(at tick: Int64, _ context: OperationContext) throws(Failure) {
    guard tick > lastTick else { return }
    if sent > 0 { plan.advance(MediaTime(ticks: tick - lastTick, of: plan.settings.timeBase)) }
    lastTick = tick
    try canvas.withPicture { picture throws(Failure) in
      try encoder.send(picture, at: tick, isKey: sent == 0)
    }
    sent += 1
    // A large picture may take a second.
    try context.check(plan.subject)
    try receive()
  }

  private func receive() throws(Failure) {
    var packet = Packet()
    while try encoder.receive(into: &packet) {
      guard let tick = packet.pts else { continue }
      packets.append(
        EncodedPacket(packet.take(), at: MediaTime(ticks: tick, of: encoder.timeBase)))
    }
  }

  /// Takes what the encoder held back.
  ///
  /// `decoded`: how many pictures were decoded for this part.
  func finish(
    _ chunk: ChunkGrid.Chunk, decoded: Int, _ problems: [SessionProblem]
  ) throws(Failure) -> EncodedChunk {
    if sent > 0 {
      try encoder.finish()
      try receive()
    }
    return EncodedChunk(
      packets: packets, count: chunk.count, length: chunk.end - chunk.start,
      parameters: encoder.parameters, reordering: encoder.reordering, decoded: decoded,
      encoded: sent, problems: problems)
  }
}

extension Showing {
  fileprivate func piece(at time: MediaTime) -> Piece? {
    // Pieces are few, but for sessions of many absences.
    var (low, high) = (0, pieces.count)
    while low < high {
      let middle = (low + high) / 2
      if pieces[middle].end > time { high = middle } else { low = middle + 1 }
    }
    return low < pieces.count ? pieces[low] : nil
  }
}

extension Track {
  /// Whether any slice lies between two moments of the session clock.
  fileprivate func moves(in start: MediaTime, _ end: MediaTime) -> Bool {
    runs.contains { $0.start < end && start < $0.end }
  }
}
