import Basics
import Media
import Plan
import Slices

/// Writes encoded pictures and sound into a file, in the order of decoding.
struct FileWriter: ~Copyable {
  private let pictures: PictureEncoding?
  private let sound: SoundEncoding?
  private let output: Output
  private let path: String
  private var muxer: Muxer?
  private var order = DecodingOrder(reordering: 0, frame: .zero)
  /// Added to all times, for containers that have none below zero.
  private var shift = MediaTime.zero
  /// The chunk before, which waits to know how long its last picture is shown.
  private var held: EncodedChunk?
  private var decoded = 0
  private var encoded = 0
  private var problems: [SessionProblem] = []

  init(_ pictures: PictureEncoding?, _ sound: SoundEncoding?, at path: String, _ output: Output) {
    self.pictures = pictures
    self.sound = sound
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

  /// Creates the file, when the parameters of all streams are known.
  private mutating func begin(_ chunk: EncodedChunk?) throws(Failure) {
    guard muxer == nil else { return }
    var streams: [Muxer.Stream] = []
    if let chunk, let pictures {
      streams.append(
        Muxer.Stream(chunk.parameters, timeBase: pictures.settings.timeBase))
      let frame = MediaTime(seconds: 1 / max(1, pictures.settings.frameRate))
      order = DecodingOrder(reordering: chunk.reordering, frame: frame)
      shift = MediaTime(flicks: frame.flicks * Int64(chunk.reordering))
    }
    if let sound {
      streams.append(Muxer.Stream(sound.parameters, timeBase: sound.timeBase))
      shift = max(shift, sound.place.map { .zero - $0.time } ?? .zero)
    }
    if output.container != .ts, output.container != .flv { shift = .zero }
    muxer = try Muxer.create(
      path, format: output.container.muxer, streams: streams,
      options: output.container.muxerOptions)
  }

  private mutating func write(_ chunk: EncodedChunk, until end: MediaTime) throws(Failure) {
    try begin(chunk)
    for round in 0..<chunk.count {
      let offset = MediaTime(flicks: chunk.length.flicks * Int64(round))
      let shown = chunk.packets.map { $0.time + offset }
      let sorted = shown.sorted()
      let times = order.times(for: shown)
      let next = round + 1 < chunk.count ? sorted[0] + chunk.length : end
      for (index, packet) in chunk.packets.enumerated() {
        let after = sorted.firstIndex { $0 > shown[index] }.map { sorted[$0] } ?? next
        try writeSound(before: times[index])
        var copy = packet.packet.shared()
        try muxer?.write(
          &copy, stream: 0, pts: shown[index] + shift, dts: times[index] + shift,
          duration: after - shown[index])
      }
    }
  }

  /// Writes the sound that is decoded before `time`.
  private mutating func writeSound(before time: MediaTime) throws(Failure) {
    guard let sound else { return }
    let (stream, shift) = (pictures == nil ? 0 : 1, shift)
    var muxer = muxer.take()
    while let place = sound.place, place.time < time {
      try sound.take { (packet, place) throws(Failure) in
        try muxer?.write(
          &packet, stream: stream, pts: place.time + shift, dts: place.time + shift,
          duration: place.duration)
      }
    }
    self.muxer = muxer.take()
  }

  /// Writes what is left, and completes the file.
  ///
  /// `tracks`: what the report is to say of each.
  consuming func finish(_ tracks: [OutputReport.Track], lasting duration: MediaTime)
    throws(Failure) -> OutputReport
  {
    if let held { try write(held, until: pictures?.duration ?? duration) }
    try begin(nil)
    try writeSound(before: .max)
    if let sound { problems += sound.problems.filter { !problems.contains($0) } }
    let report = OutputReport(
      duration: duration, tracks: tracks, copied: [], losses: problems, picturesDecoded: decoded,
      picturesEncoded: encoded)
    guard let muxer else {
      throw Failure(output.path, cannot: "transcode", "there is nothing to write", .data)
    }
    try muxer.finish()
    return report
  }
}
