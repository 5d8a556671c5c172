import CLibav
import Glibc
import Synchronization

/// What libav says beside its return values: kept per thread, shown only on demand.
package enum Log {
  private static let kept = 8
  /// Microseconds for which a line can be the reason of a failure.
  private static let relevance: Int64 = 2_000_000
  private static let state = Mutex<[UInt: [(text: String, time: Int64)]]>([:])
  private static let isVerbose = Atomic<Bool>(false)

  /// Takes libav's log over: lines of level warning or worse are kept for `lines`, and printed on
  /// standard error when `verbose`, from then on.
  package static func install(verbose: Bool = false) {
    if verbose { isVerbose.store(true, ordering: .relaxed) }
    av_log_set_level(isVerbose.load(ordering: .relaxed) ? AV_LOG_INFO : AV_LOG_WARNING)
    av_log_set_callback { context, level, format, arguments in
      guard let format, let arguments, level <= av_log_get_level() else { return }
      var prefix: Int32 = 1
      let line = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { text in
        guard let base = text.baseAddress else { return "" }
        av_log_format_line2(
          nil, level, format, arguments, base, Int32(text.count), &prefix)
        return String(cString: base)
      }
      Log.note(line, level)
    }
  }

  private static func note(_ line: String, _ level: Int32) {
    let text = line.prefix { $0 != "\n" && $0 != "\r\n" }
    guard !text.isEmpty else { return }
    if isVerbose.load(ordering: .relaxed) {
      Array("libav: \(text)\n".utf8).withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
    }
    guard level <= AV_LOG_WARNING else { return }
    let now = av_gettime_relative()
    state.withLock { threads in
      // Threads of libav's own come and go, and never ask.
      if threads.count > 64 {
        threads = threads.filter { $0.value.contains { now - $0.time < relevance } }
      }
      let lines = threads[UInt(pthread_self()), default: []] + [(String(text), now)]
      threads[UInt(pthread_self())] = lines.suffix(kept)
    }
  }

  /// The lines, oldest first, that libav logged on this thread just now, and since they were last
  /// asked for.
  package static func lines() -> [String] {
    let now = av_gettime_relative()
    return (state.withLock { $0.removeValue(forKey: UInt(pthread_self())) } ?? [])
      .filter { now - $0.time < relevance }.map(\.text)
  }
}
