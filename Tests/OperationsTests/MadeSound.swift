import Archive
import Basics
import Plan
import Posix
import Slices
import Foundation
import TestSupport

@testable import Operations

/// Sound that is made for a test, and what comes out of mixing it.
struct MadeSound {
  let folder: TemporaryFolder
  /// Where the sound of the session lies.
  let session: String

  init() throws {
    folder = try TemporaryFolder()
    session = folder.path("session")
    try makeFolder(session)
  }

  /// Makes a uid's file by an expression of libavfilter's `aevalsrc`.
  ///
  /// `coding`: words of the `ffmpeg` program.
  func add(
    _ name: String, _ expression: String, seconds: Double, rate: Int = 48_000,
    _ coding: [String] = ["-c:a", "pcm_s16le"]
  ) throws {
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi"]
        + ["-i", "aevalsrc='\(expression)':s=\(rate):d=\(seconds)"] + coding
        + ["\(session)/\(name)"])
  }

  /// Mixes everything, or some uids, into a file and gives its path and report.
  func mix(
    _ container: Container, _ options: MixOptions = MixOptions(), uids: [String]? = nil,
    workers: Int = 2, name: String = "mix"
  ) throws -> (path: String, report: OutputReport) {
    let session = try openSession(at: session)
    let path = folder.path("\(name).\(container.rawValue)")
    let output = Output(
      path: path, container: container, uids: uids ?? session.participants.map(\.uid),
      stretch: Stretch(start: .zero, end: session.duration))
    let step = Step(id: "m", session: session, operation: .mix(options), outputs: [output])
    let context = OperationContext(
      parallel: Parallel(width: workers), isCancelled: { false }, progress: { _ in })
    return (path, try make(output, of: step, context))
  }
}

/// The decoded samples of a file's first channel.
func samples(of path: String, channel: Int = 0) throws -> [Float] {
  let child = try ChildProcess(
    "ffmpeg",
    ["-nostdin", "-v", "error", "-i", path, "-af", "pan=mono|c0=c\(channel)"]
      + ["-c:a", "pcm_f32le", "-f", "f32le", "pipe:1"])
  _ = try child.wait(seconds: 120)
  let bytes = child.standardOutputBytes
  return bytes.withUnsafeBytes { raw in
    (0..<raw.count / 4).map {
      Float(bitPattern: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
    }
  }
}

/// Where a click is: the loudest sample of each stretch that is louder than `level`.
func clicks(in samples: [Float], above level: Float) -> [Int] {
  var found: [Int] = []
  for index in samples.indices where abs(samples[index]) > level {
    if let last = found.last, index - last < 4800 {
      if abs(samples[index]) > abs(samples[last]) { found[found.count - 1] = index }
    } else {
      found.append(index)
    }
  }
  return found
}

/// The level of samples in dBFS.
func level(_ samples: some Collection<Float>) -> Double {
  let energy = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
  return decibels(energy.squareRoot())
}

func decibels(_ amplitude: Double) -> Double { amplitude > 0 ? log10(amplitude) * 20 : -200 }

/// What `ffmpeg`'s own meter says of a file: loudness in LUFS and true peak in dBTP.
func measured(_ path: String) throws -> (loudness: Double, peak: Double) {
  let result = try run(
    "ffmpeg",
    ["-nostdin", "-hide_banner", "-i", path, "-af", "ebur128=peak=true:framelog=verbose"]
      + ["-f", "null", "-"])
  func value(_ label: String) -> Double {
    let line = result.standardError.split(separator: "\n").last { $0.contains(label) }
    let words = line?.split(separator: " ") ?? []
    return words.compactMap { Double($0) }.first ?? .nan
  }
  return (value(" I:"), value("Peak:"))
}
