import Basics
import Plan
import Slices

extension Step {
  /// What a later step finds of this one: a session in which every output is a participant.
  ///
  /// An output of one uid bears that uid, any other one its file's base name; it lies where its
  /// stretch lies on the session clock. Lengths and codecs are those that are planned; the executor
  /// looks at the files when they are there.
  var made: Session {
    var session = self.session
    session.problems = []
    session.participants = []
    for output in outputs {
      let uid = uid(of: output, among: session.participants)
      let index =
        session.participants.firstIndex { $0.uid == uid } ?? session.participants.endIndex
      if index == session.participants.endIndex { session.participants.append(.init(uid: uid)) }
      for (kind, format) in formats(of: output) {
        session.participants[index].add(
          output, kind, format, session,
          after: kind == .video ? pause(beforePicturesOf: output) : .zero)
      }
    }
    session.participants.removeAll { $0.tracks.isEmpty }
    session.duration = session.participants.map(\.extent.end).max() ?? .zero
    return session
  }

  private func uid(of output: Output, among others: [Participant]) -> String {
    let file = output.path.split(separator: "/").last.map(String.init) ?? ""
    let base = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    guard output.uids.count == 1, let uid = output.uids.first else { return base }
    let isTaken = others.contains { $0.uid == uid && output.stretch.start < $0.extent.end }
    return isTaken ? base : uid
  }

  /// How long an output has no picture when it begins.
  private func pause(beforePicturesOf output: Output) -> MediaTime {
    let tracks = session.participants.filter { output.uids.contains($0.uid) }.compactMap(\.video)
    let first = tracks.map(\.start).min() ?? .zero
    let pause = max(.zero, min(first, output.stretch.end) - output.stretch.start)
    guard case .transcode(let options) = operation, let track = tracks.first else { return pause }
    let isCopy = options.choice(
      forVideo: track, of: session, over: output.stretch, in: output.container
    ).isCopy
    // Black stands in for what is missing, but not for a moment.
    return isCopy || options.video.fps == nil && pause <= Showing.shortestGap ? pause : .zero
  }

  /// The codecs that an output will have, as far as they can be told.
  private func formats(of output: Output) -> [(TrackKind, Format)] {
    let tracks = session.participants.filter { output.uids.contains($0.uid) }.flatMap(\.tracks)
    return TrackKind.allCases.compactMap { kind in
      guard let format = tracks.first(where: { $0.kind == kind })?.formats.first else { return nil }
      if output.container.codecs.contains(format.codec) { return (kind, format) }
      return output.container.usual(kind).map { (kind, Format(codec: $0)) }
    }
  }
}

extension Container {
  /// The codec that encoders are asked for; nil where the container holds no such media.
  fileprivate func usual(_ kind: TrackKind) -> String? {
    let choices = kind == .audio ? ["aac", "opus", "mp3", "flac", "pcm_s16le"] : ["h264", "vp9"]
    return choices.first { codecs.contains($0) }
  }
}

extension Participant {
  fileprivate mutating func add(
    _ output: Output, _ kind: TrackKind, _ format: Format, _ session: Session,
    after pause: MediaTime
  ) {
    let slice = Slice(
      resource: MediaResource(path: output.path),
      utc: session.start + output.stretch.start + pause, first: pause,
      duration: output.stretch.duration - pause, format: format)
    let run = Run(slices: [PlacedSlice(slice: slice, start: output.stretch.start + pause)])
    switch kind {
    case .audio: audio = Track(kind: .audio, runs: (audio?.runs ?? []) + [run])
    case .video: video = Track(kind: .video, runs: (video?.runs ?? []) + [run])
    }
  }
}
