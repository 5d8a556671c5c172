import Basics
import Posix
import Slices

/// Names one track of one participant.
struct TrackKey: Hashable {
  let uid: String
  let kind: TrackKind
}

/// A slice whose file is complete but for its name.
struct FinishedSlice {
  /// Where it lies, under its unfinished name.
  let path: String
  let track: TrackKey
  let utc: UTCTime
  let duration: MediaTime
  let format: Format
  let container: SliceContainer
  /// It is the first of its track, or follows an absence.
  let isStart: Bool
  let isDiscontinuous: Bool
}

/// The archive that is being written: on a thread of its own it brings finished slices onto the
/// disk, then gives them their names, then names them in the indexes, so that sources never wait
/// for the disk and an index never names what a crash could take away.
final class ArchiveWriter: Sendable {
  let sid: String
  let cname: String
  let folder: String
  let clock: RecordingClock
  /// Room below the first timestamps, which must not be negative (Opus starts before its zero).
  let lead = MediaTime(milliseconds: 1000)

  private struct State {
    var waiting: [FinishedSlice] = []
    var isClosing = false
    var indexes: [TrackKey: IndexFile] = [:]
    var failure: Failure?
  }

  private let state: Monitor<State>
  private let thread: Monitor<Thread?>
  private let observer: @Sendable (FinishedSlice, String) -> Void
  // Keeps `rushes repair` away while slices are unfinished because they are being written.
  private let lock: FolderLock

  /// Makes the folder and holds it; `observer` hears of each slice that is safe, with its final name.
  init(
    sid: String, cname: String, folder: String, clock: RecordingClock,
    observer: @escaping @Sendable (FinishedSlice, String) -> Void
  ) throws(Failure) {
    self.sid = sid
    self.cname = cname
    self.folder = folder
    self.clock = clock
    self.observer = observer
    state = Monitor(State())
    thread = Monitor(nil)
    try makeFolder(folder)
    try syncFile(splitPath(folder).folder)
    lock = try FolderLock(folder, cannot: "record into")
    thread.with { $0 = Thread { [self] in run() } }
  }

  /// Why nothing more can be written, once that is so.
  var failure: Failure? { state.with { $0.failure } }

  /// Where a slice lies while it is written.
  func unfinishedPath(_ track: TrackKey, utc: UTCTime, container: SliceContainer) throws(Failure)
    -> String
  {
    if let failure { throw failure }
    return joinPath(folder, SliceName.unfinished(name(track, utc: utc, container: container)))
  }

  /// Takes a complete slice; returns at once.
  func add(_ slice: FinishedSlice) { state.with { $0.waiting.append(slice) } }

  /// Notes that the disk takes nothing more.
  func fail(_ failure: Failure) { state.with { $0.failure = $0.failure ?? failure } }

  /// Waits until everything handed in is safe, and ends the indexes.
  func close() throws(Failure) {
    state.with { $0.isClosing = true }
    thread.with { $0.take() }?.join()
    if let failure { throw failure }
    let tracks = state.with { $0.indexes }
    for index in tracks.values { try index.end() }
    try writeJoinedIndexes(sid: sid, cname: cname, folder: folder)
  }

  private func name(_ track: TrackKey, utc: UTCTime, container: SliceContainer) -> String {
    SliceName(
      sid: sid, cname: cname, uid: track.uid, content: .init(track.kind), tail: .utc(utc),
      ext: container.rawValue
    ).text
  }

  private func run() {
    while let slice = state.wait(for: { state -> FinishedSlice?? in
      if !state.waiting.isEmpty { return .some(state.waiting.removeFirst()) }
      return state.isClosing ? .some(nil) : nil
    }) ?? nil {
      do {
        try publish(slice)
      } catch {
        fail(error)
      }
    }
  }

  private func publish(_ slice: FinishedSlice) throws(Failure) {
    let name = name(slice.track, utc: slice.utc, container: slice.container)
    try syncFile(slice.path)
    try rename(slice.path, to: joinPath(folder, name))
    var index =
      state.with { $0.indexes[slice.track] }
      ?? IndexFile(
        joinPath(
          folder,
          SliceName(
            sid: sid, cname: cname, uid: slice.track.uid, content: .init(slice.track.kind),
            ext: "m3u8"
          ).text))
    try index.append(slice, name: name)
    state.with { $0.indexes[slice.track] = index }
    observer(slice, name)
  }
}

extension FinishedSlice {
  /// The slice as its index lists it.
  func entry(name: String) -> MediaPlaylist.Entry {
    var entry = MediaPlaylist.Entry(
      media: IndexReference(uri: name), duration: duration, isDiscontinuous: isDiscontinuous,
      utc: utc)
    if isStart { entry.starts = [TrackStart(kind: track.kind, time: utc)] }
    if isDiscontinuous, let width = format.width, let height = format.height {
      entry.rotations = [RotationTag(width: width, height: height, degrees: 0, time: utc)]
    }
    return entry
  }
}
