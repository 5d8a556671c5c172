import Basics
import Decoding
import Media
import Slices

/// The picture of a track that is seen at each of many rising moments, for whoever looks.
final class PictureSource {
  private let track: Track
  private let session: Session
  private let uid: String
  private var reader: PictureReader?
  /// The picture that is seen.
  private(set) var shown = Frame()
  /// Where it lies; nil before the first.
  private(set) var place: PicturePlace?
  /// How many pictures have been seen.
  private(set) var number = 0
  private var ahead = Frame()
  /// Where the next picture lies; nil where there is none, or none has been asked for.
  private(set) var aheadPlace: PicturePlace?
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
  func show(at moment: MediaTime) throws(Failure) {
    try open(at: moment)
    while let next = aheadPlace, next.time <= moment {
      reader?.skip = skip(before: moment)
      try take(next)
    }
  }

  /// Goes to where the pictures from `moment` on are next.
  ///
  /// Nothing before it is decoded where a slice begins with its picture.
  func begin(at moment: MediaTime) throws(Failure) {
    try open(at: moment)
    try show(at: moment - MediaTime(flicks: 1))
  }

  /// Goes on to the next picture, where there is one.
  func showNext() throws(Failure) {
    reader?.skip = .nothing
    if let aheadPlace { try take(aheadPlace) }
  }

  private func take(_ next: PicturePlace) throws(Failure) {
    shown.move(from: &ahead)
    place = next
    number += 1
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
