import Archive
import Basics
import Media
import Plan
import Slices

/// Finds the pictures that show at given moments of a track, and decodes little else.
///
/// Packets wait until it is clear which of them a moment needs: those from the last key frame at or
/// before it. Pictures that no other refers to are decoded only where they are shown. One key frame
/// an hour is no more than slow.
final class MomentReader {
  /// A decoded picture.
  final class Picture {
    let frame: Frame
    /// When it begins to show, on the session clock.
    let time: MediaTime
    /// The turn that the file or the picture itself asks for, in degrees anticlockwise.
    let rotation: Int

    init(_ frame: consuming Frame, at time: MediaTime, containerRotation: Int) {
      // FFmpeg 7 hands the container's matrix on with each picture, FFmpeg 5 does not.
      rotation = frame.ownRotation ?? containerRotation
      self.frame = frame
      self.time = time
    }
  }

  private final class Waiting {
    let packet: Packet
    let place: PacketPlace

    init(_ packet: consuming Packet, at place: PacketPlace) {
      self.packet = packet
      self.place = place
    }
  }

  /// Why no more packets can be of use for a moment.
  private enum Reach {
    /// The next would be decoded after the moment.
    case later
    /// What follows is another stream, or there is nothing.
    case end
  }

  /// Bytes of packets that may wait; more are decoded, needed or not.
  private static let room = 8 << 20
  /// A picture that is refreshed bit by bit is whole after so long.
  private static let refresh = MediaTime(milliseconds: 10_000)
  /// Codecs show a picture at most so many packets after they took it.
  private static let reordering = 64

  private let reader: TrackReader
  private let subject: String
  /// How long before its moment a key frame may lie and stand for it; nil where none may.
  private let keyLimit: MediaTime?
  /// After it decoding goes on over key frames; nil where it begins anew at each.
  private let restartLimit: MediaTime?
  private var waiting: [Waiting] = []
  private var waitingBytes = 0
  /// Whether the first packet that waits is a key frame at which decoding begins anew.
  private var isAtKey = true
  /// Of the first packet that waits.
  private var parameters: StreamParameters?
  private var containerRotation = 0
  private var decoder: Decoder?
  /// Decoded, but not yet out: when they show.
  private var inside: [MediaTime] = []
  private var shown: Picture?
  /// What came out beyond the last moment.
  private var ahead: [Picture] = []
  /// Pictures that came out of the decoder.
  private(set) var decoded = 0
  /// Whether the decoder was given anything.
  private(set) var hasBegun = false

  /// Begins where `position` can be decoded; no moment lies before it.
  ///
  /// `isPatient`: takes no key frame near the moments for a beginning, as those of streams that are
  /// refreshed bit by bit only begin to become whole.
  init(
    _ track: Track, uid: String, from position: MediaTime, keyLimit: MediaTime?,
    isPatient: Bool = false
  ) {
    let position = isPatient ? max(.zero, position - Self.refresh) : position
    restartLimit = isPatient ? position : nil
    reader = TrackReader(track, from: position)
    subject = "uid '\(uid)'"
    self.keyLimit = keyLimit
  }

  var isPatient: Bool { restartLimit != nil }

  /// What could not be read so far.
  var problems: [SessionProblem] { reader.problems }

  /// The picture that shows at `moment`; nil when there is none, or it cannot be decoded.
  ///
  /// Moments are asked for in their order.
  ///
  /// Throws when there is no decoder for the track.
  func picture(at moment: MediaTime) throws(Failure) -> Picture? {
    let reach = try read(until: moment)
    if isAtKey, let keyLimit, let key = waiting.first, moment - key.place.pts <= keyLimit,
      key.place.pts <= moment
    {
      return try keyPicture(key)
    }
    let target =
      (waiting.lazy.map(\.place.pts) + inside).filter { $0 <= moment }.max()
    while let next = ahead.first, next.time <= moment { shown = ahead.removeFirst() }
    if let target { try decode(target, for: moment, reach) }
    guard let shown, shown.time >= target ?? shown.time else { return nil }
    return shown.frame.isDamaged ? nil : shown
  }

