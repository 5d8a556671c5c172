import Basics
import Media
import Plan
import Posix
import Slices

/// Records one source on a thread of its own, so that one that hangs holds up no other: it
/// connects, reads, and connects again until it is told to stop.
final class SourceRunner: Sendable {
  /// How long a connection may be silent, and a call unanswered, before it is tried anew.
  ///
  /// A sender that brings nothing for so long has left.
  private static let silence = MediaTime(milliseconds: 5000)
  private static let patienceOfListener = MediaTime(milliseconds: 30_000)
  private static let patience = MediaTime(milliseconds: 15_000)
  private static let longestPause = MediaTime(milliseconds: 10_000)
  /// A stray caller must not keep the awaited one out for long.
  private static let longestPauseOfListener = MediaTime(milliseconds: 1000)

  let source: RecordSource
  private let kinds: Set<TrackKind>
  private let interrupt = Interrupt()
  private let observer: @Sendable (RecordEvent) -> Void
  private let archive: ArchiveWriter
  private let state: Monitor<State>

  /// What the source's thread and the supervisor share.
  struct State {
    var clock = SourceClock(isPerStream: false)
    var tracks: [TrackKind: TrackRecorder] = [:]
    var codecs: [TrackKind: String] = [:]
    var isSending = false
    /// What does not come in time is lost.
    var isConnectionless = false
    var losses = Losses()
    var hasDelivered = false
    var isOver = false
    /// On the steady clock.
    var lastPacket: MediaTime?
    var reportedBytes: Int64 = 0
  }

  init(
    _ source: RecordSource, kinds: Set<TrackKind>, rules: TrackRecorder.Rules,
    archive: ArchiveWriter, observer: @escaping @Sendable (RecordEvent) -> Void
  ) {
    self.source = source
    self.kinds = kinds
    self.archive = archive
    self.observer = observer
    var state = State()
    for kind in kinds {
      state.tracks[kind] = TrackRecorder(
        TrackKey(uid: source.uid, kind: kind), rules: rules, archive: archive)
    }
    self.state = Monitor(state)
  }

  /// Makes the thread end soon; what it has received is kept.
  func stop() { interrupt.ask() }

  /// Whether nothing more will come.
  var isOver: Bool { state.with { $0.isOver } }
  var hasDelivered: Bool { state.with { $0.hasDelivered } }
  /// When the last packet came, on the steady clock.
  var lastPacket: MediaTime? { state.with { $0.lastPacket } }

  /// Brings what has been received out of the process's memory while nothing comes, and tells of a
  /// sender without a connection that has fallen silent.
  func tick() {
    let now = steadyNow()
    var hasLeft = false
    if let damage = state.with({ $0.losses.report(at: now) }) {
      observer(.damaged(uid: source.uid, url: source.shownURL, reason: damage))
    }
    change { state throws(Failure) in
      for track in state.tracks.values {
        try track.tick(endsInSilence: state.isConnectionless, clock: &state.clock)
      }
      guard state.isSending, let last = state.lastPacket, now - last > Self.silence else { return }
      state.isSending = false
      hasLeft = true
    }
    guard hasLeft else { return }
    let reason = "nothing has come for \(Int(Self.silence.seconds)) s"
    observer(.left(uid: source.uid, url: source.shownURL, reason: reason, retryIn: .zero))
  }

  /// Changes the state; what goes wrong ends the recording.
  private func change(_ body: (inout State) throws(Failure) -> Void) {
    do throws(Failure) { try state.with(body) } catch { archive.fail(error) }
  }

  /// Brings what has been received out of the process's memory.
  private func flush() {
    change { state throws(Failure) in
      for track in state.tracks.values { try track.flush() }
    }
  }

  /// The source's state since the last call, which was `interval` ago.
  func status(over interval: MediaTime) -> SourceStatus {
    state.with { state in
      let tracks = state.tracks.values
      let bytes = tracks.map(\.bytes).reduce(0, +)
      let rate = Double(bytes - state.reportedBytes) * 8 / max(0.001, interval.seconds)
      state.reportedBytes = bytes
      return SourceStatus(
        uid: source.uid, url: source.shownURL,
        state: state.isOver ? .ended : state.isSending ? .sending : .waiting,
        codecs: TrackKind.allCases.compactMap { state.codecs[$0] },
        bitsPerSecond: Int64(rate), slices: tracks.map(\.slices).reduce(0, +),
        gaps: tracks.map(\.gaps).reduce(0, +))
    }
  }

  /// The thread's whole life.
  func run() {
    defer { state.with { $0.isOver = true } }
    do throws(Failure) {
      let address = try SourceAddress(source)
      if !recordUntilOver(address) { fail("no media ever came", retryIn: nil) }
    } catch {
      fail(error.reason, retryIn: nil)
    }
  }

