import Basics
import TestSupport

/// Where the sound of senders whose clocks are 100 ppm too fast and too slow comes out after three
/// hours, by mixes of both.
func clocks(in folder: String) throws -> [Result] {
  let seconds = 10_800
  let archive = "\(folder)/clocks"
  var fast = MadeSender("1", [.init(start: 0, slices: seconds / 16)])
  (fast.video, fast.driftPpm) = (nil, 100)
  var slow = fast
  (slow.uid, slow.driftPpm) = ("2", -100)
  _ = try SessionMaker.make([fast, slow], in: archive)
  return try [("flac", 1.0), ("mp3", 5), ("m4a", 5)].map { ending, limit in
    let path = "\(folder)/clocks.\(ending)"
    try output(
      of: Products.rushes, ["mix", archive, "-o", path, "--pan", "1=-1,2=1"], seconds: 1200)
    var worst = 0.0
    for (channel, sender) in [fast, slow].enumerated() {
      let begins = try Beeps(path, channel: channel).begins
      guard begins.count == seconds else {
        throw Failure(path, cannot: "measure", "lost beeps", .software)
      }
      // The first fades in, and the last may be cut off.
      for (second, begin) in begins.enumerated().dropFirst().dropLast() {
        worst = max(worst, abs(begin - Double(second) * (1 + sender.driftPpm / 1e6)))
      }
    }
    return Result(
      work: "3 h of clocks off by ± 100 ppm to \(ending), worst beep",
      promise: "≤ \(twoDecimals(limit)) ms", measured: "\(twoDecimals(worst * 1000)) ms",
      isKept: worst * 1000 <= limit)
  }
}

/// The beeps in one channel of a file.
private struct Beeps {
  /// When they begin, in seconds: 50 ms before the middle of their energy.
  private(set) var begins: [Double] = []
  private static let rate = 8000
  private static let silence = 0.03

  init(_ path: String, channel: Int) throws {
    let child = try ChildProcess(
      "ffmpeg",
      ["-nostdin", "-v", "error", "-i", path, "-af", "pan=mono|c0=c\(channel)"]
        + ["-ar", "\(Self.rate)", "-c:a", "pcm_s8", "-f", "s8", "pipe:1"])
    _ = try child.wait(seconds: 600)
    var energy = 0.0
    var moment = 0.0
    var last = 0
    func finish() {
      guard energy > 0 else { return }
      begins.append((moment / energy + 0.5) / Double(Self.rate) - 0.05)
      (energy, moment) = (0, 0)
    }
    for (index, byte) in child.standardOutputBytes.enumerated() {
      let sample = Double(Int8(bitPattern: byte)) / 128
      guard abs(sample) > Self.silence else { continue }
      if index - last > Self.rate / 5 { finish() }
      energy += sample * sample
      moment += sample * sample * Double(index)
      last = index
    }
    finish()
  }
}
