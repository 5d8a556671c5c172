package import Basics
import Media
package import Slices

/// Measures slices by their media.
package enum SliceProbe {
  /// What the packets of one stream say together.
  private struct Measure {
    var first: MediaTime?
    var end = MediaTime.zero
    var lastDuration: MediaTime?
    var times: [MediaTime] = []
    var format: Format
    var isKeyed: Bool?

    mutating func take(_ packet: borrowing Packet, _ stream: MediaStream) {
      guard let time = stream.time(of: packet) else { return }
      let duration = stream.duration(of: packet)
      first = min(first ?? time, time)
      end = max(end, time + (duration ?? .zero))
      lastDuration = duration ?? lastDuration
      if isKeyed == nil { isKeyed = packet.isKey }
      if times.count < 64 { times.append(time) }
    }

    /// The usual step between pictures.
    var interval: MediaTime? {
      let sorted = times.sorted()
      let steps = zip(sorted, sorted.dropFirst()).map { $1 - $0 }.sorted()
      return steps.isEmpty ? lastDuration : steps[steps.count / 2]
    }
  }

  /// How many packets tell enough of a slice whose length is listed.
  private static let headPackets = 8

  /// One slice.
  ///
  /// - Parameter listed: the length that an index gives; nil to measure it by reading all.
  package static func slice(
    _ resource: MediaResource, kind: TrackKind, utc: UTCTime?, listed: MediaTime? = nil
  ) throws(Failure) -> Slice {
    var reader = try SliceReader.open(resource, kind: kind)
    let stream = try reader.stream(kind)
    var measure = Measure(format: stream.format)
    var packet = Packet()
    var count = 0
    while try reader.read(into: &packet) {
      measure.take(packet, stream)
      count += 1
      if listed != nil, count >= headPackets { break }
    }
    guard let first = measure.first else {
      throw Failure(resource.path, cannot: "read", "it holds no \(kind.rawValue)", .data)
    }
    let isWhole = listed == nil || count < headPackets
    let measured =
      kind == .video
      ? (measure.times.max() ?? first) - first + (measure.interval ?? .zero) : measure.end - first
    return Slice(
      resource: resource, utc: utc, first: first,
      duration: isWhole ? max(measured, listed ?? .zero) : listed ?? measured,
      format: stream.format, startsWithKeyFrame: kind == .audio || measure.isKeyed == true)
  }
}

/// All tracks of a file that belongs to no archive.
func probeFile(_ path: String, uid: String, utc: UTCTime?) throws(Failure) -> [FoundTrack] {
  var tracks: [FoundTrack] = []
  for kind in TrackKind.allCases {
    guard try SliceReader.has(kind, in: path) else { continue }
    let slice = try SliceProbe.slice(MediaResource(path: path), kind: kind, utc: utc)
    tracks.append(FoundTrack(uid: uid, kind: kind, slices: [slice]))
  }
  return tracks
}
