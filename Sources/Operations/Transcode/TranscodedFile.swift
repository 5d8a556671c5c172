import Basics
import Media
import Plan
import Slices

/// Writes tracks into a file, in the order of decoding; pictures that are encoded come in chunks.
struct TranscodedFile: ~Copyable {
  private let pictures: PictureEncoding?
  /// The tracks that come packet by packet.
  private let others: [any PacketSource]
  private let output: Output
  private let path: String
  private let context: OperationContext
  private var muxer: Muxer?
  private var order = DecodingOrder(reordering: 0, frame: .zero)
  /// The chunk before, which waits to know how long its last picture is shown.
  private var held: EncodedChunk?
  private var written = 0
  private(set) var decoded = 0
  private(set) var encoded = 0
  private(set) var problems: [SessionProblem] = []

  init(
    _ pictures: PictureEncoding?, _ others: [any PacketSource], at path: String,
    _ output: Output, _ context: OperationContext
  ) {
    self.pictures = pictures
    self.others = others
    self.output = output
    self.path = path
    self.context = context
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
    var earliest = others.compactMap(\.nextDTS).min() ?? .zero
    if let chunk, let pictures {
      streams.append(
        Muxer.Stream(chunk.parameters, timeBase: pictures.settings.timeBase))
      let frame = MediaTime(seconds: 1 / max(1, pictures.settings.frameRate))
      order = DecodingOrder(reordering: chunk.reordering, frame: frame)
      earliest = min(earliest, MediaTime(flicks: -frame.flicks * Int64(chunk.reordering)))
    }
    streams += others.map(\.stream)
    muxer = try Muxer.create(
      path, format: output.container.muxer, streams: streams,
      options: output.container.muxerOptions)
    if output.container == .ts || output.container == .flv {
      muxer?.shift = max(.zero, .zero - earliest)
    }
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
        try writeOthers(before: times[index])
        var copy = packet.packet.shared()
        try muxer?.write(
          &copy, stream: 0, pts: shown[index], dts: times[index], duration: after - shown[index])
      }
    }
  }

  /// Writes what other tracks have that is decoded before `time`.
  private mutating func writeOthers(before time: MediaTime) throws(Failure) {
    guard !others.isEmpty, var muxer = muxer.take() else { return }
    let first = pictures == nil ? 0 : 1
    // The packet that is decoded first is written first, whatever track it is of.
    while let next = others.indices.filter({ others[$0].nextDTS ?? .max < time })
      .min(by: { (others[$0].nextDTS ?? .max) < (others[$1].nextDTS ?? .max) })
    {
      let end = try others[next].write(to: &muxer, stream: first + next)
      written += 1
      if written % 256 == 0 {
        try context.check(output.path)
        if pictures == nil { context.progress(end) }
      }
    }
    self.muxer = .some(muxer)
  }

  /// Writes what is left, and completes the file, which lasts for `duration`.
  mutating func finish(lasting duration: MediaTime) throws(Failure) {
    if let held { try write(held, until: duration) }
    try begin(nil)
    try writeOthers(before: .max)
    for problem in others.flatMap(\.problems) where !problems.contains(problem) {
      problems.append(problem)
    }
    try muxer.take()?.finish()
  }
}
