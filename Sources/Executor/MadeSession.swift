import Archive
import Basics
import Plan
import Posix
import Slices

extension Step {
  /// The step with what lies in the files of the step that it works on, which are there now.
  func opened() throws(Failure) -> Step {
    guard from != nil else { return self }
    var real = session
    real.participants = []
    real.problems = []
    for planned in session.participants {
      var participant = Participant(uid: planned.uid)
      // A file holds both tracks of a participant.
      var seen: Set<String> = []
      for placed in planned.tracks.flatMap(\.slices)
      where seen.insert(placed.slice.resource.path).inserted {
        let path = placed.slice.resource.path
        guard fileExists(path) else {
          throw Failure(path, cannot: "open", "it was not made", .noInput)
        }
        let file = try openSession(at: path)
        real.problems += file.problems
        for track in file.participants.flatMap(\.tracks) {
          participant.append(track.moved(file.origin, to: placed.position(of: .zero)))
        }
      }
      if !participant.tracks.isEmpty { real.participants.append(participant) }
    }
    return Step(id: id, session: real, operation: operation, outputs: outputs, from: from)
  }
}

extension Participant {
  fileprivate mutating func append(_ track: Track) {
    func joined(_ earlier: Track?) -> Track {
      guard var whole = earlier else { return track }
      whole.runs += track.runs
      return whole
    }
    switch track.kind {
    case .audio: audio = joined(audio)
    case .video: video = joined(video)
    }
  }
}

extension Session {
  /// The timestamp at which a file begins: zero, but for the few hundredths of a second by which
  /// encoders of sound begin before it; transport streams have any.
  fileprivate var origin: MediaTime {
    let first = slices.lazy.map(\.slice.first).min() ?? .zero
    return abs(first.seconds) < 0.2 ? .zero : first
  }
}

extension Track {
  /// The track of a file whose timestamp `origin` lies at `time`.
  fileprivate func moved(_ origin: MediaTime, to time: MediaTime) -> Track {
    var moved = self
    moved.runs = runs.map { run in
      Run(
        slices: run.slices.map { placed in
          var placed = placed
          let start = time + placed.slice.first - origin
          let clip = placed.clip.map {
            Stretch(start: $0.start + start - placed.start, end: $0.end + start - placed.start)
          }
          placed.start = start
          placed.clip = clip
          // What lies before is the encoder's run-up.
          let extent = placed.extent
          if extent.start < time, time < extent.end {
            placed.clip = Stretch(start: time, end: extent.end)
          }
          return placed
        })
    }
    return moved
  }
}
