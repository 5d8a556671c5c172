package import Basics
package import Slices

/// Parts of an output's pictures that are encoded one by one, each from a key frame of its own.
///
/// It depends on the session and the options alone, so that the bytes do not depend on how many are
/// encoded at a time.
package struct ChunkGrid: Hashable, Sendable {
  /// One part.
  package struct Chunk: Hashable, Sendable {
    /// On the output's clock.
    package var start: MediaTime
    package var end: MediaTime
    /// How often it is shown, one after the other; more than once only where nothing moves.
    package var count = 1

    package var wholeEnd: MediaTime {
      start + MediaTime(flicks: (end - start).flicks * Int64(count))
    }
  }

  package let chunks: [Chunk]

  /// Cuts at the starts of slices, and at `keys`, where that gives chunks of a good length.
  ///
  /// `keys`: positions from which pictures can be decoded, in order.
  /// `frame`: what the chunks' ends are multiples of; nil where each picture has its own time.
  /// `step`: where given, every multiple of it begins a chunk.
  package init(
    _ showing: Showing, of video: Track, keys: [MediaTime] = [], frame: TimeBase? = nil,
    step: MediaTime? = nil
  ) {
    let marks = Self.marks(showing, of: video, keys)
    func onGrid(_ time: MediaTime) -> MediaTime {
      guard let frame else { return time }
      return MediaTime(ticks: time.ticks(of: frame), of: frame)
    }
    var chunks: [Chunk] = []
    var start = MediaTime.zero
    let end = max(onGrid(showing.duration), frame.map { MediaTime(ticks: 1, of: $0) } ?? .zero)
    var next = 0
    while start < end {
      while next < marks.count, marks[next].time <= start + Self.shortest { next += 1 }
      // What does not move is encoded once, however long it lasts.
      if let frame, step == nil, let still = Self.still(at: start, showing, video) {
        let cell = MediaTime(ticks: Self.wished.ticks(of: frame), of: frame)
        let count = cell > .zero ? (min(still, end) - start).flicks / cell.flicks : 0
        if count > 1 {
          chunks.append(Chunk(start: start, end: start + cell, count: Int(count)))
          start = chunks[chunks.count - 1].wholeEnd
          continue
        }
      }
      var stop = start + Self.wished
      if let step {
        stop = MediaTime(flicks: (start.flicks / step.flicks + 1) * step.flicks)
      } else if let mark = marks[next...].first(where: { $0.isStill && $0.time < stop }) {
        stop = onGrid(mark.time)
        // Its first picture has to be one that stays.
        if let frame, stop < mark.time { stop += MediaTime(ticks: 1, of: frame) }
      } else if next < marks.count, marks[next].time <= start + Self.longest {
        // Decoding can begin there, so that nothing need be decoded twice.
        let wished = stop
        let near = [
          marks[next...].last { $0.time <= wished }, marks[next...].first { $0.time > wished },
        ].compactMap { $0?.time }
        stop = near.min { abs(($0 - wished).seconds) < abs(($1 - wished).seconds) } ?? wished
      }
      stop = onGrid(stop)
      if stop <= start || end - stop < Self.shortest { stop = end }
      chunks.append(Chunk(start: start, end: stop))
      start = stop
    }
    self.chunks = chunks
  }

  private static let shortest = MediaTime(milliseconds: 3000)
  private static let wished = MediaTime(milliseconds: 15_000)
  private static let longest = MediaTime(milliseconds: 30_000)

  private struct Mark {
    var time: MediaTime
    /// Nothing moves from there on for long.
    var isStill = false
  }

  /// Where chunks best begin, on the output's clock, in order.
  private static func marks(_ showing: Showing, of video: Track, _ keys: [MediaTime]) -> [Mark] {
    let starts = video.slices.filter(\.slice.startsWithKeyFrame).map(\.extent.start)
    var marks = (starts + keys).compactMap { showing.position(of: $0) }.map { Mark(time: $0) }
    let ends = video.runs.map(\.end).compactMap { showing.position(of: $0) }
    let pieces = showing.pieces.map(\.start)
    for time in ends + pieces {
      let isStill = still(at: time, showing, video).map { $0 - time > wished + wished } ?? false
      marks.append(Mark(time: time, isStill: isStill))
    }
    return marks.sorted { $0.time < $1.time }
  }

  /// Until when nothing moves from `time` on; nil where something does.
  private static func still(at time: MediaTime, _ showing: Showing, _ video: Track) -> MediaTime? {
    guard let piece = showing.pieces.first(where: { $0.start <= time && time < $0.end }) else {
      return nil
    }
    guard piece.content == .pictures else { return piece.end }
    let moment = piece.stretch.start + (time - piece.start)
    if let run = video.runs.first(where: { $0.end > moment }) {
      guard run.start > moment else { return nil }
      return min(piece.end, piece.start + (run.start - piece.stretch.start))
    }
    return piece.end
  }
}
