import Basics
import Media

/// How loud each voice is in each second of the output.
struct Levels: Sendable {
  struct Second: Hashable, Sendable {
    /// The sum of the squares of all samples, the mean of all channels.
    var energy = 0.0
    var samples = 0
    var peak: Float = 0
  }

  /// One list for each voice.
  private(set) var voices: [[Second]]

  init(voices: Int, seconds: Int64) {
    self.voices = Array(
      repeating: Array(repeating: Second(), count: Int(clamping: max(0, seconds))), count: voices)
  }

  mutating func add(_ seconds: [Int: Second], voice: Int) {
    for (index, second) in seconds where voices[voice].indices.contains(index) {
      voices[voice][index].energy += second.energy
      voices[voice][index].samples += second.samples
      voices[voice][index].peak = max(voices[voice][index].peak, second.peak)
    }
  }

  /// For each uid the RMS level and the peak of each second in dBFS; null for silence.
  func json(uids: [String], rate: Int, length: Int64) -> JSONValue {
    let count = Int(clamping: (length + Int64(rate) - 1) / Int64(rate))
    return [
      "version": 1, "unit": "dBFS", "interval": 1,
      "uids": .array(
        zip(uids, voices).map { uid, seconds in
          let seconds = seconds.prefix(count)
          return [
            "uid": .string(uid),
            "rms": .array(
              seconds.map { level(($0.energy / Double(rate)).squareRoot()) }),
            "peak": .array(seconds.map { level(Double($0.peak)) }),
          ]
        }),
    ]
  }

  private func level(_ amplitude: Double) -> JSONValue {
    guard amplitude > 1e-6 else { return .null }
    return .number((decibels(amplitude: amplitude) * 10).rounded() / 10)
  }
}

/// Measures one voice within a window.
struct LevelMeter {
  private let rate: Int64
  private(set) var seconds: [Int: Levels.Second] = [:]

  init(rate: Int) { self.rate = Int64(rate) }

  /// `core`: what counts.
  mutating func add(_ sound: borrowing SoundBuffer, at position: Int64, within core: Range<Int64>) {
    var start = max(position, core.lowerBound)
    let end = min(position + Int64(sound.count), core.upperBound)
    while start < end {
      let second = start / rate
      let stop = min(end, (second + 1) * rate)
      let range = Int(start - position)..<Int(stop - position)
      var found = seconds[Int(second)] ?? Levels.Second()
      for channel in 0..<sound.channels {
        sound.withSamples(channel) { samples in
          var energy: Float = 0
          for index in range {
            energy += samples[index] * samples[index]
            found.peak = max(found.peak, abs(samples[index]))
          }
          found.energy += Double(energy) / Double(sound.channels)
        }
      }
      found.samples += range.count
      seconds[Int(second)] = found
      start = stop
    }
  }
}
