import Archive
import Basics
import Media
import Plan
import Slices

/// One track on its way into a merged file, with its gaps filled, one packet ahead, so that each
/// packet's length is known when it is written.
final class MergeTrack {
  private let track: Track
  private let uid: String
  private let clock: FileClock
  private let packets: TrackPackets
  private let fill: GapFill
  /// The next packet, and its place in the file.
  private var held = Packet()
  private var place: PacketPlace?
  /// The one before it, while it is written.
  private var outgoing = Packet()
  /// The track's own next packet, and its place in the file; it waits for what fills a gap.
  private var coming = Packet()
  private var comingPlace: PacketPlace?
  private var isEnded = false

  /// Nil when nothing of the track can be read.
  ///
  /// Throws when the track needs encoding that there is none for.
  init?(
    _ track: Track, of session: Session, uid: String, in output: Output, clock: FileClock,
    fill wanted: Fill
  ) throws(Failure) {
    guard let packets = try TrackPackets(track, of: session, uid: uid, in: output) else {
      return nil
    }
    self.track = track
    self.uid = uid
    self.clock = clock
    self.packets = packets
    fill =
      if let target = packets.target {
        .pictures(try PictureFill(wanted, track, in: output, clock, as: target))
      } else if let silence = Silence.make(for: packets.parameters) {
        .sound(SoundFill(silence, until: clock.duration))
      } else {
        .nothing
      }
    try advance()
    if place == nil { return nil }
  }

  private enum GapFill {
    case nothing
    case sound(SoundFill)
    case pictures(PictureFill)

    /// The next packet that comes before `next`; nil when nothing is missing there.
    func packet(before next: PacketPlace?, into packet: inout Packet) -> PacketPlace? {
      switch self {
      case .nothing: nil
      case .sound(let fill): fill.packet(before: next, into: &packet)
      case .pictures(let fill): fill.packet(before: next, into: &packet)
      }
    }
  }

  var problems: [SessionProblem] { packets.problems }
  /// The parts of the session clock that were encoded.
  var encoded: [Stretch] { packets.encoded }
  var picturesDecoded: Int { packets.picturesDecoded }
  var picturesEncoded: Int {
    guard case .pictures(let fill) = fill else { return packets.picturesEncoded }
    return packets.picturesEncoded + fill.encoded
  }

  /// When the next packet is decoded, on the file's clock; nil at the end.
  var nextDTS: MediaTime? { place?.dts }
  /// When the next packet is presented, where it is a key frame or sound.
  var nextStart: MediaTime? { place.flatMap { $0.isKey ? $0.pts : nil } }

  /// MP4 counts the ticks from one picture to the next in 31 bits: of 90 kHz for 6.6 hours, of
  /// 10 kHz for 59.
  private var timeBase: TimeBase {
    guard track.kind == .video else { return packets.timeBase }
    let pauses = zip(track.runs.dropFirst().map(\.start) + [track.end], track.runs.map(\.end))
      .map { clock.position(of: $0) - clock.position(of: $1) }
    let last = clock.duration - clock.position(of: track.end)
    let isSparse = (pauses + [last]).contains { $0 > MediaTime(seconds: 6 * 3600) }
    return isSparse ? TimeBase(1, 10_000) : packets.timeBase
  }

  func stream(isNamed: Bool) -> Muxer.Stream {
    Muxer.Stream(
      packets.parameters, timeBase: timeBase, title: isNamed ? uid : nil,
      rotation: packets.degrees)
  }

  var report: OutputReport.Track {
    OutputReport.Track(
      uid: uid, kind: track.kind, codec: packets.parameters.codec, start: track.start,
      gaps: track.gaps, driftPpm: track.driftPpm)
  }

  /// Writes the next packet.
  ///
  /// Gives where it ends in the file.
  func write(to muxer: inout Muxer, stream: Int) throws(Failure) -> MediaTime {
    guard let place else { return .zero }
    outgoing.move(from: &held)
    try advance()
    // A picture lasts until the next; the last one, as long as the file.
    let toNext = self.place.map { $0.dts - place.dts } ?? max(.zero, clock.duration - place.pts)
    let duration = track.kind == .video ? toNext : place.duration
    try muxer.write(
      &outgoing, stream: stream, pts: place.pts, dts: place.dts, duration: duration)
    return min(place.pts + (duration ?? .zero), max(clock.duration, place.pts))
  }

  private func advance() throws(Failure) {
    if comingPlace == nil, !isEnded { try fetch() }
    if let filled = fill.packet(before: comingPlace, into: &held) {
      place = filled
      return
    }
    place = comingPlace
    comingPlace = nil
    held.move(from: &coming)
  }

  private func fetch() throws(Failure) {
    guard var next = try packets.next(into: &coming) else {
      isEnded = true
      return
    }
    let pts = clock.position(of: next.pts)
    next.dts = pts - (next.pts - next.dts)
    next.pts = pts
    comingPlace = next
  }
}
