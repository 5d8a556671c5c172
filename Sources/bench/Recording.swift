import Basics
import Posix
import TestSupport

/// Records 20 senders with one recorder, and with a process of `ffmpeg` each.
func recording(in folder: String, rounds: Int, seconds: Double) throws -> [Result] {
  let file = "\(folder)/megabit.ts"
  try makeSource(at: file, seconds: seconds + 30)
  let bench = RecordingBench(folder: folder, file: file, seconds: seconds)
  show("\nrecording 20 sources of 1 Mbit/s for \(Int(seconds)) s, \(rounds) rounds, in turn")
  var ours: [Recording] = []
  var theirs: [Recording] = []
  for _ in 0..<rounds {
    ours.append(try bench.rushes(sources: 20))
    theirs.append(try bench.ffmpeg(sources: 20))
  }
  // Buffers that grow from slice to slice are full after a few of them.
  let many = try bench.rushes(sources: 20, slice: 2)
  let alone = try bench.rushes(sources: 1, slice: 2)
  let cpu = (median(ours.map(\.cpuSeconds)), median(theirs.map(\.cpuSeconds)))
  show("  medians of CPU time: \(milliseconds(cpu.0)) and \(milliseconds(cpu.1))")
  let memory = (many.privateBytes, alone.privateBytes)
  show(
    "  private memory with 20 sources and with one: \(mebibytes(memory.0)), \(mebibytes(memory.1))")
  return [
    .ratio("recording 20 sources, CPU of 20 × ffmpeg", cpu.1 / cpu.0, atLeast: 2),
    .memory("… private memory for each added source", (memory.0 - memory.1) / 19, atMost: 4 << 20),
    .memory(
      "… its growth in the second half, all sources", many.growth, atMost: 1 << 20),
  ]
}

/// What recording took, without the first seconds in which everything is opened.
private struct Recording {
  let cpuSeconds: Double
  /// At the end, and how much more than at half of the time.
  let privateBytes: Int
  let growth: Int
}

private struct RecordingBench {
  let folder: String
  let file: String
  let seconds: Double

  /// Seconds in which senders connect and recorders find out what comes.
  static let warmUp = 5.0

  /// `slice`: the length of slices in seconds.
  func rushes(sources: Int, slice: Int = 15) throws -> Recording {
    let ports = try (0..<sources).map { _ in try Ports.free() }
    let archive = try TemporaryFolder(in: folder)
    let recorder = try ChildProcess(
      Products.rushes,
      ["record", "--channel", "bench", "--slice", "\(slice)", "-o", archive.path]
        + ports.enumerated().flatMap {
          ["--source", "\($0.offset + 1)=udp://127.0.0.1:\($0.element)"]
        })
    show("  ours    \(sources > 1 ? shortened(recorder.command) : recorder.command)")
    let measured = try measure([recorder], ports: ports)
    let slices = try Files.below(archive.path).filter { $0.hasSuffix(".ts") }
    guard slices.count >= 2 * sources else {
      throw Failure(
        recorder.command, cannot: "record \(sources) sources",
        "\(slices.count) slices\n\(recorder.standardError)", .software)
    }
    return measured
  }

  func ffmpeg(sources: Int) throws -> Recording {
    let ports = try (0..<sources).map { _ in try Ports.free() }
    let archive = try TemporaryFolder(in: folder)
    let recorders = try ports.map { port in
      try ChildProcess(
        "ffmpeg",
        ["-nostdin", "-v", "error", "-i", "udp://127.0.0.1:\(port)", "-map", "0", "-c", "copy"]
          + ["-f", "segment", "-segment_time", "15", archive.path("\(port)-%d.ts")])
    }
    show("  theirs  \(recorders[0].command), and so on")
    let measured = try measure(recorders, ports: ports)
    let slices = try Files.below(archive.path)
    guard slices.count >= sources else {
      throw Failure("ffmpeg", cannot: "record", recorders[0].standardError, .software)
    }
    return measured
  }

  /// Sends to the ports while the recorders run, and ends them before the senders end.
  private func measure(_ recorders: [ChildProcess], ports: [Int]) throws -> Recording {
    for port in ports { try Ports.waitForListener(on: port) }
    let senders = try ports.map { try Sender(file, to: .udp(port: $0)) }
    Wait.seconds(Self.warmUp)
    let start = try usage(of: recorders)
    Wait.seconds(seconds / 2)
    let half = try usage(of: recorders)
    Wait.seconds(seconds / 2)
    let end = try usage(of: recorders)
    for recorder in recorders { recorder.send(2) }
    for recorder in recorders where recorder.waited(seconds: 5) == nil {
      // The ffmpeg program looks at its signals between packets; ours must end by the first one.
      if recorders.count > 1 { recorder.send(9) }
      _ = try recorder.wait(seconds: 20)
    }
    for sender in senders { try sender.vanish() }
    return Recording(
      cpuSeconds: end.cpu - start.cpu, privateBytes: end.bytes, growth: end.bytes - half.bytes)
  }

  private func usage(of processes: [ChildProcess]) throws -> (cpu: Double, bytes: Int) {
    var sum = (cpu: 0.0, bytes: 0)
    for process in processes {
      guard let usage = Usage(of: process) else {
        throw Failure(process.command, cannot: "run on", process.standardError, .software)
      }
      sum.cpu += usage.cpuSeconds
      sum.bytes += usage.privateBytes
    }
    return sum
  }

  private func shortened(_ command: String) -> String {
    let words = command.split(separator: " ")
    return words.prefix(10).joined(separator: " ") + " … (20 sources)"
  }
}

/// A moving picture with noise, which needs its bit rate, and a tone: 1 Mbit/s with the transport.
private func makeSource(at path: String, seconds: Double) throws {
  let picture = "testsrc2=s=320x176:r=30:d=\(seconds),noise=alls=30:allf=t,format=yuv420p"
  try output(
    of: "ffmpeg",
    ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", picture]
      + ["-f", "lavfi", "-i", "sine=440:r=48000:d=\(seconds)"]
      + ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-sc_threshold", "0", "-bf", "0"]
      + ["-b:v", "870k", "-minrate", "870k", "-maxrate", "870k", "-bufsize", "870k"]
      + ["-c:a", "aac", "-b:a", "64k", path])
}
