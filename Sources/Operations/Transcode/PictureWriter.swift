import Basics
import Media
import Plan
import Slices

/// Writes encoded chunks one after the other into a file.
struct PictureWriter: ~Copyable {
  private let encoding: PictureEncoding
  private let output: Output
  private let path: String
  private var muxer: Muxer?
  private var order: DecodingOrder?
  /// The chunk before, which waits to know how long its last picture is shown.
  private var held: EncodedChunk?
  private var decoded = 0
  private var encoded = 0
  private var problems: [SessionProblem] = []

  init(_ encoding: PictureEncoding, at path: String, _ output: Output) throws(Failure) {
    self.encoding = encoding
    self.output = output
    self.path = path
  }

  mutating func take(_ chunk: EncodedChunk) throws(Failure) {
    decoded += chunk.decoded
    encoded += chunk.encoded
    for problem in chunk.problems where !problems.contains(problem) { problems.append(problem) }
    guard let first = chunk.packets.map(\.time).min() else { return }
    if let held { try write(held, until: first) }
    held = chunk
  }

  private mutating func write(_ chunk: EncodedChunk, until end: MediaTime) throws(Failure) {
    if muxer == nil {
      muxer = try Muxer.create(
        path, format: output.container.muxer,
        streams: [Muxer.Stream(chunk.parameters, timeBase: encoding.settings.timeBase)],
        options: output.container.muxerOptions)
      order = DecodingOrder(
        reordering: chunk.reordering,
        frame: MediaTime(seconds: 1 / max(1, encoding.settings.frameRate)))
    }
    for round in 0..<chunk.count {
      let shift = MediaTime(flicks: chunk.length.flicks * Int64(round))
      let shown = chunk.packets.map { $0.time + shift }
      let sorted = shown.sorted()
      let decoded = order?.times(for: shown) ?? shown
      let next = round + 1 < chunk.count ? sorted[0] + chunk.length : end
      for (index, packet) in chunk.packets.enumerated() {
        let place = sorted.firstIndex { $0 > shown[index] }
        var copy = packet.packet.shared()
        try muxer?.write(
          &copy, stream: 0, pts: shown[index], dts: decoded[index],
          duration: (place.map { sorted[$0] } ?? next) - shown[index])
      }
    }
  }

  /// Writes what is left, and completes the file.
  consuming func finish() throws(Failure) -> OutputReport {
    let duration = encoding.duration
    if let held { try write(held, until: duration) }
    guard let muxer else {
      throw Failure(output.path, cannot: "transcode", "there are no pictures", .data)
    }
    try muxer.finish()
    return OutputReport(
      duration: duration,
      tracks: [
        OutputReport.Track(
          uid: encoding.uid, kind: .video, codec: "", start: encoding.track.start,
          gaps: encoding.track.gaps, driftPpm: encoding.track.driftPpm)
      ], copied: [], losses: problems, picturesDecoded: decoded, picturesEncoded: encoded)
  }
}
