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
          participant.append(track.moved(by: placed.start))
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

extension Track {
  fileprivate func moved(by time: MediaTime) -> Track {
    var moved = self
    moved.runs = runs.map { run in
      Run(
        slices: run.slices.map { placed in
          var placed = placed
          placed.start = placed.start + time
          placed.clip = placed.clip.map { Stretch(start: $0.start + time, end: $0.end + time) }
          return placed
        })
    }
    return moved
  }
}
