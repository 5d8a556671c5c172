import Basics
import Glibc
import Posix
import Slices
import TestSupport
import Testing

extension LiveTests {
  /// What is indexed stays, whatever happens to the recorder.
  @Suite(.serialized) struct LossTests {
    /// The promise is a second; the rest is what the machine may sleep between sending and killing.
    static let promisedLoss = 1.0
    static let pipelineDelay = 0.4

    @Test(.timeLimit(.minutes(60)))
    func aKilledRecorderLosesTheLastSecondAtMost() async throws {
      var random = Seeded(seed: 2026)
      let folder = try TemporaryFolder()
      let h264 = try Clip(.h264, .aac, seconds: 20).make(in: folder.path, name: "h264")
      let vp8 = try Clip(.vp8, .opus, seconds: 20).make(in: folder.path, name: "vp8")
      for _ in 0..<Rounds.count(ordinary: 1, ci: 5, soak: 50) {
        try await killAndRepair(after: .random(in: 2...9, using: &random), h264, vp8)
      }
    }

    private func killAndRepair(after seconds: Double, _ h264: String, _ vp8: String) async throws {
      let folder = try TemporaryFolder()
      let (srt, rtmp, rtp) = (try Ports.free(), try Ports.free(), try Ports.freeForRTP())
      try Sender.describe(vp8, port: rtp, at: folder.path("vp8.sdp"))
      let recording = try LiveRecording(
        [
          ("srt", "srt://127.0.0.1:\(srt)?mode=listener"),
          ("rtmp", "rtmp://127.0.0.1:\(rtmp)/live/key?listen=1"), ("rtp", folder.path("vp8.sdp")),
        ], options: ["--slice", "3"], in: folder)
      for port in [srt, rtmp, rtp + 2] { try Ports.waitForListener(on: port) }
      let senders = [
        try Sender(h264, to: .srt(port: srt)), try Sender(h264, to: .rtmp(port: rtmp, key: "key")),
        try Sender(vp8, to: .rtp(port: rtp)),
      ]
      try recording.waitForSources(["srt", "rtmp", "rtp"])
      Wait.seconds(seconds)
      recording.process.send(SIGKILL)
      let killed = UTCTime.now
      #expect(try recording.process.wait(seconds: 10).signal == SIGKILL)
      for sender in senders { try sender.vanish() }

      let left = try Archived(below: folder.path("archive"))
      if !left.tracks.isEmpty { left.checkIndexes(areEnded: false) }
      try await inParallel(left.tracks.keys.sorted()) { try left.checkSlices(of: $0) }

      let repair = try run(Products.rushes, ["repair", left.path])
      #expect(repair.end.isSuccess, "\(repair.standardError)")
      let repaired = try Archived(left.path)
      #expect(repaired.tracks.keys.sorted() == ["rtmp", "rtp", "srt"])
      repaired.checkIndexes(areEnded: true)
      for (uid, kinds) in left.tracks {
        for (kind, playlist) in kinds {
          let listed = repaired.tracks[uid]?[kind]?.entries.map(\.media.uri) ?? []
          #expect(listed.starts(with: playlist.entries.map(\.media.uri)), "\(uid) \(kind)")
        }
      }
      try await inParallel(repaired.tracks.keys.sorted()) { uid in
        try repaired.checkSlices(of: uid)
        try repaired.checkIsAsSent(uid, uid == "rtp" ? vp8 : h264, atLeast: 0.02)
      }
      for (uid, kinds) in repaired.tracks {
        for (kind, playlist) in kinds {
          let last = try #require(playlist.entries.last)
          let loss = killed - (try #require(last.utc) + last.duration)
          #expect(
            loss.seconds <= Self.promisedLoss + Self.pipelineDelay, "\(uid) \(kind): \(loss) s")
        }
      }
      for (_, file) in try repaired.merge() { try checkSync(file, atLeast: 1) }

      let whole = try bytes(below: left.path)
      #expect(try run(Products.rushes, ["repair", left.path]).end.isSuccess)
      #expect(try bytes(below: left.path) == whole)
    }

    private func bytes(below folder: String) throws -> [String: [UInt8]] {
      try Dictionary(
        uniqueKeysWithValues: Files.below(folder).map { ($0, try readFile("\(folder)/\($0)")) })
    }

    @Test(.enabled(if: SmallDisk.isPossible, "a tmpfs needs the right to mount"))
    func aFullDiskEndsTheRecordingWithEverythingIndexedWhole() throws {
      let folder = try TemporaryFolder()
      let clip = try Clip(seconds: 20).make(in: folder.path)
      let disk = try SmallDisk(at: folder.path("disk"), megabytes: 1)
      let ports = try (0..<6).map { _ in try Ports.free() }
      let recording = try LiveRecording(
        ports.map { (uid: "\($0)", url: "udp://127.0.0.1:\($0)") }, options: ["--slice", "2"],
        into: "\(disk.path)/archive", in: folder)
      for port in ports { try Ports.waitForListener(on: port) }
      let senders = try ports.map { try Sender(clip, to: .udp(port: $0), loops: true) }
      let end = try recording.process.wait(seconds: 100)
      for sender in senders { try sender.vanish() }
      #expect(end.exitCode == ExitCode.io.rawValue, "\(end)\n\(recording.process.standardError)")
      let line = recording.process.standardError.split(separator: "\n").last ?? ""
      #expect(line.hasPrefix("\(disk.path)/archive/"), "\(line)")
      #expect(line.hasSuffix("No space left on device"), "\(line)")
      let archive = try Archived(below: "\(disk.path)/archive")
      #expect(archive.tracks.count == 6)
      archive.checkIndexes(areEnded: false)
      try archive.checkSlices()
    }
  }
}
