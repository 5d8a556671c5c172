import Basics
import Glibc
import Posix
import Slices
import TestSupport
import Testing

extension LiveTests {
  @Suite(.serialized) struct EndingTests {
    let folder: TemporaryFolder
    let clip: String

    init() throws {
      folder = try TemporaryFolder()
      clip = try Clip(seconds: 4).make(in: folder.path)
    }

    private func udp(_ options: [String] = []) throws -> (recording: LiveRecording, Sender) {
      let port = try Ports.free()
      let recording = try LiveRecording(
        [("7", "udp://127.0.0.1:\(port)")], options: options, in: folder)
      try Ports.waitForListener(on: port)
      let sender = try Sender(clip, to: .udp(port: port), loops: true)
      try recording.waitForSources(["7"])
      return (recording, sender)
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aSignalEndsTheRecordingProperly(signal: Int32) throws {
      let (recording, sender) = try udp()
      Wait.seconds(2)
      let archive = try recording.stop(signal)
      try sender.vanish()
      #expect(archive.tracks["7"]?.count == 2)
      archive.checkIndexes(areEnded: true)
      try archive.checkSlices()
      #expect(try listFolder(archive.path).allSatisfy { !$0.hasPrefix(".") })
      #expect(recording.process.standardError.contains("recording into \(archive.path)\n"))
    }

    @Test func aSilenceFinishesTheSlicesOfASenderWithoutAConnection() throws {
      let (recording, sender) = try udp()
      Wait.seconds(2)
      try sender.vanish()
      try recording.process.waitForOutput("7: left", seconds: 15)
      let whole = try Archived(below: folder.path("archive"))
      #expect(whole.tracks["7"]?.count == 2)
      whole.checkIndexes(areEnded: false)
      try whole.checkSlices()
      let archive = try recording.stop()
      #expect(archive.slices("7", .video) == whole.slices("7", .video))
      #expect(try SessionFile(archive.path).events(of: "7") == ["join", "leave"])
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aSecondSignalEndsItAtOnce(signal: Int32) throws {
      // The first one may have ended it already where the machine stands still: then once more.
      var ends: [ProcessEnd] = []
      for _ in 0..<4 where ends.last?.exitCode != 128 + signal {
        let (recording, sender) = try udp()
        recording.process.send(signal)
        try waitUntilTaken(recording.process)
        recording.process.send(signal)
        ends.append(try recording.process.wait(seconds: 20))
        try sender.vanish()
      }
      #expect(ends.last?.exitCode == 128 + signal, "\(ends)")
    }

    /// Two equal signals that wait are one: the first must have reached its handler.
    private func waitUntilTaken(_ process: ChildProcess) throws {
      _ = try Wait.until(atMost: 5) {
        let status = try Files.text("/proc/\(process.processIdentifier)/status")
        return status.split(separator: "\n").filter { $0.contains("Pnd:") }
          .allSatisfy { $0.allSatisfy { !$0.isNumber || $0 == "0" } }
      }
    }

    @Test func aPipeWithoutAWriterHoldsUpNothing() throws {
      let pipe = folder.path("pipe")
      #expect(mkfifo(pipe, 0o600) == 0)
      let recording = try LiveRecording([("pipe", pipe), ("7", clip)], in: folder)
      try recording.process.waitForOutput("7: left", seconds: 20)
      #expect(recording.process.isRunning)
      let archive = try recording.stop()
      #expect(archive.tracks.keys.sorted() == ["7"])
      #expect(recording.lines(of: "pipe") == ["pipe: cannot record \(pipe): no media ever came"])
    }

    @Test func aPipeIsRecordedUntilItsWriterStops() throws {
      let pipe = folder.path("pipe")
      #expect(mkfifo(pipe, 0o600) == 0)
      let recording = try LiveRecording([("pipe", pipe)], options: ["--slice", "2"], in: folder)
      let sender = try Sender(clip, to: .file(pipe, format: "mpegts"))
      try recording.waitForSources(["pipe"])
      // The writer stands still for a while: that is no end.
      sender.process.send(SIGSTOP)
      Wait.seconds(1)
      sender.process.send(SIGCONT)
      let archive = try recording.ended()
      archive.checkIndexes()
      try archive.checkSlices()
      try archive.checkIsAsSent("pipe", clip, atLeast: 1)
    }

    @Test func aSilentPipeIsLeftAtOnce() throws {
      let pipe = folder.path("pipe")
      #expect(mkfifo(pipe, 0o600) == 0)
      let recording = try LiveRecording([("pipe", pipe)], in: folder)
      let sender = try Sender(clip, to: .file(pipe, format: "mpegts"))
      try recording.waitForSources(["pipe"])
      Wait.seconds(1.5)
      sender.process.send(SIGSTOP)
      let archive = try recording.stop()
      try sender.vanish()
      try archive.checkIsAsSent("pipe", clip, atLeast: 0.2)
    }

    @Test func nobodySendingForLongEndsTheRecording() throws {
      let port = try Ports.free()
      let recording = try LiveRecording(
        [("7", "udp://127.0.0.1:\(port)")], options: ["--max-idle-time", "5"], in: folder)
      try Ports.waitForListener(on: port)
      // It counts from the first connection: waiting for that is not being idle.
      Wait.seconds(5.5)
      #expect(recording.process.isRunning)
      let sender = try Sender(clip, to: .udp(port: port))
      _ = try sender.process.wait(seconds: 20)
      let left = steadyNow()
      let archive = try recording.ended()
      let idle = (steadyNow() - left).seconds
      #expect(idle > 4 && idle < 8, "\(idle)")
      archive.checkIndexes()
      let listed = try #require(archive.tracks["7"]?[.audio]?.entries.first?.duration)
      #expect(listed.seconds > 3.5 && listed.seconds < 4.2)
    }

    @Test func onlyWhatIsAskedForIsRecorded() throws {
      func kinds(_ options: [String]) throws -> [String: Set<TrackKind>] {
        let recording = try LiveRecording(
          [("7", clip), ("8", clip)], options: options, in: folder)
        return try recording.ended().tracks.mapValues { Set($0.keys) }
      }
      #expect(try kinds(["--stream-types", "0"]) == ["7": [.audio], "8": [.audio]])
      #expect(try kinds(["--stream-types", "1"]) == ["7": [.video], "8": [.video]])
      #expect(
        try kinds(["--subscribe-audio-uids", "7", "--subscribe-video-uids", "#allstream#"])
          == ["7": [.audio, .video], "8": [.video]])
      #expect(try kinds(["--unsubscribe-video-uids", "7"]) == ["8": [.video]])
    }

    @Test func whatIsNotThereYetIsRefused() throws {
      for mode in ["default", "standard"] {
        let recording = try LiveRecording(
          [("7", clip)], options: ["--stream-mode", mode], in: folder)
        #expect(try recording.process.wait(seconds: 20).exitCode == ExitCode.unavailable.rawValue)
        #expect(
          recording.process.standardError
            == "rushes record: --stream-mode \(mode) is not available yet\n"
            + "1 problem; nothing was run\n")
      }
    }

    @Test func aRecordingThatNobodySentIsNone() throws {
      let recording = try LiveRecording([("7", folder.path("none.mp4"))], in: folder)
      #expect(try recording.process.wait(seconds: 20).exitCode == ExitCode.unavailable.rawValue)
      let lines = recording.process.standardError.split(separator: "\n").dropFirst()
      #expect(
        lines.map(String.init) == [
          "7: cannot record \(folder.path("none.mp4")): No such file or directory",
          "recording: cannot record: no source ever delivered",
        ])
      #expect(recording.process.standardOutput.isEmpty)
      #expect(try listFolder(folder.path("archive")).isEmpty)
    }

    @Test func aFolderThatCannotBeMadeIsNamed() throws {
      let recording = try LiveRecording([("7", clip)], into: "\(clip)/archive", in: folder)
      #expect(try recording.process.wait(seconds: 20).exitCode == ExitCode.cannotCreate.rawValue)
      #expect(recording.process.standardError == "\(clip): cannot create: Not a directory\n")
    }
  }
}
