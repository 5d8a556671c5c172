import Archive
import Basics
import Media
import Plan
import Slices

/// One track on its way into a merged file, one packet ahead, so that each packet's length is known
/// when it is written.
final class MergeTrack {
  private let track: Track
  private let uid: String
  private let stretch: Stretch
  private let reader: TrackReader
  private var copier: StreamCopier?
  private var held = Packet()
  private var place: PacketPlace?

  /// Throws when the track cannot be copied as one stream.
  init(_ track: Track, uid: String, in output: Output) throws(Failure) {
    self.track = track
    self.uid = uid
    stretch = output.stretch
    reader = TrackReader(track)
    try Self.refuseChanges(track, uid: uid, output)
    try advance()
  }

  /// Copying keeps one set of parameters from beginning to end.
  private static func refuseChanges(_ track: Track, uid: String, _ output: Output) throws(Failure) {
    let slices = track.slices.filter {
      $0.extent.start < output.stretch.end && output.stretch.start < $0.extent.end
    }
    guard let first = slices.first?.slice.format,
      let change = slices.first(where: { $0.slice.format != first })
    else { return }
    throw Failure(
      output.path, cannot: "merge",
      "the \(track.kind.rawValue) of uid '\(uid)' changes at \(change.start) s from "
        + "\(first.label) to \(change.slice.format.label), which needs encoding and is not "
        + "available yet", .unavailable)
  }

  var isEmpty: Bool { place == nil }
  var problems: [SessionProblem] { reader.problems }

  /// When the next packet is decoded, on the session clock; nil at the end.
  var nextDTS: MediaTime? { place?.dts }

  func stream(isNamed: Bool) -> Muxer.Stream {
    guard let copier else { preconditionFailure("an empty track has no stream") }
    let degrees = Set(track.rotations.map(\.degrees))
    return Muxer.Stream(
      copier.parameters, timeBase: copier.timeBase, title: isNamed ? uid : nil,
      rotation: track.kind == .video && degrees.count == 1 ? degrees.first ?? 0 : 0)
  }

  var report: OutputReport.Track {
    OutputReport.Track(
      uid: uid, kind: track.kind, codec: track.formats.first?.codec ?? "", start: track.start,
      gaps: track.gaps, driftPpm: track.driftPpm)
  }

  /// Writes the next packet.
  ///
  /// Gives where it ends in the file.
  func write(to muxer: inout Muxer, stream: Int) throws(Failure) -> MediaTime {
    guard let place else { return .zero }
    var packet = held.take()
    try advance()
    let zero = stretch.start
    let end = self.place.map(\.dts) ?? max(stretch.end, place.dts)
    // A picture lasts until the next; the last one, as long as the file.
    let duration = track.kind == .video ? end - place.dts : place.duration
    try muxer.write(
      &packet, stream: stream, pts: place.pts - zero, dts: place.dts - zero, duration: duration)
    return place.pts - zero + (place.duration ?? .zero)
  }

  private func advance() throws(Failure) {
    place = nil
    while place == nil, let next = reader.peek(), next.pts < stretch.end {
      try reader.take { (packet, next) throws(Failure) in
        guard next.pts >= stretch.start else { return }
        if copier == nil, let stream = reader.stream {
          copier = try StreamCopier(
            stream.parameters, timeBase: stream.timeBase, first: &packet, subject: uid)
        }
        guard try copier?.convert(&packet) == true else { return }
        held.move(from: &packet)
        place = next
      }
    }
  }
}

extension Format {
  /// For messages: `h264 640x360`, `aac 48000 Hz`.
  fileprivate var label: String {
    if let width, let height { return "\(codec) \(width)x\(height)" }
    let sound = [
      sampleRate.map { "\($0) Hz" }, channels.map { $0 == 1 ? "mono" : "\($0) channels" },
    ]
    return ([codec] + sound.compactMap { $0 }).joined(separator: " ")
  }
}
