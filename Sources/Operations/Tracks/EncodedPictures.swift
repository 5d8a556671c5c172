import Archive
import Basics
import Decoding
import Media
import Slices

/// A stretch of a track whose pictures are drawn and encoded as its file wants them.
final class EncodedPictures: EncodedStretch {
  private let reader: PictureReader
  private let target: PictureTarget
  private let subject: String
  private let after: MediaTime?
  private let stretch: Stretch
  private var scaler = Scaler()
  private var encoder: Encoder
  private var picture = Frame()
  private var isFirst = true
  private var isEnded = false
  /// Pictures that went into the encoder.
  private(set) var encoded = 0

  /// Begins at the first picture that is not in the file yet.
  ///
  /// `after`: pictures up to there are in the file already.
  /// `stretch`: pictures before its end are encoded; decoding begins where its start needs it.
  init(
    _ track: Track, of session: Session, uid: String, after: MediaTime?, in stretch: Stretch,
    as target: PictureTarget
  ) throws(Failure) {
    reader = PictureReader(track, of: session, uid: uid, from: stretch.start)
    self.target = target
    self.after = after
    self.stretch = stretch
    subject = "uid '\(uid)'"
    encoder = try target.encoder(subject)
  }

  var decoded: Int { reader.decoded }
  var problems: [SessionProblem] { reader.problems }

  /// The next packet and its place on the session clock; nil at the end of the stretch.
  func next(into packet: inout Packet) throws(Failure) -> PacketPlace? {
    while true {
      if try encoder.receive(into: &packet) {
        packet.dropSideData()
        let pts = MediaTime(ticks: packet.pts ?? 0, of: encoder.timeBase)
        let dts = MediaTime(ticks: packet.dts ?? packet.pts ?? 0, of: encoder.timeBase)
        return PacketPlace(pts: pts, dts: dts, isKey: packet.isKey)
      }
      if isEnded { return nil }
      guard let place = try reader.next(into: &picture), place.time < stretch.end else {
        isEnded = true
        guard encoded > 0 else { return nil }
        try encoder.finish()
        continue
      }
      guard place.time >= stretch.start || after != nil, place.time > after ?? .zero - .max else {
        continue
      }
      let frame = try target.draw(
        picture, turn: place.degrees, with: &scaler, subject: subject)
      try encoder.send(frame, at: place.time.ticks(of: encoder.timeBase), isKey: isFirst)
      isFirst = false
      encoded += 1
    }
  }
}
