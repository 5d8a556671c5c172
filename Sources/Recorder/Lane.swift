import Basics
import Media
import Slices

/// One stream of one connection on its way to a track: it gives every packet the form that slices
/// want, and its times.
final class Lane {
  /// What to do with a packet after `accept`.
  struct Step {
    var sample: Sample
    /// Set when the format is new: the first time, or by a change that needs a new slice.
    var newFormat: SliceFormat?
  }

  let kind: TrackKind
  private let subject: String
  private let timeBase: TimeBase
  private let container: SliceContainer
  private var parameters: StreamParameters
  /// The sender's parameters as they came, beside the packets.
  private var outOfBand: [UInt8] = []
  private var filter: BitstreamFilter?
  /// The filter only takes parameter sets out, and need not see packets without any.
  private var onlyExtracts = false
  private var parser: FrameParser?
  /// What the parser last said of key frames may no longer hold.
  private var mustParse = true
  private var decodeTimes = DecodeTimes()
  private var reorderDepth = 0
  /// The newest parameter sets of H.264 or H.265, in byte stream form.
  private var parameterSets: [UInt8] = []
  private var isAnnounced = false
  private var hasSeenKey = false
  private var previous: MediaTime?
  private var previousDuration: MediaTime?
  private var decoded: MediaTime?
  private(set) var interval = MediaTime(milliseconds: 33)
  private var hadSenderClock = false
  /// Added to the demuxer's times, so that its breaks do not break the timeline.
  private var shift = MediaTime.zero

  /// nil for a codec that no slice holds.
  init?(_ parameters: StreamParameters, timeBase: TimeBase, subject: String) throws(Failure) {
    guard parameters.isVideo || parameters.isAudio,
      let container = SliceContainer(codec: parameters.codec)
    else { return nil }
    kind = parameters.isVideo ? .video : .audio
    self.subject = subject
    self.timeBase = timeBase
    self.container = container
    self.parameters = parameters
    try prepare(parameters)
  }

  /// Sets everything up that depends on the codec's out-of-band data.
  private func prepare(_ found: StreamParameters) throws(Failure) {
    parameters = found
    outOfBand = found.extradata
    let codec = found.codec
    if codec == "h264" || codec == "hevc" {
      onlyExtracts = found.extradata.first != 1
      let chain = (onlyExtracts ? "" : "\(codec)_mp4toannexb,") + "extract_extradata"
      let made = try BitstreamFilter.make(
        chain, for: found, timeBase: timeBase, subject: subject)
      parameters = made.parameters
      parameterSets = parameters.extradata
      filter = consume made
    }
    if codec == "opus" {
      let head =
        found.extradata.count >= 19 ? nil : StreamParameters.opusHead(channels: found.channels ?? 2)
      // The packets' own times say where they lie: every slice is to be taken from its first sample.
      parameters = found.with(
        sampleRate: 48_000, channels: found.channels ?? 2, extradata: head, initialPadding: 0)
    }
    if codec == "aac", let head = AACHead(configuration: found.extradata) {
      parameters = found.with(sampleRate: head.sampleRate, channels: head.channels)
    }
    parser = FrameParser(for: parameters)
    mustParse = true
  }

  /// Takes the next packet of the stream.
  ///
  /// `current`: what the demuxer knows of the stream now.
  /// `arrival`: the time since the packet before arrived.
  ///
  /// Gives nil when the packet is nothing to record: before the first key frame, or without a time.
  func accept(
    _ packet: inout Packet, current: @autoclosure () -> StreamParameters,
    sinceLast arrival: MediaTime
  ) throws(Failure) -> Step? {
    var isNew = !isAnnounced
    if let extradata = packet.newExtradata {
      packet.dropSideData()
      // Many encoders repeat their parameters; only others are news.
      if extradata != outOfBand {
        try prepare(current().with(extradata: extradata))
        isNew = true
      }
    } else if isNew, parameters.extradata.isEmpty {
      try prepare(current())
    }
    guard let pts = packet.pts ?? packet.dts ?? guessed else { return nil }
    let hasSenderClock = packet.senderClock != nil
    let duration = duration(of: packet)
    var sample = Sample(
      pts: steady(
        MediaTime(ticks: pts, of: timeBase), isClockNew: hasSenderClock && !hadSenderClock,
        sinceLast: arrival),
      dts: .zero, duration: duration, isKey: true, isVideo: kind == .video)
    hadSenderClock = hasSenderClock
    let toDTS = packet.dts.map { MediaTime(ticks: $0 - pts, of: timeBase) }
    note(sample, decodedAt: sample.pts + (toDTS ?? .zero))
    if kind == .video {
      guard try acceptPicture(&packet, &sample, isNew: &isNew) else { return nil }
      sample.dts =
        if let toDTS { sample.pts + toDTS } else {
          decodeTimes.next(pts: sample.pts, depth: reorderDepth, interval: interval)
        }
    } else {
      sample.dts = sample.pts
      if isNew || parameters.extradata.isEmpty { acceptSound(packet, isNew: &isNew) }
    }
    isAnnounced = isAnnounced || isNew
    return Step(
      sample: sample,
      newFormat: isNew ? SliceFormat(kind: kind, parameters: parameters, container: container) : nil
    )
  }