  private func fail(_ reason: String, retryIn pause: MediaTime?) {
    observer(.failed(uid: source.uid, url: source.shownURL, reason: reason, retryIn: pause))
  }

  /// Records connection after connection.
  ///
  /// Gives whether the source delivered anything, or was said to be out of reach.
  private func recordUntilOver(_ address: SourceAddress) -> Bool {
    let longestPause = address.isListener ? Self.longestPauseOfListener : Self.longestPause
    var pause = MediaTime(milliseconds: 500)
    var lastReason: String?
    while !interrupt.wasAsked, archive.failure == nil {
      let (reason, delivered) = recordConnection(address)
      if interrupt.wasAsked { break }
      if address.isListener, !delivered, interrupt.isLate { continue }
      if delivered {
        pause = MediaTime(milliseconds: address.isListener ? 100 : 500)
        lastReason = nil
      }
      let retry = address.isFinite ? nil : pause
      if delivered {
        observer(.left(uid: source.uid, url: source.shownURL, reason: reason, retryIn: retry))
      } else if reason != lastReason {
        fail(reason, retryIn: retry)
        lastReason = reason
      }
      guard retry != nil else { return true }
      wait(pause)
      pause = min(pause + pause, longestPause)
    }
    return hasDelivered || lastReason != nil
  }

  private func wait(_ time: MediaTime) {
    let end = steadyNow() + time
    while !interrupt.wasAsked, steadyNow() < end { sleep(for: MediaTime(milliseconds: 50)) }
  }

  /// Records until the connection ends.
  ///
  /// Gives why it ended, and whether it brought anything.
  private func recordConnection(_ address: SourceAddress) -> (reason: String, delivered: Bool) {
    var reason = "the sender has ended"
    let connection = Connection(
      source: source, kinds: kinds, interrupt: interrupt, clock: archive.clock, observer: observer)
    do throws(Failure) {
      // A listener is renewed now and then, since a caller that says nothing holds it up.
      interrupt.limit(
        to: address.isConnectionless
          ? nil : address.isListener ? Self.patienceOfListener : Self.patience)
      let ingest = try LibavIngest(address, interrupt: interrupt, beforePause: flush)
      state.with {
        $0.clock = SourceClock(isPerStream: ingest.hasClockPerStream)
        $0.isConnectionless = address.isConnectionless && !address.isFinite
        $0.losses.startConnection()
      }
      try connection.read(
        ingest, patience: address.isConnectionless ? nil : Self.patience,
        pace: address.isFinite ? Pace(isReal: source.realtime) : nil
      ) { (packet, lane, stream, arrival, elapsed) throws(Failure) in
        try self.state.with { state throws(Failure) in
          try self.take(&packet, lane, stream, arrival, elapsed, ingest, &state)
        }
      }
    } catch {
      reason =
        interrupt.isLate
        ? "nothing came for \(Int(Self.patience.seconds)) s"
        : connection.hasDelivered
          ? "the sender has left, or the connection broke (\(error.reason))" : error.reason
    }
    finish()
    return (reason, connection.hasDelivered)
  }

  /// Ends the slices of the connection.
  func finish() {
    change { state throws(Failure) in
      state.isSending = false
      for track in state.tracks.values { try track.leaveConnection(clock: &state.clock) }
    }
  }

  private func take(
    _ packet: inout Packet, _ lane: Lane, _ stream: Int, _ arrival: UTCTime?, _ elapsed: MediaTime,
    _ ingest: any Ingest, _ state: inout State
  ) throws(Failure) {
    state.lastPacket = steadyNow()
    state.losses.note(packet, lostDatagrams: ingest.lostDatagrams)
    if !state.isSending {
      observer(.joined(uid: source.uid, url: source.shownURL))
    }
    state.hasDelivered = true
    state.isSending = true
    let senderClock = packet.senderClock
    guard
      let step = try lane.accept(
        &packet, current: ingest.parameters(of: stream), sinceLast: elapsed),
      let track = state.tracks[lane.kind]
    else { return }
    if let arrival {
      state.clock.note(
        stream: stream, position: step.sample.dts, arrival: arrival, senderClock: senderClock)
    }
    if let format = step.newFormat {
      state.codecs[lane.kind] = format.facts.codec
      observer(.track(uid: source.uid, kind: lane.kind, format: format.facts))
    }
    do throws(Failure) {
      let slices = track.slices
      try track.write(
        &packet, step, stream: stream, interval: lane.interval, clock: &state.clock,
        prepare: lane.makePlayableAlone)
      guard track.slices != slices else { return }
      for other in state.tracks.values where other !== track {
        try other.restamp(clock: state.clock)
      }
    } catch {
      // A disk that takes nothing more ends the recording; a stream that no slice takes only itself.
      if error.code == .io || error.code == .cannotCreate { archive.fail(error) }
      throw error
    }
  }
}
