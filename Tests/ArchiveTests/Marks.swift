import Archive
import Basics
import Media
import Slices
import TestSupport

/// What a track's packets say through `TrackReader`.
struct ReadTrack {
  /// Where the flashes, or the first loud packets of beeps, lie.
  var marks: [Double] = []
  var places: [PacketPlace] = []
  var sizes: [Int] = []
  var formats: [Format] = []
  var problems: [SessionProblem] = []

  init(_ track: Track) throws {
    let reader = TrackReader(track)
    var lastLoud = -Double.infinity
    while let place = reader.peek() {
      if place.startsFormat, let format = reader.format { formats.append(format) }
      var size = 0
      try reader.take { packet, _ throws(Failure) in size = packet.size }
      places.append(place)
      sizes.append(size)
      let time = place.pts.seconds
      if track.kind == .video {
        if place.isKey { marks.append(time) }
      } else if size > 48 {
        if time - lastLoud > 0.2 { marks.append(time) }
        lastLoud = time
      }
    }
    problems = reader.problems
  }

  /// How long the packets last together, in seconds.
  var sum: Double { places.compactMap(\.duration).reduce(MediaTime.zero, +).seconds }
}

extension Session {
  func track(_ uid: String, _ kind: TrackKind) -> Track? {
    participants.first { $0.uid == uid }?.tracks.first { $0.kind == kind }
  }

  /// Seconds from the made session's zero to the one that was found.
  func shift(from made: MadeSession) -> Double { (start - made.start).seconds }

  /// The greatest distance of a mark from where it must be, in seconds.
  ///
  /// Infinite when there are not as many as there must be.
  func error(_ made: MadeSession, _ uid: String, _ kind: TrackKind) throws -> Double {
    guard let track = track(uid, kind) else { return .infinity }
    let read = try ReadTrack(track)
    let truth = made.truth(uid, kind)
    guard truth.count == read.marks.count else {
      print("\(read.marks.count) marks instead of \(truth.count)")
      return .infinity
    }
    let shift = shift(from: made)
    return zip(truth, read.marks).map { abs($0 - $1 - shift) }.max() ?? .infinity
  }

  /// The greatest error of the distance from a flash to its beep, in seconds.
  func distance(_ made: MadeSession, _ uid: String) throws -> Double {
    guard let audio = track(uid, .audio), let video = track(uid, .video) else { return .infinity }
    let flashes = try ReadTrack(video).marks
    let beeps = try ReadTrack(audio).marks
    let (seen, heard) = (made.truth(uid, .video), made.truth(uid, .audio))
    guard flashes.count == beeps.count, seen.count == flashes.count, heard.count == beeps.count
    else { return .infinity }
    // A beep's first packet begins before the beep itself.
    let leads = zip(seen, heard).map { $0 - $1 }
    return zip(zip(flashes, beeps), leads).map { abs($0.0 - $0.1 - $1) }.max() ?? .infinity
  }
}

extension MadeSession {
  /// Where the marks of the slices that are whole lie; a beep at a joint may begin in the last
  /// packet before it.
  func truth(_ uid: String, _ kind: TrackKind) -> [Double] {
    slices(of: uid, video: kind == .video).filter { $0.damage == nil }.flatMap(\.marks).sorted()
      .reduce(into: []) { marks, next in
        if marks.last.map({ next - $0 > 0.5 }) ?? true { marks.append(next) }
      }
  }
}
