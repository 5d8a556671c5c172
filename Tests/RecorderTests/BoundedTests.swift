import Basics
import Posix
import Slices
import TestSupport
import Testing

extension LiveTests {
  /// What a recorder may use does not grow with time, and little with its sources.
  @Suite(.serialized) struct BoundedTests {
    static let sources = 20
    /// Seconds in which everything is opened, buffers fill and the first slices change.
    static let warmUp = 8.0
    static let bytesPerSource = 4 << 20

    private struct Sample {
      let privateBytes: Int
      let threads: Int
      let files: Int

      init(_ process: ChildProcess) throws {
        privateBytes = try #require(Usage(of: process)).privateBytes
        threads = try listFolder("/proc/\(process.processIdentifier)/task").count
        files = try listFolder("/proc/\(process.processIdentifier)/fd").count
      }
    }

    @Test(.timeLimit(.minutes(15)))
    func twentySourcesStayWithinTheirBounds() throws {
      let folder = try TemporaryFolder()
      let seconds = Double(Rounds.count(ordinary: 20, ci: 60, soak: 600))
      let file = try megabit(in: folder)
      let ports = try (0...Self.sources).map { _ in try Ports.free() }
      func record(_ ports: ArraySlice<Int>) throws -> LiveRecording {
        try LiveRecording(
          ports.map { (uid: "\($0)", url: "udp://127.0.0.1:\($0)") }, options: ["--slice", "2"],
          in: folder)
      }
      let many = try record(ports.dropLast())
      let one = try record(ports.suffix(1))
      for port in ports { try Ports.waitForListener(on: port) }
      // One program sends to all: the machine is for the recorders.
      let sender = try ChildProcess(
        "ffmpeg",
        ["-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", file]
          + ports.flatMap {
            ["-map", "0", "-c", "copy", "-f", "mpegts", "udp://127.0.0.1:\($0)?pkt_size=1316"]
          })
      try many.waitForSources(ports.dropLast().map { "\($0)" })
      try one.waitForSources(["\(ports[Self.sources])"])
      Wait.seconds(Self.warmUp)
      var samples: [Sample] = []
      let end = steadyNow() + MediaTime(seconds: seconds)
      while steadyNow() < end {
        samples.append(try Sample(many.process))
        Wait.seconds(0.5)
      }
      let alone = try Sample(one.process)
      let archive = try many.stop()
      _ = try one.stop()
      sender.send(9)

      #expect(archive.tracks.count == Self.sources)
      for (uid, kinds) in archive.tracks {
        #expect(kinds.count == 2, "\(uid)")
        for playlist in kinds.values {
          let length = playlist.entries.map(\.duration.seconds).reduce(0, +)
          #expect(length > seconds * 0.9, "\(uid): \(length) s")
        }
      }
      let third = samples.count / 3
      try #require(third >= 5)
      let middle = samples[third..<2 * third].map(\.privateBytes).reduce(0, +) / third
      let last = samples.suffix(third).map(\.privateBytes).reduce(0, +) / third
      #expect(Double(last) <= Double(middle) * 1.1, "\(middle) bytes, then \(last)")
      let most = samples.map(\.privateBytes).max() ?? 0
      let added = (most - alone.privateBytes) / (Self.sources - 1)
      #expect(added <= Self.bytesPerSource, "\(added) bytes for each added source")
      // A source has a thread, and libavformat one for each UDP socket; a socket and two slices.
      #expect(
        samples.allSatisfy { $0.threads <= 2 * Self.sources + 6 }, "\(samples.last?.threads ?? 0)")
      let files = samples.map(\.files).sorted()
      #expect(files[files.count / 2] <= 3 * Self.sources + 20, "\(files[files.count / 2])")
      // While slices are finished, their folder and their index are open too.
      #expect((files.last ?? 0) <= 5 * Self.sources + 20, "\(files.last ?? 0)")
      print(
        "\(Self.sources) sources: \(added >> 10) KiB of private memory for each added source, "
          + "\(middle >> 10) KiB in all, later \(last >> 10) KiB")
    }

    /// A picture with noise, which needs its bits, and a tone: 1 Mbit/s with the transport.
    private func megabit(in folder: TemporaryFolder) throws -> String {
      let path = folder.path("megabit.ts")
      let picture = "testsrc2=s=320x176:r=30:d=10,noise=alls=30:allf=t,format=yuv420p"
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-f", "lavfi", "-i", picture]
          + ["-f", "lavfi", "-i", "sine=440:r=48000:d=10"]
          + ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-bf", "0"]
          + ["-b:v", "870k", "-minrate", "870k", "-maxrate", "870k", "-bufsize", "870k"]
          + ["-c:a", "aac", "-b:a", "64k", path])
      return path
    }
  }
}
