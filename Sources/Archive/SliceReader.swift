package import Basics
package import Media
import Posix
package import Slices

/// One stream of an open slice: how its ticks become times, and what its packets hold.
package struct MediaStream {
  package let index: Int
  package let parameters: StreamParameters
  package let timeBase: TimeBase
  package let format: Format

  /// When a packet is presented, on the slice's own clock.
  package func time(of packet: borrowing Packet) -> MediaTime? {
    (packet.pts ?? packet.dts).map { MediaTime(ticks: $0, of: timeBase) }
  }

  /// How long a packet lasts, by its own bytes where they tell.
  package func duration(of packet: borrowing Packet) -> MediaTime? {
    if parameters.isAudio, let samples = parameters.samples(in: packet),
      let rate = parameters.sampleRate
    {
      return MediaTime(ticks: Int64(samples), of: TimeBase(1, Int32(clamping: rate)))
    }
    return packet.duration.map { MediaTime(ticks: $0, of: timeBase) }
  }
}

/// Reads the packets of one kind from one slice.
package struct SliceReader: ~Copyable {
  private var demuxer: Demuxer
  private var index: Int
  private let path: String

  /// - Throws: when the slice cannot be opened, or holds nothing of `kind`.
  package static func open(_ resource: MediaResource, kind: TrackKind) throws(Failure)
    -> SliceReader
  {
    let path = resource.path
    guard resource.bytes == nil else {
      throw Failure(path, cannot: "open", "byte ranges cannot be read yet", .unavailable)
    }
    let demuxer = try Demuxer.open("file:\(path)", name: path)
    guard let index = demuxer.first(kind) else {
      throw Failure(path, cannot: "read", "it holds no \(kind.rawValue)", .data)
    }
    for other in 0..<demuxer.streamCount where other != index { demuxer.discard(other) }
    return SliceReader(demuxer: demuxer, index: index, path: path)
  }

  /// Whether a file holds a stream of `kind`.
  package static func has(_ kind: TrackKind, in path: String) throws(Failure) -> Bool {
    try Demuxer.open("file:\(path)", name: path).first(kind) != nil
  }

  private init(demuxer: consuming Demuxer, index: Int, path: String) {
    self.demuxer = demuxer
    self.index = index
    self.path = path
  }

  package func stream(_ kind: TrackKind) throws(Failure) -> MediaStream {
    let parameters = demuxer.parameters(of: index)
    return MediaStream(
      index: index, parameters: parameters, timeBase: demuxer.timeBase(of: index),
      format: Format(
        codec: parameters.codec, width: parameters.width, height: parameters.height,
        sampleRate: parameters.sampleRate, channels: parameters.channels))
  }

  /// Reads the next packet of the stream; false at the end, also where the file is cut off.
  package mutating func read(into packet: inout Packet) throws(Failure) -> Bool {
    while try demuxer.read(into: &packet) {
      if packet.stream == index { return true }
    }
    return false
  }
}

extension Demuxer {
  fileprivate func first(_ kind: TrackKind) -> Int? {
    (0..<streamCount).first {
      let parameters = parameters(of: $0)
      return kind == .audio ? parameters.isAudio : parameters.isVideo
    }
  }
}
