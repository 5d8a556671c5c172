import Basics
import Media
import Posix
import Slices

/// What comes next when the slices of a track are read one after the other.
enum SliceEvent: Sendable {
  /// A slice, by its number, was opened; what comes of it may begin inside, before a key frame.
  case begins(Int, MediaStream, isSought: Bool)
  /// The packet that was read belongs to it.
  case packet
  /// It was read to its end.
  case ends
  /// A slice could not be opened, or not be read to its end.
  case fails(Int, reason: String)
}

/// The packets of a track's slices as they lie in the files.
protocol PacketFeed: AnyObject {
  /// Nil at the end of the last slice.
  func next(into packet: inout Packet) -> SliceEvent?
}

/// Reads one slice at a time, when it is asked.
final class SliceFeed: PacketFeed {
  private final class Open {
    var reader: SliceReader
    init(_ reader: consuming SliceReader) { self.reader = reader }
  }

  private let slices: [PlacedSlice]
  private let kind: TrackKind
  /// Where reading may begin in the first slice.
  private var position: MediaTime?
  private var number: Int
  private var open: Open?
  private var known = KnownStreams()

  /// Begins with the slice of the number `first`.
  ///
  /// `position`: what comes before it in that slice may be left out, as far as it can be decoded.
  init(
    _ slices: [PlacedSlice], from first: Int, at position: MediaTime, kind: TrackKind
  ) {
    self.slices = slices
    self.position = position
    self.kind = kind
    number = first
  }

  func next(into packet: inout Packet) -> SliceEvent? {
    guard number < slices.count else { return nil }
    do throws(Failure) {
      guard let open else {
        let slice = slices[number]
        var reader = try SliceReader.open(slice.slice.source, kind: kind, known: &known)
        let stream = try reader.stream(kind)
        var isSought = false
        if let position, kind == .video, slice.isWorthSeeking(position) {
          isSought = slice.seek(before: position, &reader, stream)
          // Who tried in vain begins at the beginning.
          if !isSought {
            reader = try SliceReader.open(slice.slice.source, kind: kind, known: &known)
          }
        }
        position = nil
        open = Open(reader)
        return .begins(number, stream, isSought: isSought)
      }
      if try open.reader.read(into: &packet) { return .packet }
      pass()
      return .ends
    } catch {
      let failed = number
      pass()
      return .fails(failed, reason: error.reason)
    }
  }

  private func pass() {
    open = nil
    number += 1
  }
}

extension PlacedSlice {
  /// Whether so much lies before a position that going there is quicker than reading: in a slice
  /// longer than recorders write them.
  ///
  /// In half of a turn of a 33-bit clock no time has two meanings.
  fileprivate func isWorthSeeking(_ position: MediaTime) -> Bool {
    position - extent.start > MediaTime(milliseconds: 5000)
      && slice.duration > MediaTime(milliseconds: 20_000)
      && slice.duration < MediaTime(seconds: 40_000)
  }

  /// Goes to where a position can be decoded from; false where no key frame is found.
  fileprivate func seek(
    before position: MediaTime, _ reader: inout SliceReader, _ stream: MediaStream
  ) -> Bool {
    let time = slice.first + (position - start)
    // Formats without an index find a place, but no key frame; and B-frames are decoded late.
    for margin in [0, 1, 10, 60] {
      let target = time - MediaTime(seconds: Double(margin))
      guard target > slice.first, reader.seek(to: target) else { return false }
      var packet = Packet()
      while (try? reader.read(into: &packet)) == true {
        guard packet.isKey, let own = stream.time(of: packet) else { continue }
        let unwrapped = own + OpenSlice.wraps(from: own, to: slice.first)
        if self.position(of: unwrapped) <= position { return reader.seek(to: target) }
        break
      }
    }
    return false
  }
}

/// Reads slices on a thread of its own, a little ahead of what is asked for.
final class FeedAhead: PacketFeed {
  // Sound: one thread has it at a time.
  private final class Batch: @unchecked Sendable {
    var events: [SliceEvent] = []
    var next = 0
    let packets = PacketBatch()
  }

  private struct State {
    var ready: [Batch] = []
    var spare: [Batch]
    var isOver = false
    var isStopped = false
  }

  /// How many batches there are, and what a batch holds at most, but for its last packet.
  private static let batches = 4
  private static let size = 1 << 18
  private static let count = 128

  private let state: Monitor<State>
  private let thread: Thread
  private var current: Batch?

  init(
    _ slices: [PlacedSlice], from first: Int, at position: MediaTime, kind: TrackKind
  ) {
    let state = Monitor(State(spare: (0..<Self.batches).map { _ in Batch() }))
    self.state = state
    thread = Thread {
      Self.read(SliceFeed(slices, from: first, at: position, kind: kind), into: state)
    }
  }

  deinit {
    state.with { $0.isStopped = true }
    thread.join()
  }

  private static func read(_ feed: SliceFeed, into state: Monitor<State>) {
    var packet = Packet()
    var isOver = false
    while !isOver {
      let spare = state.wait { state -> Batch?? in
        state.isStopped ? .some(nil) : state.spare.popLast().map { .some($0) }
      }
      guard let batch = spare ?? nil else { return }
      while batch.events.count < count, batch.packets.size < size {
        guard let event = feed.next(into: &packet) else {
          isOver = true
          break
        }
        batch.events.append(event)
        if case .packet = event { batch.packets.append(&packet) }
      }
      state.with {
        $0.ready.append(batch)
        $0.isOver = isOver
      }
    }
  }

  func next(into packet: inout Packet) -> SliceEvent? {
    while true {
      if let batch = current {
        if batch.next < batch.events.count {
          let event = batch.events[batch.next]
          batch.next += 1
          if case .packet = event { _ = batch.packets.take(into: &packet) }
          return event
        }
        batch.events.removeAll(keepingCapacity: true)
        batch.next = 0
        batch.packets.empty()
        state.with { $0.spare.append(batch) }
        current = nil
      }
      let ready = state.wait { state -> Batch?? in
        if state.ready.isEmpty { return state.isOver ? .some(nil) : nil }
        return .some(state.ready.removeFirst())
      }
      guard let batch = ready ?? nil else { return nil }
      current = batch
    }
  }
}
