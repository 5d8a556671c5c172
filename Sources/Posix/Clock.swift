package import Basics
import Glibc

extension UTCTime {
  /// The machine's clock.
  package static var now: UTCTime {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UTCTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}

/// A clock that never jumps; its zero means nothing.
package func steadyNow() -> MediaTime {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  // 0.7056 flicks to the nanosecond.
  return MediaTime(
    flicks: Int64(time.tv_sec) * MediaTime.flicksPerSecond + Int64(time.tv_nsec) * 441 / 625)
}

/// Waits for a length of time.
package func sleep(for time: MediaTime) {
  guard time > .zero else { return }
  let (seconds, rest) = time.flicks.quotientAndRemainder(dividingBy: MediaTime.flicksPerSecond)
  var span = timespec(
    tv_sec: Int(seconds), tv_nsec: Int(Double(rest) / Double(MediaTime.flicksPerSecond) * 1e9))
  var left = timespec()
  while nanosleep(&span, &left) != 0, errno == EINTR { span = left }
}
