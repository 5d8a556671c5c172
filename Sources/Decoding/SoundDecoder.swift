package import Basics
package import Media
import Slices

/// Turns placed packets of one track into samples on a grid of the session clock.
///
/// Where packets meet, so does their sound; where nothing is, it fades out and in again within
/// 5 ms. What comes out for a position depends on the packets around it alone.
package final class SoundDecoder {
  /// Receives samples and where on the grid the first of them lies.
  package typealias Sink = (_ position: Int64, _ samples: borrowing SoundBuffer) -> Void

  /// A frame whose successor is not known yet.
  private struct Pending {
    /// Where it begins on the session clock.
    var time: MediaTime
    var samples: Int
    var rate: Int
    /// Its first sample in `input`.
    var start: Int
    var fadesIn: Bool
  }

  private let rate: Int
  private let origin: MediaTime
  private let subject: String
  private let sample: MediaTime
  private let fadeLength: Int
  /// What is asked for: at its bounds nothing is faded.
  private let bounds: Range<Int64>?
  private var decoder: Decoder?
  private var isRefused = false
  private var converter: SoundConverter
  private var frame = Frame()
  private var interpolator: Interpolator
  private var input: SoundBuffer
  private var output: SoundBuffer
  private var pending: Pending?
  /// Where the sound last came out of silence.
  private var fadeStart: Int64 = .min
  /// Samples before it have been given.
  private var given: Int64 = .min
  private var last = -1
  /// The numbers of the packets that could not be decoded.
  package private(set) var damaged: Set<Int> = []
  /// Why there is no decoder, where that is so.
  package private(set) var refusal: Failure?

  /// Gives `rate` samples per second; sample 0 lies at `origin`.
  ///
  /// `bounds`: of the whole output, where it begins and ends with what is heard then.
  /// `isLimited`: what becomes louder than full scale by taking channels together is turned down
  /// later.
  package init(
    rate: Int, channels: Int, origin: MediaTime, subject: String, bounds: Range<Int64>? = nil,
    isLimited: Bool = false
  ) {
    self.rate = max(1, rate)
    self.bounds = bounds
    self.origin = origin
    self.subject = subject
    sample = MediaTime(flicks: MediaTime.flicksPerSecond / Int64(max(1, rate)))
    fadeLength = max(1, rate / 200)
    converter = SoundConverter(channels: channels, subject: subject, keepsLevels: isLimited)
    interpolator = Interpolator.from(rate: rate, to: rate)
    input = SoundBuffer(channels: channels)
    output = SoundBuffer(channels: channels)
  }

  /// Decodes the next packet.
  package func decode(_ packet: SoundPacket, _ sink: Sink) {
    guard packet.number > last else { return }
    last = packet.number
    if decoder == nil || packet.startsStream { open(packet, sink) }
    do throws(Failure) {
      try decoder?.send(packet.packet, at: packet.time)
    } catch {
      damaged.insert(last)
    }
    receive(sink)
  }

  /// Gives what is held back, for silence follows.
  package func pause(_ sink: Sink) {
    guard let last = pending else { return }
    pending = nil
    let length = MediaTime(
      ticks: Int64(last.samples), of: TimeBase(1, Int32(clamping: last.rate)))
    render(last, length: length, fadesOut: true, sink)
  }

  private func open(_ packet: SoundPacket, _ sink: Sink) {
    if decoder != nil {
      decoder?.finish()
      receive(sink)
      decoder = nil
    }
    guard packet.startsStream || !isRefused else { return }
    do throws(Failure) {
      decoder = try Decoder.make(for: packet.parameters, subject: subject)
      isRefused = false
    } catch {
      refusal = error
      isRefused = true
    }
  }

  private func receive(_ sink: Sink) {
    while decoder != nil {
      do throws(Failure) {
        guard try decoder?.receive(into: &frame) == true else { return }
        try take(sink)
      } catch {
        damaged.insert(last)
      }
    }
  }

  /// Adds the frame at hand to the sound, and renders the one before it.
  private func take(_ sink: Sink) throws(Failure) {
    let count = frame.samples
    guard count > 0, frame.sampleRate > 0, let time = frame.time else { return }
    if let last = pending {
      let natural =
        last.time
        + MediaTime(
          ticks: Int64(last.samples), of: TimeBase(1, Int32(clamping: last.rate)))
      let pause = time - natural
      if magnitude(pause) <= SoundClock.hole, time > last.time, frame.sampleRate == last.rate {
        let start = input.count
        try converter.append(frame, to: &input)
        render(last, length: time - last.time, fadesOut: false, sink)
        pending = Pending(
          time: time, samples: input.count - start, rate: last.rate, start: start, fadesIn: false)
        compact()
        return
      }
      // What is covered by the next is cut off.
      render(last, length: min(natural, max(time, last.time)) - last.time, fadesOut: true, sink)
    }
    begin(rate: frame.sampleRate)
    let start = input.count
    try converter.append(frame, to: &input)
    pending = Pending(
      time: time, samples: input.count - start, rate: frame.sampleRate, start: start, fadesIn: true)
  }

  private func begin(rate: Int) {
    pending = nil
    interpolator = Interpolator.from(rate: rate, to: self.rate)
    input.resize(0)
    input.resize(interpolator.reach)
  }

  /// Forgets what no later sample depends on.
  private func compact() {
    guard var last = pending else { return }
    let old = last.start - interpolator.reach
    guard old > 0 else { return }
    input.drop(old)
    last.start -= old
    pending = last
  }

  /// Gives the samples of a frame that fills `length` of the session clock.
  private func render(_ entry: Pending, length: MediaTime, fadesOut: Bool, _ sink: Sink) {
    let offset = entry.time - origin
    let first = ceiling(offset)
    let end = ceiling(offset + length)
    guard end > first, length > .zero else { return }
    output.resize(0)
    let count = Int(end - first)
    let isWhole = first * sample.flicks == offset.flicks
    if isWhole, entry.rate == rate, length.flicks == Int64(entry.samples) * sample.flicks {
      output.append(input, entry.start..<entry.start + entry.samples)
    } else {
      // Samples of the frame per flick.
      let natural = Double(MediaTime.flicksPerSecond) / Double(entry.rate)
      let stretched = Double(length.flicks) / Double(entry.samples)
      let isCut = stretched < natural * 0.9
      let perFlick = 1 / (isCut ? natural : stretched)
      let before = Double(first * sample.flicks - offset.flicks) * perFlick
      if fadesOut { input.resize(entry.start + entry.samples + 2 * interpolator.reach) }
      let from = Double(entry.start) + before
      let step = Double(sample.flicks) * perFlick
      let room = Double(input.count - interpolator.reach - 1) - from
      let possible = min(count, room < 0 ? 0 : Int(room / step) + 1)
      interpolator.append(input, from: from, step: step, count: possible, to: &output)
      output.resize(count)
    }
    if entry.fadesIn, first > bounds?.lowerBound ?? .min { fadeStart = first }
    if fadeStart > first - Int64(fadeLength) {
      output.fade(from: Int(fadeStart - first), length: fadeLength, isIn: true)
    }
    if fadesOut, end < bounds?.upperBound ?? .max {
      output.fade(from: count - fadeLength, length: fadeLength, isIn: false)
    }
    // Timestamps that go back do not make sound twice as loud.
    let late = Int(max(0, min(Int64(count), given == .min ? 0 : given - first)))
    output.drop(late)
    given = max(given, end)
    sink(first + Int64(late), output)
  }

  private func ceiling(_ time: MediaTime) -> Int64 {
    let (whole, rest) = time.flicks.quotientAndRemainder(dividingBy: sample.flicks)
    return rest > 0 ? whole + 1 : whole
  }
}