  /// Puts the newest parameter sets in front of a key frame that does not bring its own.
  func makePlayableAlone(_ packet: inout Packet) {
    guard !parameterSets.isEmpty, packet.newExtradata == nil else { return }
    packet.prepend(parameterSets)
  }

  private func acceptPicture(_ packet: inout Packet, _ sample: inout Sample, isNew: inout Bool)
    throws(Failure) -> Bool
  {
    if !onlyExtracts || packet.hasParameterSets(parameters.codec) {
      guard try filter?.apply(&packet) ?? true else { return false }
    }
    if filter != nil, let sets = packet.newExtradata, sets != parameterSets {
      parameterSets = sets
      mustParse = true
    }
    sample.isKey = packet.isKey
    if packet.isKey && mustParse || !hasSeenKey {
      // Pictures of these codecs say nothing that their parameter sets do not.
      mustParse = filter == nil
      let facts = parser?.parse(packet)
      if let isKey = facts?.isKey, !packet.isKey, container == .ts { sample.isKey = isKey }
      reorderDepth = facts?.reorderDepth ?? 0
      if let width = facts?.width, let height = facts?.height,
        width != parameters.width || height != parameters.height
      {
        parameters = parameters.with(width: width, height: height)
        isNew = true
      }
    }
    hasSeenKey = hasSeenKey || sample.isKey
    return hasSeenKey
  }

  private func acceptSound(_ packet: borrowing Packet, isNew: inout Bool) {
    let rate: Int?
    let channels: Int?
    switch parameters.codec {
    case "opus": return
    case "aac":
      guard parameters.extradata.isEmpty, let head = AACHead(adts: packet) else { return }
      (rate, channels) = (head.sampleRate, head.channels)
    default:
      guard let facts = parser?.parse(packet) else { return }
      rate = facts.sampleRate ?? parameters.sampleRate
      channels = facts.channels ?? parameters.channels
    }
    guard rate != parameters.sampleRate || channels != parameters.channels else { return }
    parameters = parameters.with(sampleRate: rate, channels: channels)
    isNew = true
  }

  /// The time of a packet in mid-stream that came without one.
  private var guessed: Int64? { expected.map { ($0 - shift).ticks(of: timeBase) } }

  /// Where the next packet starts if nothing is missing.
  private var expected: MediaTime? {
    previous.map { $0 + (kind == .audio ? previousDuration ?? interval : interval) }
  }

  private func duration(of packet: borrowing Packet) -> MediaTime? {
    if kind == .audio, let samples = parameters.samples(in: packet),
      let rate = parameters.sampleRate
    {
      return MediaTime(ticks: Int64(samples), of: TimeBase(1, Int32(clamping: rate)))
    }
    return packet.duration.map { MediaTime(ticks: $0, of: timeBase) }
  }

  /// The time of a packet on a timeline without the demuxer's breaks.
  private func steady(_ time: MediaTime, isClockNew: Bool, sinceLast arrival: MediaTime)
    -> MediaTime
  {
    guard let expected else { return time + shift }
    let jump = time + shift - expected
    // With the first report of a second RTP stream libavformat moves the stream onto the first
    // one's clock; the report itself says when its samples were made.
    let isMoved = isClockNew && abs(jump.seconds) > 0.02 && arrival.seconds < 1
    // A sender that starts its timestamps anew goes on where its packets arrive.
    let isBroken = jump.seconds < -1 || jump.seconds - arrival.seconds > 10
    if isMoved { shift -= jump } else if isBroken { shift += arrival - jump }
    return time + shift
  }

  private func note(_ sample: Sample, decodedAt time: MediaTime) {
    if let decoded, kind == .video {
      // In the order of decoding, since pictures are not sent in the order in which they are shown.
      let step = time - decoded
      // A running median: it follows the usual step and ignores the unusual one.
      if step > .zero, step < MediaTime(milliseconds: 10_000) {
        let nudge = MediaTime(flicks: max(1, interval.flicks / 16))
        interval = step > interval ? min(step, interval + nudge) : max(step, interval - nudge)
      }
    }
    decoded = time
    previous = max(previous ?? sample.pts, sample.pts)
    previousDuration = sample.duration
  }
}
