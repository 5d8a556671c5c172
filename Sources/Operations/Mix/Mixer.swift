import Basics
import Decoding
import Media
import Plan
import Posix
import Slices

/// The voices of a mix on one grid of samples, to be mixed one window after the other, in parallel.
///
/// Sample 0 is the start of the output.
final class Mixer: Sendable {
  /// One participant's sound.
  struct Voice: Sendable {
    let uid: String
    let track: Track
    /// Of the left and the right channel.
    let gains: (Float, Float)
  }

  /// A window of the mix, before anything is done to the whole.
  struct Window: Sendable {
    let samples: Range<Int64>
    /// For each voice.
    let packets: [[SoundPacket]]
  }

  /// What was found while mixing.
  private struct Findings {
    var damaged: [Set<Int>]
    var refusals: [String?]
    var levels: Levels?
  }

  let voices: [Voice]
  let rate: Int
  let channels: Int
  /// How long the output is.
  let length: Int64
  private let origin: MediaTime
  private let feeds: Monitor<[SoundFeed]>
  private let findings: Monitor<Findings>

  /// `levels`: also measures how loud each voice is.
  init(
    _ voices: [Voice], _ options: MixOptions, _ stretch: Stretch, measuresLevels: Bool
  ) {
    self.voices = voices
    rate = options.sampleRate
    channels = options.channels
    origin = stretch.start
    length = stretch.duration.ticks(of: TimeBase(1, Int32(clamping: rate)))
    let levels =
      measuresLevels ? Levels(voices: voices.count, seconds: length / Int64(rate) + 1) : nil
    findings = Monitor(
      Findings(
        damaged: voices.map { _ in [] }, refusals: voices.map { _ in nil }, levels: levels))
    feeds = Monitor(Self.feeds(voices, origin: stretch.start, rate: options.sampleRate))
  }

  private static func feeds(_ voices: [Voice], origin: MediaTime, rate: Int) -> [SoundFeed] {
    voices.map { SoundFeed($0.track, origin: origin, rate: rate, from: origin) }
  }

  /// The packets of a window; windows are asked for in order.
  func feed(_ samples: Range<Int64>) -> Window {
    Window(samples: samples, packets: feeds.with { $0.map { $0.packets(for: samples) } })
  }

  /// The sum of all voices, each at its gain; one channel where all would be the same.
  ///
  /// `core`: the part of the window that no other window has, for the levels.
  func mix(_ window: Window, core: Range<Int64>) -> SoundBuffer {
    let count = window.samples.count
    let isEven = zip(voices, window.packets).allSatisfy { voice, packets in
      voice.gains.0 == voice.gains.1 && packets.allSatisfy(\.isMono)
    }
    var mix = SoundBuffer(channels: isEven ? 1 : channels, capacity: count)
    mix.resize(count)
    add(window, core: core, to: &mix)
    // What lies outside of the wished stretch is not heard.
    if length < window.samples.upperBound {
      mix.silence(Int(max(0, length - window.samples.lowerBound))..<count)
    }
    return mix
  }

  private func add(_ window: Window, core: Range<Int64>, to mix: inout SoundBuffer) {
    let first = window.samples.lowerBound
    for (index, (voice, packets)) in zip(voices, window.packets).enumerated() {
      guard !packets.isEmpty else { continue }
      let decoder = SoundDecoder(
        rate: rate, channels: packets.allSatisfy(\.isMono) ? 1 : channels, origin: origin,
        subject: "uid '\(voice.uid)'", isLimited: true)
      var meter = findings.with { $0.levels == nil } ? nil : LevelMeter(rate: rate)
      func sink(_ position: Int64, _ samples: borrowing SoundBuffer) {
        let start = max(position, window.samples.lowerBound)
        let end = min(position + Int64(samples.count), window.samples.upperBound)
        guard start < end else { return }
        let range = Int(start - position)..<Int(end - position)
        mix.add(samples, range, at: Int(start - first), gains: voice.gains)
        meter?.add(samples, at: position, within: core)
      }
      for packet in packets { decoder.decode(packet, sink) }
      decoder.pause(sink)
      let seconds = meter?.seconds ?? [:]
      findings.with { findings in
        findings.damaged[index].formUnion(decoder.damaged)
        findings.refusals[index] = findings.refusals[index] ?? decoder.refusal?.reason
        findings.levels?.add(seconds, voice: index)
      }
    }
  }

  /// What could not be read or decoded.
  var losses: [SessionProblem] {
    let read = feeds.with { $0.flatMap(\.problems) }
    let (damaged, refusals) = findings.with { ($0.damaged, $0.refusals) }
    let decoded = voices.indices.flatMap { index -> [SessionProblem] in
      SoundDecoder.problems(
        of: voices[index].uid, refusal: refusals[index], damaged: damaged[index].count)
    }
    return (read + decoded).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// How loud each voice is in each second.
  var levels: Levels? { findings.with { $0.levels } }
}

extension Mixer.Voice {
  /// The sound of a participant with its gain in dB and its place between left and right.
  ///
  /// Panning takes away from one side and leaves the other as it is.
  init(uid: String, track: Track, gain: Double, pan: Double) {
    let gain = amplitude(decibels: gain)
    self.init(
      uid: uid, track: track,
      gains: (Float(gain * min(1, 1 - pan)), Float(gain * min(1, 1 + pan))))
  }
}
