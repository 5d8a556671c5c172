import Basics
import Posix

/// One slice with timestamps from zero, to be copied with others.
struct SliceTemplate {
  /// What the slice is to hold.
  struct Wish: Hashable {
    var video: VideoCodec?
    var audio: AudioCodec?
    var width: Int
    var height: Int
    var frameRate: Int
    var bFrames: Int
    var seconds: Int
    /// The second half of a group of pictures twice as long as the slice; nil for groups of one
    /// second.
    var isSecondHalf: Bool?
    var dtx: Double?
    /// How many packets of sound it has, and how long each lasts; nil for as many as there are.
    var packets: Int?
    var soundPacket: Double?
    var opusPacket: Double
    var isTransport: Bool

    init(
      _ sender: MadeSender, isVideo: Bool, size: (width: Int, height: Int), isSecondHalf: Bool,
      packets: Int?
    ) {
      self.packets = packets
      soundPacket = isVideo ? nil : sender.soundPacket
      opusPacket = isVideo ? 0 : sender.opusPacket
      isTransport =
        isVideo
        ? [.h264, .h265].contains(sender.video)
        : [.aac, .mp3].contains(sender.audio) || sender.audio == .opus && sender.opusInTransport
      video = isVideo ? sender.video : nil
      audio = isVideo ? nil : sender.audio
      (width, height) = isVideo ? size : (0, 0)
      frameRate = isVideo ? sender.frameRate : 0
      bFrames = isVideo ? sender.bFrames : 0
      seconds = sender.length
      self.isSecondHalf = isVideo && sender.cutsMidGOP ? isSecondHalf : nil
      dtx = isVideo ? nil : sender.dtx
    }

    /// How long the slice lasts.
    var length: Double {
      guard let packets, let soundPacket else { return Double(seconds) }
      return Double(packets) * soundPacket
    }
  }

  let ending: String
  /// How long the slice lasts.
  let seconds: Double
  /// Where its flashes, or the first loud packets of its beeps, lie.
  let marks: [Double]
  private let packets: [SlicePacket]
  private let transport: [UInt8]
  private let tracks: [UInt8]

  static func make(_ wish: Wish, in folder: String, name: String) throws -> SliceTemplate {
    // Encoders need a run-up, and sound a second of what comes before.
    let span = wish.isSecondHalf == nil ? wish.seconds : wish.seconds * 2
    var clip = Clip(wish.video, wish.audio, seconds: Double(span * 2 + 1))
    if wish.video != nil {
      (clip.width, clip.height, clip.frameRate) = (wish.width, wish.height, wish.frameRate)
      clip.bFrames = wish.bFrames
      clip.gop = wish.isSecondHalf == nil ? wish.frameRate : wish.frameRate * span
    } else {
      clip.audioBitrate = 24
      clip.opusPacket = wish.opusPacket
    }
    let isTransport = wish.isTransport
    let source = try clip.make(in: folder, name: "\(name)-source")
    let from = wish.isSecondHalf == true ? span + wish.seconds : span
    let path = "\(folder)/\(name).\(isTransport ? "ts" : "webm")"
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-ss", "0", "-i", source, "-c", "copy", "-copyts"]
        + (isTransport
          ? [
            "-muxdelay", "0", "-muxpreload", "0", "-mpegts_copyts", "1", "-pes_payload_size", "0",
            "-pcr_period", "40", "-output_ts_offset", "\(runUp)", "-f", "mpegts", path,
          ] : ["-cluster_time_limit", "1000", "-f", "webm", path]))
    let bytes = try readFile(path)
    // A packet more than fits, where a slice is longer than its seconds.
    let end = Double(from + wish.seconds) + (wish.soundPacket ?? 0)
    return isTransport
      ? try SliceTemplate(
        transport: bytes, from: Double(from + runUp), to: end + Double(runUp), wish)
      : try SliceTemplate(matroska: bytes, from: Double(from), to: end, wish)
  }

  /// Seconds before a source's zero, where pictures are decoded that are shown from zero on.
  private static let runUp = 10

  private init(transport bytes: [UInt8], from: Double, to end: Double, _ wish: Wish) throws {
    let stream = TransportBytes(bytes)
    var shown = stream.packets.filter { $0.time >= from - 0.0001 && $0.time < end - 0.0001 }
    if let packets = wish.packets { shown.removeLast(max(0, shown.count - packets)) }
    guard let first = shown.map(\.time).min() else { throw Self.failure("holds nothing") }
    ending = "ts"
    seconds = wish.length
    packets = []
    tracks = []
    transport = stream.cut(to: Set(shown.map(\.number)), from: first)
    marks = Self.marks(shown.map { SlicePacket(time: $0.time - first, $0) }, wish)
  }

  private init(matroska bytes: [UInt8], from: Double, to end: Double, _ wish: Wish) throws {
    let file = MatroskaBytes(bytes)
    var shown = file.packets.filter { $0.time >= from - 0.0005 && $0.time < end - 0.0005 }
    if let packets = wish.packets { shown.removeLast(max(0, shown.count - packets)) }
    guard let first = shown.first?.time else { throw Self.failure("holds nothing") }
    for index in shown.indices { shown[index].time -= first }
    marks = Self.marks(shown, wish)
    if let dtx = wish.dtx {
      var last = -Double.infinity
      shown = shown.filter { packet in
        let isKept = packet.payload.count > Self.loud || packet.time - last >= dtx - 0.001
        if isKept { last = packet.time }
        return isKept
      }
    }
    ending = "webm"
    seconds = wish.length
    packets = shown
    tracks = file.tracks
    transport = []
  }

  private static func failure(_ reason: String) -> Failure {
    Failure("template", cannot: "make", reason, .software)
  }

  /// Silence is coded in fewer bytes than these.
  static let loud = 48

  /// Flashes begin whole seconds; beeps with the first loud packet after silence.
  private static func marks(_ packets: [SlicePacket], _ wish: Wish) -> [Double] {
    guard wish.video == nil else {
      return packets.map(\.time).filter { abs($0 - $0.rounded()) < 0.001 }.sorted()
    }
    var marks: [Double] = []
    var lastLoud = -Double.infinity
    for packet in packets where packet.payload.count > loud {
      if packet.time - lastLoud > 0.2 { marks.append(packet.time) }
      lastLoud = packet.time
    }
    return marks
  }

  /// The slice with `timestamp` as its first.
  func bytes(from timestamp: Double) -> [UInt8] {
    ending == "ts"
      ? TransportBytes.moved(transport, to: timestamp)
      : MatroskaBytes.file(tracks, packets, from: timestamp, seconds: seconds)
  }
}

/// One packet of a template.
struct SlicePacket {
  var time: Double
  var isKey: Bool
  var payload: [UInt8]

  init(time: Double, isKey: Bool, payload: [UInt8]) {
    self.time = time
    self.isKey = isKey
    self.payload = payload
  }

  init(time: Double, _ packet: TransportBytes.Packet) {
    self.init(time: time, isKey: false, payload: [UInt8](repeating: 0, count: packet.size))
  }
}
