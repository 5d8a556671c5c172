import Archive
import Basics
import Media
import Plan
import Slices

/// The packets of a track as a file takes them, at their places on the session clock: copied
/// wherever the file can show them, and encoded where it cannot.
///
/// What most of the track looks like is copied. A stretch that looks otherwise is encoded as far
/// as the next key frame from which copying can go on; and so are pictures that the ends of the
/// file part from what they refer to.
final class TrackPackets {
  private let track: Track
  private let session: Session
  private let uid: String
  private let stretch: Stretch
  private let reader: TrackReader
  /// Where the group of pictures begins that the end of the stretch would cut apart.
  private let tail: MediaTime
  private let turns: [Turn]
  private let look: Look
  private let copier: StreamCopier
  let parameters: StreamParameters
  /// Pictures that the file takes; nil for sound.
  let target: PictureTarget?
  /// How long before the stretch sound may begin that the file says not to be heard.
  private let leadIn: MediaTime
  private var encoding: (any EncodedStretch)?
  /// The latest picture or sound given so far.
  private var latest: MediaTime?
  /// Whether the packet before the next was copied, so that it can be decoded.
  private var isFlowing = false
  /// Pictures before it belong to what was encoded.
  private var resumed = MediaTime(flicks: .min)
  private var encodingProblems: [SessionProblem] = []

  /// The parts of the session clock that were encoded.
  private(set) var encoded: [Stretch] = []
  private(set) var picturesDecoded = 0
  private(set) var picturesEncoded = 0

  /// Nil when nothing of the track can be read.
  ///
  /// Throws when the track needs encoding that there is none for.
  init?(_ track: Track, of session: Session, uid: String, in output: Output) throws(Failure) {
    let codecs = output.container.codecs
    guard
      let look = session.prevailingLook(of: track, in: output.stretch, codecs: codecs)
        ?? session.prevailingLook(of: track, in: output.stretch)
    else { return nil }
    let isCut = output.stretch.start > track.start || output.stretch.end < track.end
    let mayChange = session.looks(of: track, in: output.stretch).count > 1
    guard
      let example = try Self.example(
        of: track, like: mayChange ? look.format : nil, from: output.stretch.start,
        mayChange: track.slices.count > 1 || mayChange || isCut, uid: uid)
    else { return nil }
    copier = example.copier
    var format = example.format
    // A container's own turn comes on top of the tag's.
    let degrees = (look.degrees + example.rotation) % 360
    if !output.container.turns, degrees % 180 != 0 {
      (format.width, format.height) = (format.height, format.width)
    }
    self.look = Look(format: format, degrees: output.container.turns ? degrees : 0)
    self.track = track
    self.session = session
    self.uid = uid
    stretch = output.stretch
    turns = session.turns(of: track)
    reader = TrackReader(track, from: output.stretch.start, isAhead: true)
    tail = try Self.tail(of: track, at: output.stretch.end) ?? .max
    target = Self.target(self.look)
    leadIn = track.kind == .audio ? output.container.leadIn(of: copier.parameters) : .zero
    if let target, self.look.degrees != degrees {
      parameters = try target.parameters("uid '\(uid)'")
    } else {
      parameters = copier.parameters
    }
  }

  /// What a slice that looks as the file will look is like.
  private static func example(
    of track: Track, like format: Format?, from start: MediaTime, mayChange: Bool, uid: String
  ) throws(Failure) -> (copier: StreamCopier, format: Format, rotation: Int)? {
    var track = track
    if let format {
      let alike = track.slices.filter { $0.slice.format == format }
      let known = alike.filter(\.slice.startsWithKeyFrame)
      track.runs = (known.isEmpty ? alike : known).map { Run(slices: [$0]) }
    }
    let reader = TrackReader(track, from: format == nil ? start : .zero)
    guard reader.peek() != nil, let found = reader.format, let stream = reader.stream else {
      return nil
    }
    var copier: StreamCopier?
    try reader.take { (packet, _) throws(Failure) in
      copier = try StreamCopier(
        stream, first: packet, mayChange: mayChange, subject: "uid '\(uid)'")
    }
    return copier.map { ($0, found, stream.rotation) }
  }

  /// Where a group of pictures begins some of which, shown before `end`, are decoded after pictures
  /// that are shown later; nil where no group is so.
  private static func tail(of track: Track, at end: MediaTime) throws(Failure) -> MediaTime? {
    guard track.kind == .video, end < track.end else { return nil }
    let reader = TrackReader(track, from: end)
    var key: MediaTime?
    var isCut = false
    while let place = reader.peek(), place.dts < end, !isCut || !place.isKey {
      if place.isKey { key = place.pts }
      if isCut, place.pts < end { return key }
      isCut = isCut || place.pts >= end
      try reader.take { (_, _) in }
    }
    return nil
  }

