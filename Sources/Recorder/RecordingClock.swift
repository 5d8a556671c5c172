import Basics
import Posix

/// The one clock of a recording: the machine's UTC when it began, and steady time since.
///
/// When somebody sets the machine's clock meanwhile, slices still lie beside each other.
struct RecordingClock: Sendable {
  /// When the recording began.
  let start: UTCTime
  private let zero: MediaTime

  init() {
    start = .now
    zero = steadyNow()
  }

  var now: UTCTime { start + (steadyNow() - zero) }

  /// What a moment just passed, by the machine's clock, is on this one.
  func time(ofRecent moment: UTCTime) -> UTCTime {
    let age = UTCTime.now - moment
    // Somebody may have set the machine's clock since.
    return age < .zero || age > MediaTime(milliseconds: 10_000) ? now : now + -age
  }
}
