package import Basics

extension Session {
  /// Puts every slice of every participant on one clock.
  ///
  /// A slice lies where its UTC says, but stamps jitter and senders' clocks drift: each unbroken
  /// stretch of a track is placed as a whole, by a fit over all its stamps, and inside it the
  /// slices' own timestamps count. Slices without a UTC lie where their timestamps put them beside
  /// the track's others; in a track without any UTC, beside the uid's other track; for a uid
  /// without any, from session zero on. Where slices overlap, those of the recorder with the lowest
  /// backup number stay, and of one recorder's the earlier.
  ///
  /// `tracks` are in any order; those of one uid and kind are taken together. `fallbackStart` is
  /// the start of a session in which nothing has a UTC.
  package static func place(
    _ tracks: consuming [FoundTrack], sid: String = "", cname: String = "", name: String = "",
    problems: [SessionProblem] = [], fallbackStart: UTCTime = UTCTime(milliseconds: 0)
  ) -> Session {
    var tracks = FoundTrack.joined(tracks)
    let zero = tracks.lazy.flatMap(\.slices).compactMap(\.utc).min() ?? fallbackStart
    var session = Session(
      sid: sid, cname: cname, name: name, start: zero, duration: .zero, participants: [],
      problems: problems)
    let starts = tracks.map { track in
      track.startBeside(tracks.filter { $0.uid == track.uid }, zero: zero)
    }
    for (index, start) in starts.enumerated() {
      let placement = TrackPlacement(tracks[index], zero: zero, start: start)
      // Of a day of many people there are not to be two lists at once.
      tracks[index].slices = []
      session.problems += placement.problems
      session.add(placement, of: tracks[index])
    }
    session.startAtFirstPacket()
    return session
  }

  private mutating func add(_ placement: TrackPlacement, of found: FoundTrack) {
    guard !placement.runs.isEmpty else { return }
    let track = Track(
      kind: found.kind, runs: placement.runs, driftPpm: placement.driftPpm,
      rotations: found.rotations)
    if participants.last?.uid != found.uid { participants.append(Participant(uid: found.uid)) }
    switch found.kind {
    case .audio: participants[participants.count - 1].audio = track
    case .video: participants[participants.count - 1].video = track
    }
  }

  /// Moves session zero to the earliest first packet.
  private mutating func startAtFirstPacket() {
    let earliest = participants.map(\.extent.start).min() ?? .zero
    start = start + earliest
    for index in participants.indices {
      participants[index].audio?.move(by: -earliest)
      participants[index].video?.move(by: -earliest)
    }
    duration = participants.map(\.extent.end).max() ?? .zero
  }
}

extension Track {
  fileprivate mutating func move(by distance: MediaTime) {
    for run in runs.indices {
      for index in runs[run].slices.indices {
        runs[run].slices[index].start += distance
        guard let clip = runs[run].slices[index].clip else { continue }
        runs[run].slices[index].clip = Stretch(
          start: clip.start + distance, end: clip.end + distance)
      }
    }
  }
}

extension FoundTrack {
  /// Where the track starts after `zero` when none of its slices has a UTC: where its timestamps
  /// put it beside the uid's other track.
  fileprivate func startBeside(_ siblings: [FoundTrack], zero: UTCTime) -> MediaTime {
    guard let own = slices.first?.first else { return .zero }
    let stamped = siblings.lazy.flatMap(\.slices).filter { $0.utc != nil }.min {
      ($0.utc ?? zero, $0.first) < ($1.utc ?? zero, $1.first)
    }
    guard let stamped, let utc = stamped.utc else {
      // Of two tracks without any UTC the earlier one starts at zero.
      let firsts = siblings.compactMap { $0.slices.first?.first }
      return firsts.map { TrackClock.unwrapped(own, near: $0) - $0 }.max() ?? .zero
    }
    let distance = TrackClock.unwrapped(own, near: stamped.first) - stamped.first
    // Farther apart, the timestamps have nothing to do with each other.
    let isRelated = abs(distance.seconds) < 60
    return utc - zero + (isRelated ? distance : .zero)
  }
}

extension Participant {
  /// The stretches between absences: both tracks silent for `absence` or longer end one.
  package func segments(absence: MediaTime = MediaTime(milliseconds: 15_000)) -> [Stretch] {
    let present = tracks.flatMap(\.runs).map { Stretch(start: $0.start, end: $0.end) }
      .sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    return present.reduce(into: []) { segments, next in
      guard let last = segments.last, next.start - last.end < absence else {
        return segments.append(next)
      }
      segments[segments.count - 1].end = max(last.end, next.end)
    }
  }
}
