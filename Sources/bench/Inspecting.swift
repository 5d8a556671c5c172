import Basics
import Posix
import TestSupport

/// Opens archives of ten thousand slices whose indexes have the facts.
func inspecting(in folder: String, runs: Int) throws -> [Result] {
  try [("TS", VideoCodec.h264, AudioCodec.aac), ("WebM", .vp8, .opus)].flatMap {
    kind, video, audio in
    var sender = MadeSender("1", [.init(start: 0, slices: 5000)])
    (sender.video, sender.audio) = (video, audio)
    (sender.length, sender.frameRate) = (8, 1)
    let archive = "\(folder)/\(kind)"
    _ = try SessionMaker.make([sender], in: archive)
    // More than 64 open files at once would be refused.
    let command = [
      "sh", "-c", "ulimit -n 64; exec \"$0\" inspect --json --strict \"$1\"", Products.rushes,
      archive,
    ]
    show("\ninspection of 10 000 slices of \(kind), \(runs) runs")
    show("  ours    \(shellCommand(command))")
    // The first run only warms the caches.
    _ = try wallTime(command)
    let time = median(try (0..<runs).map { _ in try wallTime(command) })
    return [
      Result(
        work: "inspection of 10 000 slices of \(kind)", promise: "≤ 1200.00 ms",
        measured: milliseconds(time), isKept: time <= 1.2),
      .memory("… its memory", try peakMemory(command), atMost: 100 << 20),
    ]
  }
}