  // MARK: Packets

  /// Reads all packets that can matter to `moment`, and forgets those that cannot.
  private func read(until moment: MediaTime) throws(Failure) -> Reach {
    while let place = reader.peek() {
      let isOther = isOtherStream(place)
      if isOther ? place.pts > moment : place.dts > moment { return isOther ? .end : .later }
      if isOther {
        decoder = nil
        restart()
      } else if place.isKey, place.pts <= min(moment, restartLimit ?? .max) {
        restart()
      }
      try take()
      while waitingBytes > Self.room, waiting.count > Self.reordering {
        try begin()
        try feed(waiting.removeFirst(), skip: .nonReference, moment)
      }
    }
    return .end
  }

  /// Whether a packet begins a stream that what was before is nothing to.
  private func isOtherStream(_ place: PacketPlace) -> Bool {
    (decoder != nil || !waiting.isEmpty) && (place.startsFormat || !place.continues)
  }

  private func restart() {
    waiting = []
    waitingBytes = 0
    isAtKey = true
    shown = nil
    ahead = []
    if waiting.isEmpty, isAtKey {
      parameters = reader.stream?.parameters
      containerRotation = reader.stream?.rotation ?? 0
    }
  }

  private func take() throws(Failure) {
    try reader.take { (packet, place) throws(Failure) in
      if waiting.isEmpty, isAtKey { parameters = reader.stream?.parameters }
      waitingBytes += packet.size
      waiting.append(Waiting(packet.take(), at: place))
    }
  }

  // MARK: Pictures

  private func decode(_ target: MediaTime, for moment: MediaTime, _ reach: Reach) throws(Failure) {
    try begin()
    var reach = reach
    while (shown?.time ?? -.max) < target, ahead.isEmpty {
      if waiting.isEmpty {
        // The decoder holds the picture back until it has seen others.
        guard reach == .later, let place = reader.peek(), !isOtherStream(place) else {
          reach = .end
          guard decoder != nil else { return }
          decoder?.finish()
          receive(moment)
          decoder = nil
          inside = []
          return
        }
        try take()
      }
      let next = waiting.removeFirst()
      try feed(next, skip: next.place.pts < target ? .nonReference : .nothing, moment)
    }
  }

  /// Prepares the decoder for the first packet that waits, where that is a beginning.
  private func begin() throws(Failure) {
    guard isAtKey, !waiting.isEmpty else { return }
    isAtKey = false
    if decoder == nil {
      guard let parameters else { return }
      decoder = try Decoder.make(for: parameters, subject: subject)
    } else {
      decoder?.reset()
    }
  }

  private func feed(_ next: Waiting, skip: Decoder.Skip, _ moment: MediaTime) throws(Failure) {
    waitingBytes -= next.packet.size
    if skip == .nothing { inside.append(next.place.pts) }
    decoder?.skip = skip
    hasBegun = true
    // A damaged packet is missed when its picture does not come.
    try? decoder?.send(next.packet, at: next.place.pts)
    receive(moment)
  }

  private func receive(_ moment: MediaTime) {
    while let picture = receive() {
      inside.removeAll { $0 <= picture.time }
      if picture.time <= moment { shown = picture } else { ahead.append(picture) }
    }
  }

  private func receive() -> Picture? {
    var frame = Frame()
    guard (try? decoder?.receive(into: &frame)) == true, let time = frame.time else { return nil }
    decoded += 1
    return Picture(frame, at: time, containerRotation: containerRotation)
  }

  /// The picture of a key frame alone; decoding can still begin at it.
  private func keyPicture(_ key: Waiting) throws(Failure) -> Picture? {
    if let shown, shown.time == key.place.pts { return shown }
    try begin()
    isAtKey = true
    decoder?.skip = .nothing
    try? decoder?.send(key.packet, at: key.place.pts)
    decoder?.finish()
    shown = receive()
    guard let shown, !shown.frame.isDamaged else { return nil }
    return shown
  }
}
