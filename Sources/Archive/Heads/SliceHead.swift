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

  /// Whether a length that an index gives can be right.
  func agrees(with listed: MediaTime) -> Bool {
    guard let end, !isTruncated else { return false }
    return slack.contains(listed - (end - first))
  }
}
