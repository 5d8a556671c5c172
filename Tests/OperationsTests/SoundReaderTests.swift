import Archive
import Basics
import Decoding
import Media
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// Where sound lies after decoding, for senders whose clocks are wrong.
@Suite struct SoundReaderTests {
  private func beeps(
    _ codec: AudioCodec, driftPpm: Double, seconds: Int, dtx: Double? = nil
  ) throws -> (found: [Int], expected: [Double]) {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: seconds / 16)])
    sender.video = nil
    sender.audio = codec
    sender.driftPpm = driftPpm
    sender.dtx = dtx
    _ = try SessionMaker.make([sender], in: folder.path("archive"))
    let session = try openSession(at: folder.path("archive"))
    let track = try #require(session.participants.first?.audio)
    let reader = SoundReader(track, uid: "7", rate: 48_000, channels: 1)
    var all: [Float] = []
    var buffer = SoundBuffer(channels: 1)
    while reader.position < session.duration.ticks(of: TimeBase(1, 48_000)) {
      reader.read(4096, into: &buffer)
      buffer.withSamples(0) { span in
        for index in 0..<span.count { all.append(span[index]) }
      }
    }
    #expect(reader.problems.isEmpty)
    // Beeps begin whole seconds of the sender's clock, which starts with the first slice.
    let rate = 1 + driftPpm / 1e6
    return (begins(all), (0..<seconds).map { Double($0) * rate })
  }

  /// Where sound begins after a silence of 0.2 s.
  private func begins(_ samples: [Float]) -> [Int] {
    var found: [Int] = []
    var lastLoud = -48_000
    for index in samples.indices where abs(samples[index]) > 0.1 {
      if index - lastLoud > 9600 { found.append(index) }
      lastLoud = index
    }
    return found
  }

  @Test(arguments: [
    (AudioCodec.opus, -100.0), (.aac, 0),
  ])
  func beepsStayInPlaceWhenTheClockDrifts(codec: AudioCodec, drift: Double) throws {
    let (found, expected) = try beeps(codec, driftPpm: drift, seconds: 320)
    #expect(abs(found.count - expected.count) <= 1)
    // The codec smears the begin always in the same way; stamps of slices are whole milliseconds.
    let errors = found.map { place -> Double in
      let time = Double(place) / 48_000
      return time - (expected.min { abs($0 - time) < abs($1 - time) } ?? 0)
    }
    // The first begins with the fade of the track.
    let sorted = errors.dropFirst().sorted()
    let middle = sorted[sorted.count / 2]
    #expect(abs(middle) < 0.010)
    // Stamps of five minutes do not tell a clock's rate to the last part in a million.
    let spread = drift == 0 ? 0.001 : 0.004
    #expect(sorted.allSatisfy { abs($0 - middle) <= spread })
  }
}
