package import Basics
package import Media
package import Slices

/// A packet's place on the session clock.
package struct PacketPlace: Hashable, Sendable {
  /// Where its first sample is heard, or its picture seen.
  package var pts: MediaTime
  package var dts: MediaTime
  package var duration: MediaTime?
  package var isKey: Bool
  /// From this packet on the track has another format, which `TrackReader.format` tells.
  ///
  /// True of the first packet of all.
  package var startsFormat = false
  /// It follows the packet before without a gap, in one stream: what decoded that can go on.
  package var continues = true

  package init(
    pts: MediaTime, dts: MediaTime, duration: MediaTime? = nil, isKey: Bool,
    startsFormat: Bool = false, continues: Bool = true
  ) {
    self.pts = pts
    self.dts = dts
    self.duration = duration
    self.isKey = isKey
    self.startsFormat = startsFormat
    self.continues = continues
  }
}

/// The packets of a track in one order, across its slices, at their places on the session clock.
///
/// One slice is open at a time. Payloads are as they are in the slices. Sound inside a run has no holes and no overlaps where
/// only the container rounded its timestamps. Pictures that no decoder could show, because what
/// they refer to is missing, are left out.
package final class TrackReader {
  private let track: Track
  private let slices: [PlacedSlice]
  private let feed: any PacketFeed
  /// Packets are read from inside a slice, and may begin before a key frame.
  private var isSought = false
  private var open: OpenSlice?
  private var packet = Packet()
  private var place: PacketPlace?
  private var lastDTS: MediaTime?
  /// Where the last stretch of sound ended.
  private var soundEnd: MediaTime?
  private var startsFormat = false
  private var continues = false
  /// Pictures since the last key frame that was missing.
  private var undecodable = 0
  private var needsKey = true
  /// The slice before, if it was read to its end.
  private var finished: PlacedSlice?

  /// What the packets that are next have.
  package private(set) var format: Format?
  /// Slices that could not be read, or not to their end.
  package private(set) var problems: [SessionProblem] = []

  /// Begins with a track's first packet, or as near to another as can be.
  ///
  /// `position`: where reading may begin; the first packet is that of the slice that holds it, or
  /// of an earlier one without which it cannot be decoded.
  /// `isAhead`: a thread reads what comes while the caller works on what came.
  package init(_ track: Track, from position: MediaTime = .zero, isAhead: Bool = false) {
    self.track = track
    slices = track.slices
    let first = Self.firstSlice(of: slices, for: position, track.kind)
    feed =
      isAhead
      ? FeedAhead(slices, from: first, at: position, kind: track.kind)
      : SliceFeed(slices, from: first, at: position, kind: track.kind)
  }

  private static func firstSlice(
    of slices: [PlacedSlice], for position: MediaTime, _ kind: TrackKind
  ) -> Int {
    var first = slices.lastIndex { $0.extent.start <= position } ?? 0
    while kind == .video, first > 0, !slices[first].slice.startsWithKeyFrame,
      slices[first].continues(slices[first - 1])
    {
      first -= 1
    }
    return first
  }

  /// What the demuxer knows of the slice that the last packet came from.
  package var stream: MediaStream? { open?.stream }

  /// Where the next packet lies; nil at the end.
  package func peek() -> PacketPlace? {
    if place == nil { advance() }
    return place
  }

  /// Hands the next packet over; it is to be taken after `peek` has given a place.
  package func take(_ body: (inout Packet, PacketPlace) throws(Failure) -> Void) throws(Failure) {
    guard let here = peek() else { return }
    place = nil
    try body(&packet, here)
  }

  private func advance() {
    while let event = feed.next(into: &packet) {
      switch event {
      case .begins(let number, let stream, let isSought):
        self.isSought = isSought
        enter(OpenSlice(slices[number], stream))
      case .packet:
        guard let open, let found = locate(open) else { continue }
        place = found
        return
      case .ends:
        finished = open?.placed
        open = nil
      case .fails(let number, let reason):
        note(slices[number], reason)
        finished = nil
        open = nil
      }
    }
    noteUndecodable(slices.last)
  }

  private func enter(_ slice: OpenSlice) {
    noteUndecodable(finished)
    continues = finished.map { slice.placed.continues($0) } ?? false
    if track.kind == .video, !continues { needsKey = true }
    finished = nil
    // One that was cut in mid-GOP does not tell its size; it is that of the slice before.
    let found = slice.stream.format
    let isUntold = continues && found.width == nil && found.codec == format?.codec
    if found != format, track.kind == .audio || !isUntold {
      format = found
      startsFormat = true
    }
    open = slice
  }

  /// The place of the packet at hand; nil when it does not count.
  private func locate(_ slice: OpenSlice) -> PacketPlace? {
    let stream = slice.stream
    guard let own = slice.unwrapped(packet) else { return nil }
    var pts = slice.placed.position(of: own)
    guard slice.placed.mayHold(pts) else { return nil }
    let duration = stream.duration(of: packet).map { slice.placed.stretched($0) }
    if track.kind == .audio {
      // Whole milliseconds, as WebM has them, are rounded positions of samples.
      if let soundEnd, (-Self.rounding...Self.rounding).contains(pts - soundEnd) { pts = soundEnd }
      soundEnd = duration.map { pts + $0 }
    }
    if let clip = slice.placed.clip, pts < clip.start || pts >= clip.end {
      if pts < clip.start { continues = false }
      if pts < clip.start, track.kind == .video { needsKey = true }
      return nil
    }
    if needsKey, track.kind == .video {
      guard packet.isKey else {
        if !isSought { undecodable += 1 }
        return nil
      }
      needsKey = false
      isSought = false
    }
    noteChange(slice)
    let lead = packet.dts.map { slice.time(of: $0) }.flatMap { dts in
      slice.unwrappedPTS.map { min(max(.zero, $0 - dts), Self.longestLead) }
    }
    var dts = pts - (lead ?? .zero)
    if lead == nil, track.kind == .video {
      // Matroska does not tell how early pictures are decoded, and libav does not know at once: the
      // first so early that all come in time, the next one after the other.
      let step = duration ?? .zero
      let early = MediaTime(flicks: step.flicks * Int64(stream.parameters.reordering))
      dts = slice.isFresh ? pts - early : min(pts, lastDTS.map { $0 + step } ?? pts)
    }
    slice.isFresh = false
    let next = lastDTS.map { $0 + MediaTime(ticks: 1, of: .mpeg) }
    // Joints of slices and rounding must not turn the order of decoding round.
    if let next { dts = max(dts, next) }
    lastDTS = dts
    defer {
      startsFormat = false
      continues = true
    }
    return PacketPlace(
      pts: max(pts, dts), dts: dts, duration: duration, isKey: packet.isKey,
      startsFormat: startsFormat, continues: continues)
  }

  /// Pictures are decoded at most so long before they are shown; a damaged timestamp may say more.
  private static let longestLead = MediaTime(milliseconds: 5000)

  /// What containers round timestamps to, at the worst; the shortest sounds last 2.5 ms.
  private static let rounding = MediaTime(flicks: MediaTime.flicksPerSecond * 3 / 2000)

  /// A stream may change its size in the middle of a slice.
  private func noteChange(_ slice: OpenSlice) {
    guard track.kind == .video, packet.isKey, let format,
      let new = slice.parse(packet)?.size(of: format)
    else { return }
    self.format = new
    startsFormat = true
  }

  private func note(_ slice: PlacedSlice, _ message: String) {
    problems.append(SessionProblem(path: slice.slice.resource.path, message: message))
  }

  private func noteUndecodable(_ slice: PlacedSlice?) {
    guard undecodable > 0, let slice else { return }
    note(slice, "\(undecodable) pictures before its first key frame are left out")
    undecodable = 0
  }
}

