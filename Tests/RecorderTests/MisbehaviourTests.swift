import Basics
import Foundation
import Posix
import Slices
import TestSupport
import Testing

extension LiveTests {
  /// All kinds of trouble in one recording, beside one source that must not suffer from it.
  @Suite(.serialized) struct MisbehaviourTests {
    @Test(.timeLimit(.minutes(2)))
    func oneSourcesTroubleIsNotAnothers() async throws {
      // Two recordings side by side: one tells of the trouble in lines, one in JSON.
      try await inParallel([false, true]) { try recordTrouble(isJSON: $0) }
    }

    private func recordTrouble(isJSON: Bool) throws {
      let folder = try TemporaryFolder()
      let clip = try Clip(seconds: 12).make(in: folder.path)
      let foreign = folder.path("ac3.ts")
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-t", "4", "-i", clip, "-c:v", "copy", "-c:a", "ac3", foreign])
      let ports = try (0..<8).map { _ in try Ports.free() }
      let holder = try SilentSocket(holding: ports[7])
      let urls = [
        "good": "udp://127.0.0.1:\(ports[0])",
        "returns": "rtmp://127.0.0.1:\(ports[1])/live/key?listen=1",
        "absent": "rtmp://127.0.0.1:\(ports[2])/live/key?listen=1",
        "hangs": "rtmp://127.0.0.1:\(ports[3])/live/key?listen=1",
        "noise": "udp://127.0.0.1:\(ports[4])",
        "foreign": "udp://127.0.0.1:\(ports[5])",
        "stranger": "rtmp://127.0.0.1:\(ports[6])/live/right?listen=1",
        "taken": "rtmp://127.0.0.1:\(ports[7])/live/key?listen=1",
        "unknown": "whip://127.0.0.1:\(ports[7])/room",
        "silent": "srt://127.0.0.1:\(ports[7])?mode=caller",
        "missing": folder.path("none.mp4"),
      ]
      let sources =
        urls.sorted { $0.key < $1.key } + [(key: "good", value: "udp://127.0.0.1:1")]
      let recording = try LiveRecording(
        sources.map { (uid: $0.key, url: $0.value) }, options: isJSON ? ["--json"] : [], in: folder)
      for port in ports.dropLast() { try Ports.waitForListener(on: port) }

      let mute = try SilentSocket(to: ports[3])
      let good = try Sender(clip, to: .udp(port: ports[0]))
      let first = try Sender(clip, to: .rtmp(port: ports[1], key: "key"))
      let ac3 = try Sender(foreign, to: .udp(port: ports[5]))
      let stranger = try Sender(clip, to: .rtmp(port: ports[6], key: "wrong"))
      var random = Seeded(seed: 7)
      let rubbish = (0..<400_000).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      for start in stride(from: 0, to: rubbish.count, by: 13_160) {
        let part = Array(rubbish[start..<min(rubbish.count, start + 13_160)])
        try RawSocket.sendDatagrams(part, to: ports[4])
        Wait.seconds(0.02)
      }
      Wait.seconds(3)
      try first.vanish()
      let vanished = steadyNow()
      Wait.seconds(3)
      try Ports.waitForListener(on: ports[1])
      let second = try Sender(clip, to: .rtmp(port: ports[1], key: "key"), start: 7)
      let absence = (steadyNow() - vanished).seconds
      for sender in [good, second, ac3] { _ = try sender.process.wait(seconds: 30) }
      try stranger.vanish()
      Wait.seconds(0.5)
      recording.process.send(2)
      let end = try recording.process.wait(seconds: 20)
      #expect(end.isSuccess, "\(end)")
      withExtendedLifetime((holder, mute)) {}

      let archive = try Archived(below: folder.path("archive"))
      #expect(archive.tracks.keys.sorted() == ["foreign", "good", "returns"])
      archive.checkIndexes()
      try archive.checkSlices()
      try archive.checkIsAsSent("good", clip, atLeast: 0.95)
      try checkReturn(archive, absence: absence)
      #expect(Set(archive.tracks["foreign"]?.keys.map { $0 } ?? []) == [.video])

      let said = isJSON ? try events(recording.process) : lines(recording.process)
      checkProblems(said, urls)
    }

