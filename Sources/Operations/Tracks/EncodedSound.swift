import Archive
import Basics
import Decoding
import Media
import Slices

/// A stretch of a track whose packets are encoded among others.
protocol EncodedStretch: AnyObject {
  /// The next packet and its place on the session clock; nil at the end of the stretch.
  func next(into packet: inout Packet) throws(Failure) -> PacketPlace?
  /// Pictures that came out of decoders, and that went into the encoder; none of sound.
  var decoded: Int { get }
  var encoded: Int { get }
  var problems: [SessionProblem] { get }
}

/// A stretch of sound that is encoded with the codec, rate and channels of the rest of its track.
final class EncodedSound: EncodedStretch {
  private let reader: SoundReader
  private let stretch: Stretch
  /// Where sample 0 lies: some packets before the stretch, which an encoder needs to come in.
  private let origin: MediaTime
  private let block: Int
  private var encoder: Encoder
  private var buffer: SoundBuffer
  private var sent: Int64 = 0
  private var isFinished = false

  let decoded = 0
  let encoded = 0
  var problems: [SessionProblem] { reader.problems }

  /// Begins at the start of `stretch`.
  ///
  /// `parameters`: of the packets among which the encoded ones will be.
  ///
  /// Throws when there is no encoder that makes such packets.
  init(
    _ track: Track, uid: String, in stretch: Stretch, like parameters: StreamParameters
  ) throws(Failure) {
    let subject = "uid '\(uid)'"
    let head = parameters.codec == "aac" ? AACHead(configuration: parameters.extradata) : nil
    let rate = parameters.codec == "opus" ? 48_000 : head?.sampleRate ?? parameters.sampleRate ?? 0
    let channels = parameters.channels ?? 0
    let encoders = [
      "aac": "aac", "opus": "libopus", "mp3": "libmp3lame", "pcm_mulaw": "pcm_mulaw",
      "pcm_alaw": "pcm_alaw",
    ]
    guard let name = encoders[parameters.codec], (1...2).contains(channels), rate > 0 else {
      throw Failure(
        subject, cannot: "encode",
        "sound of '\(parameters.codec)' with \(channels) channels can only be copied",
        .unavailable)
    }
    var settings = AudioEncoding(encoder: name, sampleRate: rate, channels: channels)
    if !name.hasPrefix("pcm") { settings.bitrate = 64_000 * channels }
    // A frame that borrows nothing from its neighbours.
    if name == "libmp3lame" { settings.options["reservoir"] = "0" }
    encoder = try Encoder.make(settings, subject: subject)
    block = encoder.blockSize > 0 ? encoder.blockSize : rate / 50
    self.stretch = stretch
    let base = TimeBase(1, Int32(clamping: rate))
    origin = stretch.start - MediaTime(ticks: Int64(block) * 4, of: base)
    reader = SoundReader(track, uid: uid, rate: rate, channels: channels, origin: origin)
    buffer = SoundBuffer(channels: channels)
  }

  func next(into packet: inout Packet) throws(Failure) -> PacketPlace? {
    let duration = MediaTime(ticks: Int64(block), of: encoder.timeBase)
    while true {
      while try encoder.receive(into: &packet) {
        packet.dropSideData()
        let pts = origin + MediaTime(ticks: packet.pts ?? 0, of: encoder.timeBase)
        // Half a packet too much, or too little, is nearest to the stretch.
        if pts + duration > stretch.end + duration / 2 { return nil }
        if pts + duration / 2 < stretch.start { continue }
        return PacketPlace(
          pts: max(pts, stretch.start), dts: max(pts, stretch.start), duration: duration,
          isKey: true)
      }
      if isFinished { return nil }
      if origin + MediaTime(ticks: sent, of: encoder.timeBase) > stretch.end + duration {
        isFinished = true
        try encoder.finish()
      } else {
        reader.read(block, into: &buffer)
        try encoder.send(buffer, 0..<block, at: sent)
        sent += Int64(block)
      }
    }
  }
}

extension MediaTime {
  fileprivate static func / (time: MediaTime, divisor: Int64) -> MediaTime {
    MediaTime(flicks: time.flicks / divisor)
  }
}
