import Basics
import Posix
import Slices

/// What `session.json` says: the tracks and what happened to them.
///
/// It is a convenience; nothing reads it that could not work without.
final class SessionLog: Sendable {
  fileprivate struct Happening {
    let time: UTCTime
    let name: String
    let uid: String
    let facts: [JSONValue.Member]
  }

  fileprivate struct State {
    var zero: UTCTime?
    var tracks: [TrackKey: (format: Format, start: UTCTime?)] = [:]
    var happenings: [Happening] = []
    var present: Set<String> = []
    var isWritten = true
  }

  private let sid: String
  private let cname: String
  private let path: String
  private let clock: RecordingClock
  private let state = Monitor(State())

  init(sid: String, cname: String, folder: String, clock: RecordingClock) {
    self.sid = sid
    self.cname = cname
    self.clock = clock
    path = joinPath(folder, "session.json")
  }

  func note(_ event: RecordEvent) {
    let now = clock.now
    state.with { state in
      switch event {
      case .joined(let uid, _):
        state.present.insert(uid)
        state.add(now, "join", uid)
      case .left(let uid, _, _, _): state.leave(now, uid)
      case .track(let uid, let kind, let format):
        state.note(now, TrackKey(uid: uid, kind: kind), format)
      case .slice(let uid, let kind, _, let start, _):
        let key = TrackKey(uid: uid, kind: kind)
        guard let track = state.tracks[key], track.start == nil else { return }
        state.tracks[key]?.start = start
        state.zero = min(state.zero ?? start, start)
        state.isWritten = false
      default: return
      }
    }
  }

  /// Notes that the recording has ended for everybody who is still there.
  func end() {
    let now = clock.now
    state.with { state in
      for uid in state.present.sorted() { state.leave(now, uid) }
    }
  }

  /// Writes the file anew where something has happened since.
  func write() throws(Failure) {
    let text = state.with { state -> String? in
      guard !state.isWritten, state.zero != nil else { return nil }
      state.isWritten = true
      return json(state).pretty
    }
    if let text { try replaceFile(path, with: text.utf8) }
  }

  private func json(_ state: State) -> JSONValue {
    let zero = state.zero ?? UTCTime(milliseconds: 0)
    let tracks = state.tracks.sorted {
      ($0.key.uid, $0.key.kind.rawValue) < ($1.key.uid, $1.key.kind.rawValue)
    }
    return [
      "version": 1, "sid": .string(sid), "cname": .string(cname), "start": .string("\(zero)"),
      "tracks": .array(
        tracks.map { key, track in
          .object(
            [
              .init("uid", .string(key.uid)), .init("type", .string(key.kind.rawValue)),
              .init("start", track.start.map { .seconds($0 - zero) } ?? .null),
            ] + track.format.members)
        }),
      "events": .array(
        state.happenings.map { happening in
          .object(
            [
              .init("time", .seconds(happening.time - zero)),
              .init("event", .string(happening.name)), .init("uid", .string(happening.uid)),
            ] + happening.facts)
        }),
    ]
  }
}

extension SessionLog.State {
  fileprivate mutating func add(
    _ time: UTCTime, _ name: String, _ uid: String, _ facts: [JSONValue.Member] = []
  ) {
    // A source that comes and goes for days must not fill the memory.
    guard happenings.count < 10_000 else { return }
    happenings.append(.init(time: time, name: name, uid: uid, facts: facts))
    isWritten = false
  }

  /// Whoever has fallen silent has left before the connection ends.
  fileprivate mutating func leave(_ time: UTCTime, _ uid: String) {
    guard present.remove(uid) != nil else { return }
    add(time, "leave", uid)
  }

  fileprivate mutating func note(_ time: UTCTime, _ key: TrackKey, _ format: Format) {
    let old = tracks[key]?.format
    tracks[key] = (format, tracks[key]?.start)
    isWritten = false
    guard let old, old != format else { return }
    let type = JSONValue.Member("type", .string(key.kind.rawValue))
    let name =
      old.codec != format.codec
      ? "codec" : (old.width, old.height) != (format.width, format.height) ? "size" : "format"
    add(time, name, key.uid, [type] + format.members)
  }
}
