import Basics
import Foundation
import Posix
import TestSupport
import Testing

/// Runs that are killed, stopped and repeated, of the built program.
@Suite(.serialized) struct RunProofTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func recipe(_ text: String) throws -> String {
    let path = folder.path("recipe.yaml")
    try replaceFile(path, with: Array(text.utf8))
    return path
  }

  /// The outputs of a run, by name, and nothing that is unfinished.
  private func outputs(_ out: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    let endings: Set = ["mp4", "m4a", "m3u8", "ts"]
    for name in try listFolder(out) where endings.contains(pathExtension(name)) {
      found[name] = try Data(contentsOf: URL(filePath: joinPath(out, name)))
    }
    return found
  }

  /// When each output was last changed, by name.
  private func changes(_ out: String) -> [String: Int64] {
    ((try? outputs(out)) ?? [:]).keys.reduce(into: [:]) {
      $0[$1] = fileChanged(joinPath(out, $1))
    }
  }

  @Test func aKilledRunGoesOnAndMakesTheSameBytes() throws {
    let senders = ["1", "2", "3"].map { uid in
      var sender = MadeSender(uid, [.init(start: 0, slices: 30)])
      sender.length = 4
      return sender
    }
    let made = try SessionMaker.make(senders, in: folder.path("archive"))
    let path = try recipe(
      """
      version: 1
      steps:
        - id: people
          merge: {by: uid}
        - merge: {from: people, tracks: audio, name: "sound-${uid}"}
        - transcode: {uids: ["1"], video: {height: 48, preset: ultrafast}, name: "small-${uid}"}
        - transcode:
            {uids: ["2"], container: hls, video: {height: 48, preset: ultrafast}, name: "index-${uid}"}
      """)
    func words(_ out: String) -> [String] { ["run", path, "--session", made.folder, "-o", out] }
    let begin = steadyNow()
    let whole = try run(Products.rushes, words(folder.path("whole")))
    let length = (steadyNow() - begin).seconds
    #expect(whole.end.isSuccess, "\(whole.standardError)")
    let expected = try outputs(folder.path("whole"))
    // Seven files, and an index of eight segments of four slices each.
    #expect(expected.count == 16)
    let report = try Files.text(folder.path("whole/rushes-report.json"))
    var generator = Seeded(seed: 7)
    for round in 0..<(environment("RUSHES_SOAK") == nil ? 5 : 50) {
      let out = folder.path("out\(round)")
      let child = try ChildProcess(Products.rushes, words(out))
      Wait.seconds(Double.random(in: 0...length, using: &generator))
      child.send(SIGKILL)
      _ = child.wait()
      // What has its name by now is whole.
      for (name, bytes) in (try? outputs(out)) ?? [:] {
        #expect(bytes == expected[name], "\(name) after kill \(round)")
      }
      let kept = changes(out)
      let again = try run(Products.rushes, words(out))
      #expect(again.end.isSuccess, "\(again.standardError)")
      #expect(try outputs(out) == expected)
      // And is not made again, but for what was just being entered into the journal.
      let after = changes(out)
      #expect(kept.count { after[$0.key] != $0.value } <= processorCount)
      #expect(try Files.text(joinPath(out, "rushes-report.json")) == report)
      #expect(try listFolder(out).filter { $0.hasSuffix(".part") } == [])
    }
  }

  @Test(.enabled(if: SmallDisk.isPossible, "a tmpfs needs the right to mount"))
  func aFullDiskLeavesNothingHalfWrittenAndTheSameCommandGoesOn() throws {
    let senders = ["1", "2", "3"].map { uid in
      var sender = MadeSender(uid, [.init(start: 0, slices: 60)])
      sender.length = 4
      return sender
    }
    let made = try SessionMaker.make(senders, in: folder.path("archive"))
    let whole = folder.path("whole")
    func words(_ out: String) -> [String] { ["merge", made.folder, "-o", out, "--jobs", "1"] }
    #expect(try run(Products.rushes, words(whole)).end.isSuccess)
    let expected = try outputs(whole)
    #expect(expected.values.map(\.count).reduce(0, +) > 2 << 20)
    let disk = try SmallDisk(at: folder.path("disk"), megabytes: 2)
    let out = "\(disk.path)/out"
    let full = try run(Products.rushes, words(out))
    #expect(full.end.exitCode == ExitCode.io.rawValue)
    #expect(full.standardError.contains("No space left on device"))
    let left = try outputs(out)
    #expect(left.count < 3 && left.allSatisfy { expected[$0] == $1 })
    #expect(try listFolder(out).filter { $0.hasSuffix(".part") } == [])
    try disk.grow(toMegabytes: 16)
    #expect(try run(Products.rushes, words(out)).end.isSuccess)
    #expect(try outputs(out) == expected)
  }

  @Test(
    .enabled(
      if: environment("RUSHES_SANITIZED") == nil, "AddressSanitizer takes many times as long"))
  func `A second run over ten thousand slices makes nothing, and a signal ends a first`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 5000)])
    sender.length = 8
    sender.frameRate = 1
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    let path = try recipe("version: 1\nsteps: [{merge: {format: mkv}}]")
    let out = folder.path("out")
    let words = ["run", path, "--session", made.folder, "-o", out]
    let first = try ChildProcess(Products.rushes, words + ["--json"])
    try first.waitForOutput("\"event\":\"start\"", seconds: 60)
    let signalled = steadyNow()
    first.send(SIGTERM)
    let end = try first.wait(seconds: 10)
    let stopped = (steadyNow() - signalled).seconds
    #expect(end.exitCode == 143 && stopped < 5, "\(end) after \(stopped) s")
    #expect(try listFolder(out).filter { $0.hasSuffix(".mkv") || $0.hasSuffix(".part") } == [])
    // Little of it is wanted now, and yet every slice counts for what a run must know.
    _ = try recipe("version: 1\nsteps: [{merge: {format: mkv, range: {end: 40}}}]")
    #expect(try run(Products.rushes, words, seconds: 120).end.isSuccess)
    let changed = try listFolder(out).compactMap { fileChanged(joinPath(out, $0)) }
    let begin = steadyNow()
    #expect(try run(Products.rushes, words).end.isSuccess)
    let again = (steadyNow() - begin).seconds
    print("a signal ends a run in \(stopped) s; a second run of 10 000 slices takes \(again) s")
    let after = try listFolder(out).filter { $0.hasSuffix(".mkv") }
      .compactMap { fileChanged(joinPath(out, $0)) }
    #expect(after.allSatisfy(changed.contains))
    #expect(again < 3)
    // And a slice that is written anew is seen.
    let slice = try #require(made.slices.first).path
    try replaceFile(slice, with: try readFile(slice))
    let third = try run(Products.rushes, words, seconds: 120)
    #expect(third.end.isSuccess)
    #expect(try listFolder(out).contains { $0.hasSuffix(".mkv") })
    let redone = try listFolder(out).filter { $0.hasSuffix(".mkv") }
      .compactMap { fileChanged(joinPath(out, $0)) }
    #expect(redone != after)
  }

  @Test func theSecretsOfARequestAreNowhere() throws {
    let made = try SessionMaker.make(
      [MadeSender("1", [.init(start: 0, slices: 2)])], in: folder.path("archive"))
    let secrets = ["T0KENSECRET", "AKIASECRET", "KEYSECRET", "STSSECRET", "SALTSECRET"]
    let request = folder.path("request.json")
    let text = """
      {"cname": "\(SessionMaker.cname)", "uid": "9", "clientRequest": {"token": "\(secrets[0])",
        "recordingConfig": {"streamTypes": 2, "secret": "\(secrets[4])", "salt": "\(secrets[4])"},
        "storageConfig": {"vendor": 1, "region": 2, "bucket": "lessons",
          "accessKey": "\(secrets[1])", "secretKey": "\(secrets[2])", "stsToken": "\(secrets[3])"},
        "snapshotConfig": {"captureInterval": 2}, "recordingFileConfig": {"avFileType": ["hls"]}}}
      """
    try replaceFile(request, with: Array(text.utf8))
    let out = folder.path("out")
    let words = [request, "--session", made.folder, "-o", out]
    var said = ""
    for command in [
      ["run"] + words + ["--json", "-v"], ["run"] + words, ["run"] + words + ["--force"],
      ["plan"] + words, ["plan"] + words + ["--json"], ["check", request],
    ] {
      let result = try run(Products.rushes, command)
      #expect(result.end.isSuccess, "\(command): \(result.standardError)")
      said += result.standardOutput + result.standardError
    }
    #expect(said.contains("'secretKey' has no meaning offline") && said.contains("lessons"))
    for folder in [out, joinPath(out, ".rushes")] {
      for name in try listFolder(folder) where !isFolder(joinPath(folder, name)) {
        said += String(decoding: try readFile(joinPath(folder, name)), as: UTF8.self)
      }
    }
    #expect(fileExists(joinPath(out, "rushes-report.json")))
    for secret in secrets { #expect(!said.contains(secret), "\(secret)") }
  }

  @Test func twoRunsInOneFolderRefuseEachOther() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 300)])
    sender.length = 8
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    let path = try recipe("version: 1\nsteps: [merge: ]")
    let out = folder.path("out")
    try makeFolder(out)
    let lock = try FolderLock(out, cannot: "test")
    let words = ["run", path, "--session", made.folder, "-o", out]
    let refused = try run(Products.rushes, words)
    withExtendedLifetime(lock) {}
    #expect(refused.end.exitCode == 75)
    #expect(
      refused.standardError.contains("\(out): cannot write into: another process is using it"))
  }

  @Test func aRecipeOverSeveralSessionsGoesPastOneThatCannotBeOpened() throws {
    for name in ["a", "b"] {
      let sender = MadeSender("1", [.init(start: 0, slices: 1)])
      _ = try SessionMaker.make([sender], in: folder.path("archives/\(name)"))
    }
    try makeFolder(folder.path("archives/c"))
    let path = try recipe(
      "version: 1\nsessions: archives/*\noutput: out\nsteps: [{merge: {name: talk}}]")
    let result = try run(Products.rushes, ["run", path, "--json"])
    #expect(result.end.exitCode == 66)
    #expect(result.standardOutput.contains("archives/c: cannot open: it holds no media"))
    #expect(result.standardOutput.hasSuffix("{\"event\":\"done\",\"code\":66}\n"))
    #expect(fileExists(folder.path("out/a/talk.mp4")) && fileExists(folder.path("out/b/talk.mp4")))
    let none = try run(Products.rushes, ["plan", path, "--session", folder.path("x*")])
    #expect(none.end.exitCode == 66)
    #expect(none.standardError == "\(folder.path("x*")): cannot open: nothing matches it\n")
  }
}
