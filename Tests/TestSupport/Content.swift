/// What is seen and heard in a media file, with the times at which it is.
///
/// Everything is decoded, by the `ffmpeg` program, and placed by its timestamps: a gap in the file
/// stays a gap here. All times are the file's own timestamps, in seconds.
package struct Content: Sendable {
  /// The file's first timestamp; that of samples before the beep's if the codec needs some.
  package let start: Double
  /// When each flash begins: the time of its first white picture.
  package let flashes: [Double]
  /// When each beep begins.
  package let beeps: [Double]
  /// The times of all pictures.
  package let pictures: [Double]
  /// Seconds from the first audio sample to the end of the last, gaps included.
  package let audioLength: Double
  /// What the decoder complained of, line by line.
  package let complaints: [String]

  /// How far flash and beep may be apart: the product's promise for every file it makes.
  package static let promisedOffset = 0.020
  /// How exactly a beep's begin is found: lossy codecs smear it over 1 to 3 ms.
  package static let beepTolerance = 0.005
  /// How far the first white picture may be from its full second: half a picture at 30 fps, since
  /// only Matroska's and FLV's whole milliseconds move it at all.
  package static let flashTolerance = 0.017

  /// Measures the first video and the first audio stream of a file that may lack either.
  package init(_ path: String, options: [String] = []) throws {
    let probe = try Probe(path, options: options)
    let input = ["-nostdin", "-v", "error", "-copyts"] + options + ["-i", path]
    var complaints: [String] = []
    start = probe.start
    // Silence fills what lies before the first sample and every gap of 10 ms or more; the
    // filter's default of 100 ms would let holes shift what follows. The program's own option
    // for a start at zero takes another zero where one stream of a TS file is read alone.
    let filters =
      "asetpts=PTS-\(probe.start)/TB,"
      + "aresample=48000:async=1:min_hard_comp=0.01:first_pts=0"
    // Beside that of the pictures.
    let sound =
      probe.has("audio")
      ? try ChildProcess(
        "ffmpeg",
        input + ["-map", "0:a:0", "-af", filters, "-ac", "1", "-c:a", "pcm_f32le"]
          + ["-f", "f32le", "pipe:1"]) : nil
    if probe.has("video") {
      // The upper half flashes; its mean luma, with timestamps in microseconds, as lines of text.
      let chain =
        "crop=iw:ih/2:0:0,scale=16:16,format=gray,settb=AVTB,signalstats,"
        + "metadata=mode=print:key=lavfi.signalstats.YAVG:file=-"
      let result = try run(
        "ffmpeg",
        input + ["-map", "0:v:0", "-fps_mode", "passthrough", "-vf", chain]
          // On a clock of whole frames two pictures of a live sender can fall on one tick.
          + ["-enc_time_base", "1/90000", "-f", "null", "-"],
        seconds: 300)
      complaints += result.standardError.split(separator: "\n").map(String.init)
      let lit = Self.luma(result.standardOutput)
      pictures = lit.map(\.time)
      flashes = Self.begins(lit.map { ($0.time, $0.luma > 128) }, apart: 0)
    } else {
      (pictures, flashes) = ([], [])
    }
    if let sound {
      _ = try sound.wait(seconds: 300)
      complaints += sound.standardError.split(separator: "\n").map(String.init)
      let levels = Self.levels(sound.standardOutputBytes)
      // Half of the signal's level (0.5 peak is 0.35 RMS), and longer silences than codecs' echoes.
      beeps = Self.begins(
        levels.enumerated().map { (probe.start + Double($0.offset) / 1000, $0.element > 0.12) },
        apart: 0.2)
      audioLength =
        Double(levels.count) / 1000
        - max(0, (probe.streams.first { $0.kind == "audio" }?.start ?? 0) - probe.start)
    } else {
      (beeps, audioLength) = ([], 0)
    }
    self.complaints = complaints
  }

  /// For each flash that has one within half a second: how much later its beep is, in seconds.
  package var offsets: [Double] {
    flashes.compactMap { flash in
      beeps.map { $0 - flash }.min { abs($0) < abs($1) }.flatMap { abs($0) < 0.5 ? $0 : nil }
    }
  }

  /// The flash and beep farthest apart, in seconds; nil when there is no pair.
  package var largestOffset: Double? { offsets.map(abs).max() }

  /// The stretches longer than so many seconds between two pictures.
  package func pictureGaps(longerThan limit: Double) -> [(start: Double, length: Double)] {
    zip(pictures, pictures.dropFirst()).filter { $1 - $0 > limit }
      .map { (start: $0, length: $1 - $0) }
  }

  /// The stretches longer than so many seconds from one beep's begin to the next.
  package func beepGaps(longerThan limit: Double) -> [(start: Double, length: Double)] {
    zip(beeps, beeps.dropFirst()).filter { $1 - $0 > limit }.map { (start: $0, length: $1 - $0) }
  }

  /// Reads `frame:0 pts:40000 pts_time:0.04` lines, each followed by `….YAVG=16.1`.
  private static func luma(_ text: String) -> [(time: Double, luma: Double)] {
    var found: [(time: Double, luma: Double)] = []
    var time = 0.0
    for line in text.split(separator: "\n") {
      if line.hasPrefix("frame:") {
        let pts = line.split(separator: " ").first { $0.hasPrefix("pts:") }
        time = pts.flatMap { Double($0.dropFirst(4)) }.map { $0 / 1e6 } ?? .nan
      } else if let equals = line.lastIndex(of: "="),
        let luma = Double(line[line.index(after: equals)...])
      {
        found.append((time, luma))
      }
    }
    return found
  }

  /// The RMS level of each millisecond (one wave of the beep) of 48 kHz samples.
  private static func levels(_ bytes: [UInt8]) -> [Float] {
    bytes.withUnsafeBytes { raw in
      let samples = raw.count / 4
      return stride(from: 0, to: samples - 47, by: 48).map { first in
        var sum: Float = 0
        for index in first..<first + 48 {
          let bits = UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
          let sample = Float(bitPattern: bits)
          sum += sample * sample
        }
        return (sum / 48).squareRoot()
      }
    }
  }

  /// The times at which something begins that was not there for more than `apart` seconds.
  private static func begins(_ states: [(time: Double, isOn: Bool)], apart: Double) -> [Double] {
    var begins: [Double] = []
    var lastOn = -Double.infinity
    var wasOn = false
    for (time, isOn) in states {
      if isOn && !wasOn && time - lastOn > apart { begins.append(time) }
      if isOn { lastOn = time }
      wasOn = isOn
    }
    return begins
  }
}