    /// Two runs with the absence between them, also in the merged file, and in the session's events.
    private func checkReturn(_ archive: Archived, absence: Double) throws {
      for kind in TrackKind.allCases {
        let entries = archive.tracks["returns"]?[kind]?.entries ?? []
        #expect(entries.filter { !$0.starts.isEmpty }.count == 2)
        let second = try #require(entries.lastIndex { !$0.starts.isEmpty })
        try #require(second > 0)
        let before = entries[second - 1]
        let gap = try #require(entries[second].utc) - (try #require(before.utc) + before.duration)
        #expect(abs(gap.seconds - absence) < 1.5, "\(kind): \(gap), not \(absence)")
      }
      let session = try SessionFile(archive.path)
      #expect(session.events(of: "returns") == ["join", "leave", "join", "leave"])
      #expect(session.events(of: "good") == ["join", "leave"])
      let merged = try archive.merge()
      let content = try checkSync(try #require(merged["returns"]), atLeast: 5)
      let gaps = content.pictureGaps(longerThan: 1.5)
      #expect(gaps.count == 1)
      #expect(abs(try #require(gaps.first).length - absence) < 1.5)
      try checkSync(try #require(merged["good"]), atLeast: 11)
    }

    /// Each source that gives trouble is spoken of once, by its uid and address.
    private func checkProblems(_ said: [String], _ urls: [String: String]) {
      func line(_ uid: String, _ reason: String, verb: String = "cannot record") -> String {
        "\(uid): \(verb) \(urls[uid] ?? ""): \(reason)"
      }
      // Where libav has the last word, each version has its own: the line begins like this.
      let expected = [
        line("absent", "no media ever came"),
        line("foreign", "no slice can hold audio of codec 'ac3'"),
        line("foreign", "nothing has come for 5 s", verb: "left"),
        "good: cannot record udp://127.0.0.1:1: another source has the uid 'good' already",
        line("hangs", "no media ever came"),
        line("missing", "No such file or directory"),
        line("noise", "no media ever came"),
        line("returns", "the sender has left, or the connection broke (", verb: "left"),
        line("returns", "the sender has left, or the connection broke (", verb: "left"),
        line("silent", "Input/output error"),
        line("stranger", "the sender gave a wrong stream key; trying again in 0.5 s"),
        line("taken", "Address already in use"),
        line("unknown", "libavformat here does not read 'whip' (it reads file, "),
      ]
      #expect(said.count == expected.count, "\(said)")
      for (line, beginning) in zip(said, expected) {
        #expect(line.hasPrefix(beginning), "\(line)")
      }
    }

    private func lines(_ process: ChildProcess) -> [String] {
      process.standardError.split(separator: "\n").map(String.init)
        .filter { $0.contains(": cannot ") || $0.contains(": left ") }.sorted()
    }

    private struct Event: Decodable {
      let event: String
      let uid: String?
      let url: String?
      let message: String?
      let retryIn: Double?
      let state: String?
    }

    /// The JSON events of trouble, put as the lines are.
    private func events(_ process: ChildProcess) throws -> [String] {
      #expect(process.standardError.isEmpty, "\(process.standardError)")
      return try process.standardOutput.split(separator: "\n")
        .map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
        .filter { $0.event == "warning" || $0.event == "error" }
        .map { event in
          let message = event.message ?? ""
          let verb = event.state == "left" ? "left" : "cannot record"
          let again = event.retryIn.map { "; trying again in \($0) s" } ?? ""
          return "\(event.uid ?? ""): \(verb) \(event.url ?? ""): \(message)\(again)"
        }.sorted()
    }
  }
}