extension PlacedSlice {
  /// Whether its stream goes on where that of `other` ended.
  fileprivate func continues(_ other: PlacedSlice) -> Bool {
    let pause = extent.start - other.extent.end
    let limit = MediaTime(milliseconds: 100)
    guard pause <= limit, pause >= .zero - limit else { return false }
    guard (clip?.start ?? start) <= start, (other.clip?.end ?? other.end) >= other.end else {
      return false
    }
    return recorder == other.recorder
  }

  /// Who wrote it: a failover recorder has a stream of its own.
  private var recorder: Int? {
    let name = slice.resource.path.split(separator: "/").last ?? ""
    return name.hasPrefix("bak") ? SliceName(parsing: name)?.backup : nil
  }

  /// Whether a position can be inside; one that is far out has a damaged timestamp.
  fileprivate func mayHold(_ position: MediaTime) -> Bool {
    let margin = MediaTime(milliseconds: 10_000)
    return position >= start - margin && position <= max(start, end) + margin
  }

  /// A length on the session clock.
  fileprivate func stretched(_ length: MediaTime) -> MediaTime {
    position(of: slice.first + length) - start
  }
}

/// A slice that is being read.
final class OpenSlice {
  let placed: PlacedSlice
  let stream: MediaStream
  private var parser: FrameParser?
  /// Nothing of it has been given yet.
  var isFresh = true
  /// Added to the file's times, for a demuxer that undoes wraps otherwise than the timeline.
  private var shift: MediaTime?
  /// The time of the packet that was asked for last.
  private(set) var unwrappedPTS: MediaTime?
  /// Where the sound that was asked for last ends.
  private var following: MediaTime?

  init(_ placed: PlacedSlice, _ stream: MediaStream) {
    self.placed = placed
    self.stream = stream
    parser = stream.parameters.isVideo ? FrameParser(for: stream.parameters) : nil
  }

  /// When a packet is presented, on the slice's clock without wraps.
  ///
  /// Sound without a time of its own goes on where the sound before it ended.
  func unwrapped(_ packet: borrowing Packet) -> MediaTime? {
    let place = unwrappedTime(of: packet) ?? following
    unwrappedPTS = place
    following = nil
    if stream.parameters.isAudio, let place { following = stream.end(of: packet, at: place) }
    return place
  }

  private func unwrappedTime(of packet: borrowing Packet) -> MediaTime? {
    guard let own = stream.time(of: packet) else { return nil }
    let shift = shift ?? Self.wraps(from: own, to: placed.slice.first)
    self.shift = shift
    return own + shift
  }

  func time(of ticks: Int64) -> MediaTime {
    MediaTime(ticks: ticks, of: stream.timeBase) + (shift ?? .zero)
  }

  func parse(_ packet: borrowing Packet) -> FrameFacts? { parser?.parse(packet) }

  /// Whole turns of a 33-bit clock of 90 kHz between two readings of it.
  static func wraps(from own: MediaTime, to first: MediaTime) -> MediaTime {
    let turn = MediaTime(ticks: 1 << 33, of: .mpeg)
    let turns = ((first - own).seconds / turn.seconds).rounded()
    guard abs(turns) < 1000 else { return .zero }
    return MediaTime(flicks: turn.flicks * Int64(turns))
  }
}
