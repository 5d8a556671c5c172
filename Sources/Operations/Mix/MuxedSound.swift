import Basics
import Media
import Plan

/// A file of encoded sound that libavformat writes.
struct MuxedSound: ~Copyable {
  private let encoding: MixEncoding
  private let length: Int64
  private var muxer: Muxer
  private var packet = Packet()
  /// For what is encoded here, in order.
  private var encoder: Encoder?
  private var decoded: DecodedPeak?
  private var waiting: SoundBuffer
  private var sent: Int64 = 0
  private var frames: Int64 = 0
  private let ticks: TimeBase

  /// `length`: in samples.
  init(
    _ path: String, _ encoding: MixEncoding, length: Int64, metadata: [String: String],
    chapters: [Muxer.Chapter]
  ) throws(Failure) {
    let encoder = try encoding.encoder()
    var decoded: DecodedPeak?
    if encoding.container == .opus {
      decoded = try DecodedPeak(encoder.parameters, channels: encoding.channels)
    }
    let rate = TimeBase(1, Int32(clamping: encoding.rate))
    muxer = try Muxer.create(
      path, format: encoding.container.muxer,
      streams: [Muxer.Stream(encoder.parameters, timeBase: rate)],
      options: encoding.container.muxerOptions,
      metadata: metadata, chapters: chapters)
    self.encoding = encoding
    self.length = length
    self.decoded = decoded.take()
    self.encoder = .some(encoder)
    ticks = rate
    waiting = SoundBuffer(channels: encoding.channels)
  }

  mutating func write(_ part: MixPart) throws(Failure) {
    switch part.sound {
    case .frames(let bytes, let sizes):
      var position = 0
      for size in sizes {
        var packet = Packet(bytes[position..<position + size])
        position += size
        try writeFrame(&packet)
      }
    case .samples(let samples):
      waiting.append(samples.sound, 0..<samples.sound.count)
      try encode(all: false)
    }
  }

  /// Frames of AAC: the first is heard before the first sample.
  private mutating func writeFrame(_ packet: inout Packet) throws(Failure) {
    let size = encoding.grid.block
    let start = (frames - 1) * size
    frames += 1
    let end = min(length, start + size)
    try muxer.write(
      &packet, stream: 0, pts: MediaTime(ticks: start, of: ticks),
      dts: MediaTime(ticks: start, of: ticks),
      duration: MediaTime(ticks: max(1, end - start), of: ticks))
  }

  private mutating func encode(all: Bool) throws(Failure) {
    guard encoder != nil else { return }
    let wanted = encoder?.blockSize ?? 0
    let size = wanted > 0 ? wanted : 4096
    var start = 0
    while waiting.count - start >= size || all && start < waiting.count {
      let end = min(waiting.count, start + size)
      try encoder?.send(waiting, start..<end, at: sent)
      sent += Int64(end - start)
      start = end
      try drain()
    }
    waiting.drop(start)
  }

  private mutating func drain() throws(Failure) {
    while try encoder?.receive(into: &packet) == true {
      try decoded?.add(packet)
      let time = MediaTime(ticks: packet.pts ?? sent, of: ticks)
      let duration = packet.duration.map { MediaTime(ticks: $0, of: ticks) }
      try muxer.write(
        &packet, stream: 0, pts: time, dts: time, duration: duration,
        keepsSideData: encoding.container == .flac)
    }
  }

  /// Encodes what waits; nothing may follow.
  ///
  /// Returns the amplitude to which what was encoded here is decoded at its loudest; nil where parts
  /// come encoded, or nothing is lost.
  mutating func flush() throws(Failure) -> Float? {
    if waiting.count > 0 || sent > 0 {
      try encode(all: true)
      try encoder?.finish()
      try drain()
    }
    return decoded?.amplitude
  }

  /// Ends the file, after `flush`.
  consuming func finish() throws(Failure) { try muxer.finish() }
}
