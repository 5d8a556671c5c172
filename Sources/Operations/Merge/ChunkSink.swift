import Basics
import Media
import Posix

/// Writes the parts of a file and digests them, each on a thread of its own, while the next ones
/// are made.
final class ChunkSink {
  private struct State {
    /// Chunks that are not written or not digested yet; the first one's number is `base`.
    var pending: [FileChunk] = []
    var base = 0
    var written = 0
    var digested = 0
    var spare: [FileChunk]
    var isEnded = false
    var failure: Failure?
    var digest = ""

    mutating func release() {
      while base < min(written, digested) {
        let chunk = pending.removeFirst()
        chunk.empty()
        spare.append(chunk)
        base += 1
      }
    }

    /// The chunk with a number; nil when it has not come yet, and nil inside when none will come.
    func chunk(_ number: Int) -> FileChunk?? {
      if failure != nil { return .some(nil) }
      if number < base + pending.count { return pending[number - base] }
      return isEnded ? .some(nil) : nil
    }
  }

  private let state = Monitor(State(spare: (0..<8).map { _ in FileChunk() }))
  private let writer: Thread
  private let digester: Thread

  init(creating path: String) {
    let state = state
    writer = Thread {
      do throws(Failure) {
        var file = try SequentialFile(creating: path)
        while let chunk = state.wait(for: { $0.chunk($0.written) }) ?? nil {
          try file.write(chunk)
          state.with {
            $0.written += 1
            $0.release()
          }
        }
      } catch {
        state.with { $0.failure = error }
      }
    }
    digester = Thread {
      var digest = SHA256()
      while let chunk = state.wait(for: { $0.chunk($0.digested) }) ?? nil {
        digest.update(chunk)
        state.with {
          $0.digested += 1
          $0.release()
        }
      }
      let text = digest.finish()
      state.with { $0.digest = text }
    }
  }

  deinit {
    state.with { $0.isEnded = true }
    writer.join()
    digester.join()
  }

  /// Takes a part of the file, and gives an empty one to be filled.
  func exchange(_ full: FileChunk) throws(Failure) -> FileChunk {
    state.with { $0.pending.append(full) }
    let turn = state.wait { state -> Result<FileChunk, Failure>? in
      if let failure = state.failure { return .failure(failure) }
      return state.spare.popLast().map { .success($0) }
    }
    guard let turn else { return FileChunk() }
    return try turn.get()
  }

  /// Waits until everything is written, and gives the SHA-256 of the file.
  func finish() throws(Failure) -> String {
    state.with { $0.isEnded = true }
    let end = state.wait { state -> Result<String, Failure>? in
      if let failure = state.failure { return .failure(failure) }
      guard state.pending.isEmpty, !state.digest.isEmpty else { return nil }
      return .success(state.digest)
    }
    return try end?.get() ?? ""
  }
}
