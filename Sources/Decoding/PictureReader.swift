package import Basics
package import Media
package import Slices
import Archive

/// Where a decoded picture is shown, and how.
package struct PicturePlace: Hashable, Sendable {
  /// On the session clock.
  package var time: MediaTime
  /// The turn anticlockwise that sets it upright: 0, 90, 180 or 270.
  package var degrees: Int
}

/// The decoded pictures of a track in the order in which they are shown, at their places on the
/// session clock.
///
/// One decoder goes on across slices, cut in mid-GOP or not, and is replaced where the format
/// changes. What cannot be decoded is left out and told in `problems`.
package final class PictureReader {
  private let reader: TrackReader
  private let turns: [Turn]
  private let uid: String
  private let threads: Int
  private var decoder: Decoder?
  private var isDraining = false
  private var isEnded = false
  private var damaged = 0
  /// What the container says of the pictures that the decoder gives.
  private var containerRotation = 0
  /// What the decoder may leave out, from the next packet on.
  package var skip = Decoder.Skip.nothing
  /// Pictures that came out of decoders.
  package private(set) var decoded = 0

  /// Begins at the key frame from which `position` can be decoded.
  ///
  /// `position`: pictures from there on will be asked for; earlier ones may come first.
  /// `threads`: of the decoder.
  package init(
    _ track: Track, of session: Session, uid: String, from position: MediaTime = .zero,
    threads: Int = 1
  ) {
    reader = TrackReader(track, from: position)
    turns = session.turns(of: track)
    self.uid = uid
    self.threads = threads
  }

  /// What could not be read or decoded so far.
  package var problems: [SessionProblem] {
    guard damaged > 0 else { return reader.problems }
    return reader.problems + [
      SessionProblem(path: "uid '\(uid)'", message: "\(damaged) pictures cannot be decoded")
    ]
  }

  /// Decodes the next picture into `frame`; nil at the end of the track.
  ///
  /// Throws when there is no decoder for the track.
  package func next(into frame: inout Frame) throws(Failure) -> PicturePlace? {
    while true {
      if try receive(into: &frame), let time = frame.time {
        decoded += 1
        return PicturePlace(time: time, degrees: degrees(of: frame, at: time))
      }
      if isDraining {
        isDraining = false
        decoder = nil
        if isEnded { return nil }
      }
      guard let place = reader.peek() else {
        isEnded = true
        isDraining = true
        guard decoder != nil else { return nil }
        decoder?.finish()
        continue
      }
      // What the old decoder holds back comes out before the new one begins.
      if decoder != nil, place.startsFormat || !place.continues {
        isDraining = true
        decoder?.finish()
        continue
      }
      try sendNext()
    }
  }

  private func receive(into frame: inout Frame) throws(Failure) -> Bool {
    guard decoder != nil else { return false }
    // A damaged picture is no end: others may come after it.
    for _ in 0..<Self.mostDamaged {
      do throws(Failure) {
        return try decoder?.receive(into: &frame) ?? false
      } catch {
        damaged += 1
      }
    }
    return false
  }

  /// So many damaged pictures in a row that the decoder will give no more.
  private static let mostDamaged = 64

  private func sendNext() throws(Failure) {
    try reader.take { (packet, place) throws(Failure) in
      if decoder == nil {
        guard let stream = reader.stream else { return }
        decoder = try Decoder.make(
          for: stream.parameters, threads: threads, subject: "uid '\(uid)'")
        containerRotation = stream.rotation
      }
      decoder?.skip = skip
      do throws(Failure) {
        try decoder?.send(packet, at: place.pts)
      } catch {
        damaged += 1
      }
    }
  }

  private func degrees(of frame: borrowing Frame, at time: MediaTime) -> Int {
    let tag = turns.last { $0.position <= time }?.degrees ?? 0
    // FFmpeg 7 hands the container's matrix on with each picture, FFmpeg 5 does not.
    return (tag + (frame.ownRotation ?? containerRotation)) % 360
  }
}
