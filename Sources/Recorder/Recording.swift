package import Basics
import Media
package import Plan
import Posix
package import Slices

/// Records until it is asked to end (SIGINT, SIGTERM), all sources have ended, or nothing has come
/// for `maxIdleTime`.
///
/// `folder`: where the archive `<sid>` is made.
/// `observer`: is called from several threads.
///
/// Gives the archive's path.
///
/// Throws `.unavailable` when no source ever delivered, `.io` when the disk is full; every slice
/// that an index names is whole whatever happens.
package func record(
  _ options: RecordOptions, into folder: String,
  observer: @escaping @Sendable (RecordEvent) -> Void
) throws(Failure) -> String {
  Log.install()
  Heap.share()
  let sid = makeSID()
  for source in options.sources {
    if let problem = SliceName.problem(sid: sid, cname: options.channel, uid: source.uid) {
      throw Failure("recording", cannot: "start", problem, .data)
    }
  }
  let path = joinPath(folder, sid)
  let clock = RecordingClock()
  let log = SessionLog(sid: sid, cname: options.channel, folder: path, clock: clock)
  let tell = { @Sendable (event: RecordEvent) in
    log.note(event)
    observer(event)
  }
  let archive = try ArchiveWriter(
    sid: sid, cname: options.channel, folder: path, clock: clock
  ) { slice, name in
    tell(
      .slice(
        uid: slice.track.uid, kind: slice.track.kind, name: name, start: slice.utc,
        duration: slice.duration))
  }
  tell(.started(sid: sid, path: path))
  let runners = makeRunners(options, archive: archive, observer: tell)
  let threads = runners.map { runner in Thread { runner.run() } }
  supervise(runners, options, archive: archive, log: log, observer: tell)
  for runner in runners { runner.stop() }
  end(zip(runners, threads).map { ($0, $1) })
  defer { tell(.ended) }
  log.end()
  try archive.close()
  try log.write()
  guard runners.contains(where: \.hasDelivered) else {
    removeFolder(path)
    throw Failure("recording", cannot: "record", "no source ever delivered", .unavailable)
  }
  return path
}

/// Waits for sources that have been told to stop.
///
/// A read from a pipe cannot be interrupted: what such a source has received is finished without
/// its thread, which ends with the process.
private func end(_ sources: [(runner: SourceRunner, thread: Thread)]) {
  let limit = steadyNow() + MediaTime(milliseconds: 3000)
  while steadyNow() < limit, !sources.allSatisfy(\.runner.isOver) {
    sleep(for: MediaTime(milliseconds: 10))
  }
  for (runner, thread) in sources {
    if runner.isOver { thread.join() } else { runner.finish() }
  }
}

/// The recorders of the sources that can be recorded, with a line for each that cannot.
private func makeRunners(
  _ options: RecordOptions, archive: ArchiveWriter,
  observer: @escaping @Sendable (RecordEvent) -> Void
) -> [SourceRunner] {
  var uids: Set<String> = []
  var runners: [SourceRunner] = []
  for source in options.sources {
    let kinds = options.kinds(of: source.uid)
    if kinds.isEmpty { continue }
    guard uids.insert(source.uid).inserted else {
      let reason = "another source has the uid '\(source.uid)' already"
      observer(.failed(uid: source.uid, url: source.shownURL, reason: reason, retryIn: nil))
      continue
    }
    let rules = TrackRecorder.Rules(length: MediaTime(seconds: options.slice))
    runners.append(
      SourceRunner(source, kinds: kinds, rules: rules, archive: archive, observer: observer))
  }
  return runners
}

/// Looks after everything that no source's own thread can, until the recording is to end.
private func supervise(
  _ runners: [SourceRunner], _ options: RecordOptions, archive: ArchiveWriter, log: SessionLog,
  observer: @Sendable (RecordEvent) -> Void
) {
  let second = MediaTime(milliseconds: 1000)
  var reported = steadyNow()
  while Interruption.signalNumber == nil, archive.failure == nil,
    !runners.allSatisfy(\.isOver)
  {
    sleep(for: MediaTime(milliseconds: 200))
    for runner in runners { runner.tick() }
    let now = steadyNow()
    if let last = runners.compactMap(\.lastPacket).max(),
      now - last > MediaTime(milliseconds: Int64(options.maxIdleTime) * 1000)
    {
      return
    }
    guard now - reported >= second else { continue }
    observer(.status(runners.map { $0.status(over: now - reported) }))
    reported = now
    do throws(Failure) { try log.write() } catch { archive.fail(error) }
  }
}

extension RecordOptions {
  /// The kinds of tracks to record of a uid, by `streamTypes` and the subscription lists: a list of
  /// one kind alone means nothing of the other kind.
  package func kinds(of uid: String) -> Set<TrackKind> {
    func wants(_ uids: [String]?, not others: [String]?, other: [String]?) -> Bool {
      if let uids { return uids.contains("#allstream#") || uids.contains(uid) }
      if let others { return !others.contains("#allstream#") && !others.contains(uid) }
      return other == nil
    }
    let otherAudio = subscribeVideoUids ?? unsubscribeVideoUids
    let otherVideo = subscribeAudioUids ?? unsubscribeAudioUids
    var kinds: Set<TrackKind> = []
    if streamTypes != .video,
      wants(subscribeAudioUids, not: unsubscribeAudioUids, other: otherAudio)
    {
      kinds.insert(.audio)
    }
    if streamTypes != .audio,
      wants(subscribeVideoUids, not: unsubscribeVideoUids, other: otherVideo)
    {
      kinds.insert(.video)
    }
    return kinds
  }
}

/// A new session's name: 32 hexadecimal digits.
private func makeSID() -> String {
  var random = SystemRandomNumberGenerator()
  return (0..<4).map { _ in
    let part = String(random.next(upperBound: UInt64(1) << 32), radix: 16)
    return String(repeating: "0", count: 8 - part.utf8.count) + part
  }.joined()
}
