import Archive
import Basics
import Media

/// Packets of silence where a track of sound has nothing, so that what counts samples instead of
/// reading timestamps stays in time.
final class SoundFill {
  private let silence: Silence
  /// Where the file ends.
  private let fileEnd: MediaTime
  /// Where the sound that the file has so far ends.
  private var end = MediaTime.zero
  /// How many packets the hole at hand still takes.
  private var missing = 0
  private var isHole = false
  /// By how much the silence so far was too short, or, below zero, too long.
  private var rest = MediaTime.zero

  init(_ silence: consuming Silence, until fileEnd: MediaTime) {
    self.silence = silence
    self.fileEnd = fileEnd
  }

  /// The next silence before the sound at `next`, or before the end of the file; nil when nothing
  /// is missing there.
  func packet(before next: PacketPlace?, into packet: inout Packet) -> PacketPlace? {
    if !isHole { measure(until: next?.pts ?? fileEnd) }
    guard missing > 0 else {
      isHole = false
      if let next { end = next.pts + (next.duration ?? silence.duration) }
      return nil
    }
    missing -= 1
    silence.copy(into: &packet)
    defer { end += silence.duration }
    return PacketPlace(pts: end, dts: end, duration: silence.duration, isKey: true)
  }

  /// Holes shorter than a packet are those of rounding, and stay.
  private func measure(until next: MediaTime) {
    isHole = true
    let hole = next - end
    guard hole >= silence.duration else { return }
    let wanted = hole + rest
    missing = Int((Double(wanted.flicks) / Double(silence.duration.flicks)).rounded())
    rest = wanted - MediaTime(flicks: silence.duration.flicks * Int64(missing))
  }
}
