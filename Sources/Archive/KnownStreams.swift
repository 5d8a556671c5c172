import Media
import Posix
import Slices

/// What probing found of slices, for others whose heads are the same.
struct KnownStreams {
  struct Key: Hashable {
    var ending: String
    var kind: TrackKind
    var signature: [UInt8]

    /// Nil for a slice whose head does not tell all.
    init?(_ source: Slice.Source, _ kind: TrackKind) {
      guard let signature = SliceHead.signature(source, kind: kind) else { return nil }
      ending = pathExtension(source.resource.path)
      self.kind = kind
      self.signature = signature
    }
  }

  private var streams: [Key: ProbedStream] = [:]
  /// A sender that never does the same twice must not fill the memory.
  private static let most = 64

  subscript(key: Key) -> ProbedStream? {
    get { streams[key] }
    set {
      if streams.count >= Self.most { streams = [:] }
      streams[key] = newValue
    }
  }
}

/// What probing found of files themselves: whoever opens one again, to measure it, to look at an
/// example of it and to read it, need not probe it again.
enum ProbedFiles {
  private struct Key: Hashable {
    var source: Slice.Source
    var stream: KnownStreams.Key
  }

  private static let streams = Monitor<[Key: ProbedStream]>([:])
  private static let most = 64

  static func stream(of source: Slice.Source, _ key: KnownStreams.Key) -> ProbedStream? {
    streams.with { $0[Key(source: source, stream: key)] }
  }

  static func note(_ stream: ProbedStream, of source: Slice.Source, _ key: KnownStreams.Key) {
    streams.with {
      if $0.count >= most { $0 = [:] }
      $0[Key(source: source, stream: key)] = stream
    }
  }
}
