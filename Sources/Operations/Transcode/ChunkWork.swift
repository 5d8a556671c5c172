import Basics
import Decoding
import Media
import Plan
import Slices

/// One part of an output while it is encoded.
final class ChunkWork {
  private let plan: PictureEncoding
  private let source: PictureSource
  private var canvas: PictureCanvas
  private var encoder: Encoder
  private var packets: [EncodedPacket] = []
  private var sent = 0

  init(_ plan: PictureEncoding) throws(Failure) {
    self.plan = plan
    source = PictureSource(plan.track, of: plan.session, uid: plan.uid)
    canvas = PictureCanvas(size: plan.canvas, fit: plan.fit, subject: plan.subject)
    encoder = try Encoder.make(plan.settings, subject: plan.subject)
  }

  /// A picture every so often, each the one that is nearest to its time.
  func encodeSteadily(
    _ chunk: ChunkGrid.Chunk, _ rate: FrameRate, _ context: OperationContext
  ) throws(Failure) {
    let half = MediaTime(flicks: rate.time(of: 1).flicks / 2)
    let last = plan.showing.duration - MediaTime(flicks: 1)
    for index in rate.picture(
      at: chunk.start)..<max(
        rate.picture(at: chunk.start), rate.picture(at: chunk.end))
    {
      let time = min(rate.time(of: index) + half, last)
      guard let piece = plan.showing.piece(at: time) else { break }
      try show(piece.content, at: piece.stretch.start + (time - piece.start))
      try send(at: Int64(index), context)
    }
  }

  /// Every picture at its own time.
  func encodeAsTheyCome(_ chunk: ChunkGrid.Chunk, _ context: OperationContext) throws(Failure) {
    var lastTick = Int64.min
    func send(at time: MediaTime) throws(Failure) {
      let tick = time.ticks(of: plan.settings.timeBase)
      guard tick > lastTick else { return }
      lastTick = tick
      try self.send(at: tick, context)
    }
    for piece in plan.showing.pieces where piece.start < chunk.end && chunk.start < piece.end {
      let (from, end) = (max(piece.start, chunk.start), min(piece.end, chunk.end))
      func moment(_ time: MediaTime) -> MediaTime { piece.stretch.start + (time - piece.start) }
      // Pictures that come a moment after the sound need no black one before them.
      let isMoment =
        piece.start == .zero && piece.content != .pictures
        && piece.stretch.duration <= Showing.shortestGap
      if from == piece.start, !isMoment {
        try show(piece.content, at: moment(from))
        try send(at: from)
      }
      guard piece.content == .pictures, plan.track.moves(in: moment(from), moment(end)) else {
        continue
      }
      if from != piece.start { try source.show(before: moment(from)) }
      while let next = try source.next(before: moment(end)) {
        try canvas.draw(source.shown, turnedBy: next.degrees)
        try send(at: piece.start + (next.time - piece.stretch.start))
      }
    }
  }

  /// Puts onto the canvas what is seen at a moment of the session clock.
  private func show(_ content: Showing.Content, at moment: MediaTime) throws(Failure) {
    switch content {
    case .black: canvas.drawBlack()
    case .image:
      if let image = plan.image { try canvas.draw(image) } else { canvas.drawBlack() }
    case .pictures:
      if try source.show(at: moment) {
        try canvas.draw(source.shown, turnedBy: source.degrees)
      } else if !source.hasPicture {
        canvas.drawBlack()
      } else if !canvas.showsPicture {
        try canvas.draw(source.shown, turnedBy: source.degrees)
      }
    }
  }

  private func send(at tick: Int64, _ context: OperationContext) throws(Failure) {
    try canvas.withPicture { picture throws(Failure) in
      try encoder.send(picture, at: tick, isKey: sent == 0)
    }
    sent += 1
    if sent % 64 == 0 { try context.check(plan.subject) }
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
  func finish(_ chunk: ChunkGrid.Chunk) throws(Failure) -> EncodedChunk {
    if sent > 0 {
      try encoder.finish()
      try receive()
    }
    return EncodedChunk(
      packets: packets, count: chunk.count, length: chunk.end - chunk.start,
      parameters: encoder.parameters, reordering: encoder.reordering, decoded: source.decoded,
      encoded: sent, problems: source.problems)
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
