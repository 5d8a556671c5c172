import Media
import Posix
import Slices

/// What probing found of slices, for others whose heads are the same.
struct KnownStreams {
  struct Key: Hashable {
    var ending: String
    var kind: TrackKind
    var signature: [UInt8]
    /// The only slice that is meant; nil for all that are alike.
    var source: Slice.Source?

    /// Nil for a slice whose head does not tell all.
    init?(_ source: Slice.Source, _ kind: TrackKind) {
      guard let signature = SliceHead.signature(source, kind: kind) else { return nil }
      ending = pathExtension(source.resource.path)
      self.kind = kind
      self.signature = signature
    }

    func only(_ source: Slice.Source) -> Key {
      var key = self
      key.source = source
      return key
    }
  }

  /// What was found of slices themselves, by keys of one slice: whoever opens one again, to measure
  /// it, to look at an example of it and to read it, need not probe it again.
  static let ofFiles = Monitor(KnownStreams())

  private var streams: [Key: ProbedStream] = [:]
  /// A sender that never does the same twice must not fill the memory.
  private static let most = 64

  subscript(key: Key) -> ProbedStream? {
    get { streams[key] }
    set {
      if streams[key] == nil, streams.count >= Self.most { streams = [:] }
      streams[key] = newValue
    }
  }
}
