import Basics
import Decoding
import Media
import Slices

/// The picture of a track that is seen at each of many rising moments.
final class PictureSource {
  private let track: Track
  private let session: Session
  private let uid: String
  private var reader: PictureReader?
  /// The picture that is seen.
  private(set) var shown = Frame()
  private(set) var degrees = 0
  private(set) var hasPicture = false
  private var ahead = Frame()
  private var aheadPlace: PicturePlace?
  private var before: (decoded: Int, problems: [SessionProblem]) = (0, [])

  init(_ track: Track, of session: Session, uid: String) {
    self.track = track
    self.session = session
    self.uid = uid
  }

  var decoded: Int { before.decoded + (reader?.decoded ?? 0) }

  var problems: [SessionProblem] {
    (before.problems + (reader?.problems ?? [])).reduce(into: []) {
      if !$0.contains($1) { $0.append($1) }
    }
  }

  /// Goes on to what is seen at `moment`.
  ///
  /// Gives whether that is another picture than before.
  func show(at moment: MediaTime) throws(Failure) -> Bool {
    try open(at: moment)
    var isNew = false
    while let place = aheadPlace, place.time <= moment {
      reader?.skip = skip(before: moment)
      try take(place)
      isNew = true
    }
    return isNew
  }

  /// Goes on to the last picture before `moment`.
  func show(before moment: MediaTime) throws(Failure) {
    _ = try show(at: moment - MediaTime(flicks: 1))
  }

  /// Goes on to the next picture, where there is one before `moment`.
  func next(before moment: MediaTime) throws(Failure) -> PicturePlace? {
    guard let place = aheadPlace, place.time < moment else { return nil }
    try take(place)
    return place
  }

  private func take(_ place: PicturePlace) throws(Failure) {
    shown.move(from: &ahead)
    degrees = place.degrees
    hasPicture = true
    try advance()
  }

  private func advance() throws(Failure) {
    aheadPlace = try reader?.next(into: &ahead)
  }

  /// Begins so early that the picture at `moment` is known, where there is one.
  private func open(at moment: MediaTime) throws(Failure) {
    guard reader == nil else { return }
    var from = moment
    while true {
      let reader = PictureReader(track, of: session, uid: uid, from: from)
      self.reader = reader
      try advance()
      if let aheadPlace, aheadPlace.time <= moment { return }
      // What the slice at hand begins with may lie after the moment, or be damaged.
      let first = track.slices.last { $0.extent.start <= from }
      guard let first,
        let earlier = track.slices.last(where: { $0.extent.start < first.extent.start })
      else { return }
      before.decoded += reader.decoded
      before.problems += reader.problems
      from = earlier.extent.start
    }
  }

  /// Pictures long before the moment need not be whole where no other refers to them.
  private func skip(before moment: MediaTime) -> Decoder.Skip {
    guard let aheadPlace, aheadPlace.time < moment - Self.certain else { return .nothing }
    return .nonReference
  }

  private static let certain = MediaTime(milliseconds: 5000)
}