  private static func target(_ look: Look) -> PictureTarget? {
    guard let width = look.format.width, let height = look.format.height else { return nil }
    return PictureTarget(
      codec: look.format.codec, size: PixelSize(width: width & ~1, height: height & ~1),
      degrees: look.degrees, frameRate: 30)
  }

  var timeBase: TimeBase { copier.timeBase }
  /// The turn anticlockwise that the file asks players for.
  var degrees: Int { look.degrees }
  var problems: [SessionProblem] {
    reader.problems + encodingProblems.filter { !reader.problems.contains($0) }
  }

  /// The next packet; nil at the end of the stretch.
  func next(into packet: inout Packet) throws(Failure) -> PacketPlace? {
    while true {
      if let encoding {
        if let place = try encoding.next(into: &packet) {
          latest = place.pts
          return place
        }
        end(encoding)
      }
      guard let place = reader.peek(), place.pts < stretch.end else { return nil }
      if place.pts < stretch.start - leadIn {
        try reader.take { (_, _) in }
      } else if !canCopy(place) {
        try beginEncoding(at: place)
      } else if place.pts < resumed {
        try reader.take { (_, _) in }
      } else if try copy(into: &packet) {
        latest = max(latest ?? place.pts, place.pts)
        return place
      }
    }
  }

  private func copy(into packet: inout Packet) throws(Failure) -> Bool {
    guard let stream = reader.stream else { return false }
    isFlowing = true
    var isWhole = false
    try reader.take { (source, _) throws(Failure) in
      isWhole = try copier.convert(&source, of: stream)
      if isWhole { packet.move(from: &source) }
    }
    return isWhole
  }

  private func canCopy(_ place: PacketPlace) -> Bool {
    looksRight(place) && (isFlowing || track.kind == .audio || place.isKey)
  }

  private func looksRight(_ place: PacketPlace) -> Bool {
    guard reader.format == look.format, !place.isKey || place.pts < tail else { return false }
    guard track.kind == .video else { return true }
    let tag = turns.last { $0.position <= place.pts }?.degrees ?? 0
    return (tag + (reader.stream?.rotation ?? 0)) % 360 == look.degrees
  }

  /// Reads on to where copying can begin again, and encodes what lies before.
  private func beginEncoding(at place: PacketPlace) throws(Failure) {
    isFlowing = false
    resumed = stretch.end
    var end = place.pts
    while let next = reader.peek(), next.pts < stretch.end {
      if next.isKey, looksRight(next) {
        resumed = next.pts
        break
      }
      end = max(end, next.pts + (next.duration ?? .zero))
      try reader.take { (_, _) in }
    }
    if let target {
      let stretch = Stretch(start: place.pts, end: resumed)
      encoding = try EncodedPictures(
        track, of: session, uid: uid, after: latest, in: stretch, as: target)
      encoded.append(stretch)
    } else {
      // What is silent in between, the file fills as any other gap.
      let stretch = Stretch(start: place.pts, end: min(end, resumed))
      encoding = try EncodedSound(track, uid: uid, in: stretch, like: parameters)
      encoded.append(stretch)
    }
  }

  private func end(_ stretch: any EncodedStretch) {
    picturesDecoded += stretch.decoded
    picturesEncoded += stretch.encoded
    encodingProblems += stretch.problems.filter { !encodingProblems.contains($0) }
    encoding = nil
  }
}

extension Container {
  /// Whether the file can ask players to turn a track.
  var turns: Bool { [.mp4, .mov, .m4a].contains(self) }

  /// How long before its beginning a file may hold sound that is not heard: an edit list leaves out
  /// what a decoder needs to come in, `CodecDelay` as much as Opus itself asks for.
  fileprivate func leadIn(of parameters: StreamParameters) -> MediaTime {
    let padding = MediaTime(ticks: Int64(parameters.initialPadding), of: TimeBase(1, 48_000))
    return switch (self, parameters.codec) {
    case (.mp4, "opus"), (.mov, "opus"), (.m4a, "opus"): MediaTime(milliseconds: 80)
    case (.mp4, _), (.mov, _), (.m4a, _): MediaTime(milliseconds: 50)
    case (.mkv, "opus"), (.webm, "opus"): padding
    default: .zero
    }
  }
}
