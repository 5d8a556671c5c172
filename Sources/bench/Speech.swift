import Basics
import Posix
import TestSupport

/// Real speech of six people who leave and return, mixed by one command and by `ffmpeg`'s filters
/// with the same encoders: how much of each solo is understood (PESQ, ITU-T P.862).
///
/// Debian's `asterisk-core-sounds-en-wav` is the speech, and PyPI's `pesq` for the `python3` in PATH
/// the measure; where one of them is missing, the table says so.
func speaking(in folder: String) throws -> [Result] {
  let python = ["-c", "import numpy, pesq"]
  guard let sounds = try recordings() else {
    return [skipped("asterisk-core-sounds-en-wav is not installed")]
  }
  guard (try? output(of: "python3", python)) != nil else {
    return [skipped("python3 has no pesq")]
  }
  let meeting = try Meeting(sounds, in: folder)
  let script = Repository.path("testdata/bench/solos.py")
  return try [("mp3", "libmp3lame"), ("m4a", "aac")].flatMap { ending, encoder in
    let (ours, theirs) = ("\(folder)/ours.\(ending)", "\(folder)/theirs.\(ending)")
    try output(
      of: Products.rushes,
      ["mix", meeting.archive, "-o", ours, "--audio-bitrate", "\(Meeting.bitrate)"])
    try output(of: "ffmpeg", meeting.mix(to: theirs, encoder))
    let text = try output(
      of: "python3", [script, ours, theirs] + meeting.solos, seconds: 600)
    let values = text.split(separator: "\n").map {
      $0.split(separator: " ").compactMap { Double($0) }
    }
    let pairs = values.filter { $0.count == 2 }.map { (ours: $0[0], theirs: $0[1]) }
    guard !pairs.isEmpty else { throw Failure(script, cannot: "measure", text, .software) }
    for (index, pair) in pairs.enumerated() {
      show("  solo \(index) in \(ending): \(twoDecimals(pair.ours)), \(twoDecimals(pair.theirs))")
    }
    let mean = pairs.reduce(0) { $0 + $1.ours - $1.theirs } / Double(pairs.count)
    let worst = pairs.map { $0.ours - $0.theirs }.min() ?? -5
    return [
      // Encoders that begin at other samples differ by so much either way.
      difference("speech in \(ending) against ffmpeg's, mean PESQ", mean, atLeast: -0.02),
      difference("… of the worst of \(pairs.count) solos", worst, atLeast: -0.15),
    ]
  }
}

private func skipped(_ reason: String) -> Result {
  Result(work: "speech", promise: "-", measured: "skipped: \(reason)", isKept: true)
}

private func difference(_ work: String, _ value: Double, atLeast promise: Double) -> Result {
  func signed(_ value: Double) -> String { (value < 0 ? "-" : "+") + twoDecimals(abs(value)) }
  return Result(
    work: work, promise: "≥ \(signed(promise))", measured: signed(value), isKept: value >= promise)
}

/// Announcements of four seconds or more, in 8 kHz mono of 16 bits; nil where they are not installed.
private func recordings() throws -> [String]? {
  let folder = "/usr/share/asterisk/sounds"
  guard isFolder(folder) else { return nil }
  let paths = try Files.below(folder).filter { $0.hasPrefix("en/") && pathExtension($0) == "wav" }
    .map { "\(folder)/\($0)" }
  let long = paths.filter { (fileSize($0) ?? 0) > 4 * 16_000 }
  return long.count >= 12 ? long : nil
}

/// Who says what when, as an archive of Opus and as inputs of a filter.
private struct Meeting {
  /// In kbit/s.
  static let bitrate = 48
  let archive: String
  /// One speech after the other, each a slice of its own.
  private var turns: [(slice: String, original: String, milliseconds: Int64)] = []

  init(_ sounds: [String], in folder: String) throws {
    archive = "\(folder)/meeting"
    try makeFolder(archive)
    var time: Int64 = 0
    for turn in 0..<18 {
      let original = sounds[turn * sounds.count / 18]
      let uid = turn % 6 + 1
      let utc = SessionMaker.start + MediaTime(milliseconds: time)
      let slice =
        "\(archive)/\(SessionMaker.sid)_\(SessionMaker.cname)__uid_s_\(uid)__uid_e_audio_"
        + "\(utc.digits).webm"
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-i", original, "-ar", "48000", "-c:a", "libopus"]
          + ["-b:a", "64k", slice])
      turns.append((slice, original, time))
      let size = fileSize(original) ?? 0
      // The next begins 800 ms after the end.
      time += size * 1000 / 16_000 + 800
    }
  }

  /// For each solo where it begins, in milliseconds, and what was said.
  var solos: [String] { turns.flatMap { ["\($0.milliseconds)", $0.original] } }

  /// The command that mixes the slices at their places.
  func mix(to path: String, _ encoder: String) -> [String] {
    let delays = turns.enumerated().map { index, turn in
      "[\(index)]adelay=\(turn.milliseconds):all=1[d\(index)];"
    }
    let inputs = turns.indices.map { "[d\($0)]" }
    return ["-nostdin", "-v", "error", "-y"] + turns.flatMap { ["-i", $0.slice] }
      + ["-filter_complex"]
      + ["\(delays.joined())\(inputs.joined())amix=inputs=\(turns.count):normalize=0"]
      + ["-ac", "2", "-c:a", encoder, "-b:a", "\(Self.bitrate)k", path]
  }
}
