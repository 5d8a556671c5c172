import Basics
import Posix
import Slices

/// What the first and the last bytes of a slice say of one of its tracks.
///
/// Reading it costs two small reads, a hundredth of opening the slice with a demuxer. It is there
/// for the usual slices only: whatever is not plain is left to the demuxer.
struct SliceHead {
  /// The slice's own timestamp of its first sample or picture.
  var first: MediaTime
  /// Where the last sample or picture ends on the same clock; nil when its last bytes do not tell.
  var end: MediaTime?
  /// How much later than at `end` the track may really end.
  var slack: ClosedRange<MediaTime>
  var startsWithKeyFrame: Bool
  /// Slices whose signatures are equal have the same format.
  var signature: [UInt8]
  /// The file ends before its own structure does.
  var isTruncated: Bool

  /// Nil where only a demuxer can tell.
  static func read(_ path: String, kind: TrackKind) throws(Failure) -> SliceHead? {
    switch pathExtension(path) {
    case "ts": try TransportHead.read(FileReader(path), kind: kind)
    case "webm", "mka", "mkv": try MatroskaHead.read(FileReader(path), kind: kind)
    default: nil
    }
  }

  /// The signature alone; nil where only a demuxer can tell, and where slices with equal signatures
  /// may need different parameters.
  static func signature(_ source: Slice.Source, kind: TrackKind) -> [UInt8]? {
    guard source.initialization == nil, source.resource.bytes == nil,
      let file = try? FileReader(source.resource.path)
    else { return nil }
    return switch pathExtension(source.resource.path) {
    case "ts": try? TransportHead.signature(file, kind: kind)
    case "webm", "mka", "mkv": try? MatroskaHead.read(file, kind: kind)?.signature
    default: nil
    }
  }

  /// How long the track is: as an index says, where that can be right; of sound beside pictures
  /// whose length is listed, as its own bytes say.
  ///
  /// Nil where only reading the slice tells.
  func length(listed: MediaTime, kind: TrackKind) -> MediaTime? {
    guard let end, !isTruncated else { return nil }
    let own = end - first
    if slack.contains(listed - own) { return listed }
    let difference = listed < own ? own - listed : listed - own
    return kind == .audio && difference < MediaTime(milliseconds: 100) ? own : nil
  }
}
