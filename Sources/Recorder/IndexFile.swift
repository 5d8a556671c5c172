import Basics
import Posix
import Slices

/// The M3U8 of one track, replaced as a whole for each slice.
///
/// Only its length of slices so far is kept in memory, never the slices.
struct IndexFile {
  let path: String
  private var head = ""
  private var targetDuration = 0

  init(_ path: String) { self.path = path }

  mutating func append(_ slice: FinishedSlice, name: String) throws(Failure) {
    let seconds = Int(clamping: (slice.duration.milliseconds + 999) / 1000)
    let target = max(targetDuration, seconds)
    let newHead = MediaPlaylist.head(targetDuration: target)
    try regrowFile(
      path, droppingFirst: head.utf8.count, newHead: newHead, tail: slice.entry(name: name).text())
    head = newHead
    targetDuration = target
  }

  /// Says that nothing more will come.
  func end() throws(Failure) {
    try regrowFile(
      path, droppingFirst: head.utf8.count, newHead: head, tail: MediaPlaylist.end)
  }
}
