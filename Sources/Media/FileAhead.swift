import CLibav
import Glibc
import Posix

/// Reads a file from its beginning to its end on a thread of its own, a little ahead of what is asked
/// for.
///
/// What `LargeFile` brought to the disk at once is fetched from there as well.
final class FileAhead {
  private struct State {
    var ready: [FileChunk] = []
    var spare: [FileChunk]
    var isOver = false
    var error: Int32?
  }

  private let state: Monitor<State>
  private let thread: Thread
  private var current: FileChunk?

  /// `file`: a descriptor, which must stay open as long as this.
  init(_ file: Int32) {
    let state = Monitor(State(spare: (0..<2).map { _ in FileChunk() }))
    self.state = state
    thread = Thread { Self.read(file, into: state) }
  }

  deinit {
    state.with { $0.isOver = true }
    thread.join()
  }

  /// What the system says it could not do; nil while all is well.
  var error: Int32? { state.with { $0.error } }

  /// The next bytes, until this is called again; nil at the end.
  func next() -> FileChunk? {
    if let last = current { state.with { $0.spare.append(last) } }
    current =
      state.wait { state -> FileChunk?? in
        if !state.ready.isEmpty { return .some(state.ready.removeFirst()) }
        return state.isOver ? .some(nil) : nil
      } ?? nil
    return current
  }

  private static func read(_ file: Int32, into state: Monitor<State>) {
    var offset: Int64 = 0
    while true {
      let spare = state.wait { state -> FileChunk?? in
        state.isOver ? .some(nil) : state.spare.popLast().map { .some($0) }
      }
      guard let chunk = spare ?? nil else { return }
      let isFar = offset >= DiskWriter.beginning && offset % Int64(DiskWriter.block) == 0
      _ = fcntl(file, F_SETFL, isFar ? shim_O_DIRECT : 0)
      var count = pread(file, chunk.bytes, FileChunk.capacity, Int(offset))
      if count < 0, errno == EINVAL {
        _ = fcntl(file, F_SETFL, 0)
        count = pread(file, chunk.bytes, FileChunk.capacity, Int(offset))
      }
      let error = count < 0 && errno != EINTR ? errno : nil
      chunk.count = max(0, count)
      offset += Int64(chunk.count)
      state.with {
        if chunk.count > 0 { $0.ready.append(chunk) } else { $0.spare.append(chunk) }
        $0.error = error
        if count == 0 || error != nil { $0.isOver = true }
      }
    }
  }
}
