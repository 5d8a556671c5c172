import Basics
import Decoding
import Media
import Plan
import Slices

/// The sound of one output, encoded in one pass from its beginning to its end.
final class SoundEncoding: PacketSource {
  private let track: Track
  private let uid: String
  /// The stretches of the session clock that are heard, one after the other.
  private let kept: [Stretch]
  /// By libav's name.
  private let codec: String
  private let rate: Int
  private let channels: Int
  private var encoder: Encoder
  private let total: Int64
  private var next = 0
  private var reader: SoundReader?
  private var buffer: SoundBuffer
  private var block: SoundBuffer
  private var sent: Int64 = 0
  private var isFinished = false
  private var packet = Packet()
  /// Where the packet at hand is heard, and for how long; nil at the end.
  private var place: (time: MediaTime, duration: MediaTime)?
  private(set) var problems: [SessionProblem] = []

  /// Throws when the linked libavcodec has no encoder for what is wanted.
  init(
    _ track: Track, uid: String, kept: [Stretch], _ codec: String, _ wanted: AudioOptions,
    in container: Container, subject: String
  ) throws(Failure) {
    self.track = track
    self.uid = uid
    self.kept = kept
    self.codec = codec
    rate = wanted.sampleRate ?? 48_000
    channels = wanted.channels ?? min(2, max(1, track.formats.first?.channels ?? 2))
    var settings = AudioEncoding(
      encoder: try soundEncoder(codec, wanted.profile, subject: subject), sampleRate: rate,
      channels: channels,
      bitrate: isLossless(codec) ? nil : (wanted.bitrate ?? 64 * channels) * 1000)
    settings.isGlobalHeader = container != .ts && container != .hls
    switch wanted.profile {
    case .he: settings.options["profile"] = "aac_he"
    case .heV2: settings.options["profile"] = "aac_he_v2"
    case .lc, nil: break
    }
    encoder = try Encoder.make(settings, subject: subject)
    buffer = SoundBuffer(channels: channels)
    block = SoundBuffer(channels: channels)
    let length = kept.reduce(MediaTime.zero) { $0 + $1.duration }
    total = length.ticks(of: TimeBase(1, Int32(clamping: rate)))
    try advance()
  }

  var nextDTS: MediaTime? { place?.time }
  var nextStart: MediaTime? { place?.time }
  var stream: Muxer.Stream { Muxer.Stream(encoder.parameters, timeBase: encoder.timeBase) }

  func write(to muxer: inout Muxer, stream: Int) throws(Failure) -> MediaTime {
    guard let place else { return .zero }
    try muxer.write(
      &packet, stream: stream, pts: place.time, dts: place.time, duration: place.duration,
      keepsSideData: codec == "flac")
    try advance()
    return place.time + place.duration
  }

  private func advance() throws(Failure) {
    place = nil
    while try !encoder.receive(into: &packet) {
      guard !isFinished else { return }
      let size = encoder.blockSize > 0 ? encoder.blockSize : 1024
      let count = try read(Int(min(Int64(size), total - sent)))
      if count > 0 {
        try encoder.send(block, 0..<count, at: sent)
        sent += Int64(count)
      } else {
        try encoder.finish()
        isFinished = true
      }
    }
    let start = packet.pts ?? 0
    // What the last block is filled up with is not part of the sound.
    let end = min(
      start + (packet.duration ?? Int64(max(1, encoder.blockSize))), max(total, start + 1))
    place = (
      MediaTime(ticks: start, of: encoder.timeBase),
      MediaTime(ticks: end - start, of: encoder.timeBase)
    )
  }

  /// Reads samples into `block`, across the stretches that are left out.
  private func read(_ count: Int) throws(Failure) -> Int {
    block.resize(0)
    while block.count < count {
      guard next < kept.count else { break }
      // Rounding a stretch to whole samples must not add up.
      let before = kept[..<next].reduce(MediaTime.zero) { $0 + $1.duration }
      let base = TimeBase(1, Int32(clamping: rate))
      let first = before.ticks(of: base)
      let length = (before + kept[next].duration).ticks(of: base) - first
      let reader =
        self.reader
        ?? SoundReader(
          track, uid: uid, rate: rate, channels: channels, origin: kept[next].start, length: length)
      self.reader = reader
      let left = length - reader.position
      guard left > 0 else {
        problems += reader.problems.filter { !problems.contains($0) }
        self.reader = nil
        next += 1
        continue
      }
      let part = Int(min(left, Int64(count - block.count)))
      reader.read(part, into: &buffer)
      block.append(buffer, 0..<part)
    }
    if block.count < count { problems += reader?.problems ?? [] }
    return block.count
  }
}

/// Whether a codec keeps every sample as it is.
private func isLossless(_ codec: String) -> Bool { codec == "flac" || codec.hasPrefix("pcm_") }

/// libav's name of the encoder for a codec.
private func soundEncoder(
  _ codec: String, _ profile: AudioOptions.Profile?, subject: String
) throws(Failure) -> String {
  if codec == "aac", profile == .he || profile == .heV2 {
    guard Encoder.exists("libfdk_aac") else {
      throw Failure(
        subject, cannot: "encode", "HE-AAC needs libfdk_aac, which the linked FFmpeg lacks",
        .unavailable)
    }
    return "libfdk_aac"
  }
  switch codec {
  case "mp3": return "libmp3lame"
  case "opus": return "libopus"
  case "vorbis": return "libvorbis"
  default: return codec
  }
}
