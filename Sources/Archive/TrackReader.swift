package import Basics
package import Media
package import Slices

/// A packet's place on the session clock.
package struct PacketPlace {
  package var pts: MediaTime
  package var dts: MediaTime
  package var duration: MediaTime?
  package var isKey: Bool
}

/// One ordered stream of the packets of a track, across its slices, at their places on the session
/// clock. One slice is open at a time.
package final class TrackReader {
  private let track: Track
  private let slices: [PlacedSlice]
  private var next = 0
  private var open: OpenSlice?
  private var packet = Packet()
  private var place: PacketPlace?
  private var lastDTS: MediaTime?
  /// Slices that could not be read, or not to their end.
  package private(set) var problems: [SessionProblem] = []

  private final class OpenSlice {
    var reader: SliceReader
    let placed: PlacedSlice
    let stream: MediaStream
    /// Added to the file's times, for a demuxer that undoes wraps otherwise than the timeline.
    var shift: MediaTime?

    init(_ placed: PlacedSlice, kind: TrackKind) throws(Failure) {
      reader = try SliceReader.open(placed.slice.resource, kind: kind)
      stream = try reader.stream(kind)
      self.placed = placed
    }
  }

  package init(_ track: Track) {
    self.track = track
    slices = track.slices
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
    while true {
      guard let slice = open ?? openNext() else { return }
      do throws(Failure) {
        guard try slice.reader.read(into: &packet) else {
          open = nil
          continue
        }
      } catch {
        note(slice.placed, error.reason)
        open = nil
        continue
      }
      if let found = locate(slice) {
        place = found
        return
      }
    }
  }

  private func openNext() -> OpenSlice? {
    while next < slices.count {
      let placed = slices[next]
      next += 1
      do throws(Failure) {
        let slice = try OpenSlice(placed, kind: track.kind)
        open = slice
        return slice
      } catch {
        note(placed, error.reason)
      }
    }
    return nil
  }

  private func locate(_ slice: OpenSlice) -> PacketPlace? {
    let stream = slice.stream
    guard let own = stream.time(of: packet) else { return nil }
    let shift = slice.shift ?? Self.wraps(from: own, to: slice.placed.slice.first)
    slice.shift = shift
    let pts = slice.placed.position(of: own + shift)
    if let clip = slice.placed.clip, pts < clip.start || pts >= clip.end { return nil }
    let lead = packet.dts.map { own - MediaTime(ticks: $0, of: stream.timeBase) } ?? .zero
    var dts = pts - lead
    // Joints of slices and rounding must not turn the order of decoding round.
    if let lastDTS, dts <= lastDTS { dts = lastDTS + MediaTime(ticks: 1, of: .mpeg) }
    lastDTS = dts
    return PacketPlace(
      pts: max(pts, dts), dts: dts, duration: stream.duration(of: packet), isKey: packet.isKey)
  }

  /// Whole turns of a 33-bit clock of 90 kHz between two readings of it.
  private static func wraps(from own: MediaTime, to first: MediaTime) -> MediaTime {
    let turn = MediaTime(ticks: 1 << 33, of: .mpeg)
    let turns = ((first - own).seconds / turn.seconds).rounded()
    return MediaTime(seconds: turn.seconds * turns)
  }

  private func note(_ slice: PlacedSlice, _ message: String) {
    problems.append(SessionProblem(path: slice.slice.resource.path, message: message))
  }
}
