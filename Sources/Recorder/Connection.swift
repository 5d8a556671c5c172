import Basics
import Media
import Plan
import Posix
import Slices

/// One connection of a source: which of its streams are recorded, and when its packets arrive.
final class Connection {
  private let source: RecordSource
  private let kinds: Set<TrackKind>
  private let interrupt: Interrupt
  private let clock: RecordingClock
  private let observer: @Sendable (RecordEvent) -> Void
  private var routes: [Int: Route] = [:]
  private var ignored: Set<Int> = []
  private(set) var hasDelivered = false

  /// What a stream's packets pass.
  private final class Route {
    let lane: Lane
    let start = UntimedStart()
    var lastArrival: UTCTime?

    init(_ lane: Lane) { self.lane = lane }
  }

  init(
    source: RecordSource, kinds: Set<TrackKind>, interrupt: Interrupt, clock: RecordingClock,
    observer: @escaping @Sendable (RecordEvent) -> Void
  ) {
    self.source = source
    self.kinds = kinds
    self.interrupt = interrupt
    self.clock = clock
    self.observer = observer
  }

  /// Reads to the end, handing on every packet of a recorded stream with the time of its arrival
  /// and the time since the stream's packet before; the arrival is nil where nobody knows it.
  ///
  /// `patience`: how long the sender may be silent; nil for ever.
  /// `pace`: nil for a live sender, whose packets come when they come.
  func read(
    _ ingest: any Ingest, patience: MediaTime?, pace: Pace?,
    to body: (inout Packet, Lane, Int, UTCTime?, MediaTime) throws(Failure) -> Void
  ) throws(Failure) {
    var packet = Packet()
    var pace = pace
    while !interrupt.wasAsked {
      interrupt.limit(to: patience)
      guard try ingest.read(into: &packet), !interrupt.wasAsked else {
        if pace != nil, routes.values.contains(where: \.start.isUntimed) { try refuseUntimed() }
        return
      }
      let stream = packet.stream
      guard let route = try route(of: stream, ingest) else { continue }
      let arrival =
        pace == nil
        ? ingest.arrival.map(clock.time) ?? clock.now
        : pace?.arrival(of: packet, timeBase: ingest.timeBase(of: stream), interrupt)
      var elapsed = MediaTime.zero
      if let arrival {
        elapsed = route.lastArrival.map { arrival - $0 } ?? .zero
        route.lastArrival = arrival
      }
      try route.start.pass(&packet) { packet throws(Failure) in
        if pace != nil, route.start.isUntimed { try refuseUntimed() }
        hasDelivered = true
        try body(&packet, route.lane, stream, arrival, elapsed)
      }
    }
  }

  /// Refuses a file of packets that nobody knows a time of, as those of a bare H.264 stream.
  private func refuseUntimed() throws(Failure) {
    throw Failure(
      source.url, cannot: "record",
      "its packets have no times; bring it into a container first, such as TS or MP4", .data)
  }

  /// The way of a stream; nil for one that is not recorded, with a line that says why.
  private func route(of stream: Int, _ ingest: any Ingest) throws(Failure) -> Route? {
    if let route = routes[stream] { return route }
    guard !ignored.contains(stream) else { return nil }
    let parameters = ingest.parameters(of: stream)
    let kind: TrackKind = parameters.isVideo ? .video : .audio
    guard parameters.isVideo || parameters.isAudio, kinds.contains(kind) else {
      ignored.insert(stream)
      return nil
    }
    guard !routes.values.contains(where: { $0.lane.kind == kind }) else {
      ignored.insert(stream)
      refuse("it sends more than one \(kind.rawValue) stream; the first is recorded")
      return nil
    }
    let lane = try Lane(
      parameters, timeBase: ingest.timeBase(of: stream), subject: source.url)
    guard let lane else {
      ignored.insert(stream)
      refuse("no slice can hold \(kind.rawValue) of codec '\(parameters.codec)'")
      return nil
    }
    let route = Route(lane)
    routes[stream] = route
    return route
  }

  private func refuse(_ reason: String) {
    observer(.failed(uid: source.uid, url: source.shownURL, reason: reason, retryIn: nil))
  }
}

/// The arrival of packets that nobody sends: those of files and pipes.
struct Pace {
  /// Whether packets are held back until their time has come; else only their times say so.
  let isReal: Bool
  private var first: (time: MediaTime, clock: MediaTime, utc: UTCTime)?
  private var last = MediaTime.zero

  init(isReal: Bool) { self.isReal = isReal }

  /// When the packet is taken to arrive; nil for one without a time, such as those in the middle of
  /// a PES packet: it has come with the one before it.
  mutating func arrival(
    of packet: borrowing Packet, timeBase: TimeBase, _ interrupt: Interrupt
  ) -> UTCTime? {
    guard let ticks = packet.dts ?? packet.pts else { return nil }
    let time = MediaTime(ticks: ticks, of: timeBase)
    defer { last = time }
    guard var first else {
      let now = UTCTime.now
      first = (time, steadyNow(), now)
      return now
    }
    if time < last - MediaTime(milliseconds: 1000) {
      // The timestamps start anew: time goes on where they did.
      let passed = last - first.time
      first = (time, first.clock + passed, first.utc + passed)
      self.first = first
    }
    let due = first.clock + (time - first.time)
    while isReal, !interrupt.wasAsked {
      let left = due - steadyNow()
      guard left > .zero else { break }
      sleep(for: min(left, MediaTime(milliseconds: 100)))
    }
    return first.utc + (time - first.time)
  }
}
