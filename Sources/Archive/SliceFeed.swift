import Basics
import Media
import Posix
import Slices

/// What comes next when the slices of a track are read one after the other.
enum SliceEvent: Sendable {
  /// A slice, by its number, was opened.
  case begins(Int, MediaStream)
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
  private var number: Int
  private var open: Open?
  private var known = KnownStreams()

  /// `first`: the number of the slice to begin with.
  init(_ slices: [PlacedSlice], from first: Int, kind: TrackKind) {
    self.slices = slices
    self.kind = kind
    number = first
  }

  func next(into packet: inout Packet) -> SliceEvent? {
    guard number < slices.count else { return nil }
    do throws(Failure) {
      guard let open else {
        let reader = try SliceReader.open(slices[number].slice.source, kind: kind, known: &known)
        let stream = try reader.stream(kind)
        open = Open(reader)
        return .begins(number, stream)
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

  init(_ slices: [PlacedSlice], from first: Int, kind: TrackKind) {
    let state = Monitor(State(spare: (0..<Self.batches).map { _ in Batch() }))
    self.state = state
    thread = Thread { Self.read(SliceFeed(slices, from: first, kind: kind), into: state) }
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
