import Archive
import Basics
import Executor
import Plan
import Posix
import Recorder
import Slices
import TestSupport
import Testing

/// An archive of two participants, and plans over it.
private struct Fixture {
  let folder: TemporaryFolder
  let archive: String

  init() throws {
    folder = try TemporaryFolder()
    let source = try Clip(seconds: 4).make(in: folder.path)
    let sources = ["7", "8"].map { RecordSource(uid: $0, url: source) }
    archive = try record(
      RecordOptions(channel: "room", sources: sources, slice: 2), into: folder.path
    ) { _ in }
  }

  var out: String { folder.path("out") }

  func plan(_ container: Container = .mp4) throws -> Plan {
    let session = try openSession(at: archive)
    let outputs = session.participants.map { participant in
      Output(
        path: joinPath(out, "\(participant.uid).\(container.rawValue)"), container: container,
        uids: [participant.uid], stretch: participant.extent)
    }
    let step = Step(
      id: "m", session: session, operation: .merge(MergeOptions()), outputs: outputs)
    return Plan(folder: out, steps: [step])
  }

  /// What lies in the output folder: names, and when each was last changed.
  func state() throws -> [String: Int64] {
    let names = try listFolder(out).filter { !$0.hasPrefix(".") && $0.hasSuffix(".mp4") }
    return Dictionary(
      uniqueKeysWithValues: names.map { ($0, fileChanged(joinPath(out, $0)) ?? 0) })
  }

  var report: String { get throws { try Files.text(joinPath(out, "rushes-report.json")) } }
}

private func run(_ plan: Plan, _ options: RunOptions = RunOptions()) -> (ExitCode, [RunEvent]) {
  let events = Monitor<[RunEvent]>([])
  let code = execute(plan, options) { event in events.with { $0.append(event) } }.code
  return (code, events.with { $0 })
}

@Suite struct ExecutorTests {
  @Test func aSecondRunMakesNothingAnew() throws {
    let fixture = try Fixture()
    #expect(run(try fixture.plan()).0 == .done)
    let (before, report) = (try fixture.state(), try fixture.report)
    #expect(before.keys.sorted() == ["7.mp4", "8.mp4"])
    let (code, events) = run(try fixture.plan())
    #expect(code == .done)
    #expect(try fixture.state() == before)
    #expect(try fixture.report == report)
    let named = events.compactMap { if case .output(let path, _) = $0 { path } else { nil } }
    #expect(named.sorted() == ["7.mp4", "8.mp4"].map { joinPath(fixture.out, $0) })
  }

  @Test func theReportListsFilesAsTheServicesDo() throws {
    let fixture = try Fixture()
    let plan = try fixture.plan()
    #expect(run(plan).0 == .done)
    let start = plan.steps[0].session.start.milliseconds
    let report = try fixture.report
    for output in plan.steps[0].outputs {
      let person = plan.steps[0].session.participants.first { [$0.uid] == output.uids }
      let type = person?.tracks.count == 2 ? "audio_and_video" : "audio"
      let entry = """
            {
              "fileName": "\(output.uids[0]).mp4",
              "trackType": "\(type)",
              "uid": "\(output.uids[0])",
              "mixedAllUser": false,
              "isPlayable": true,
              "sliceStartTime": \(start + output.stretch.start.milliseconds)
            }
        """
      #expect(report.contains(entry))
    }
    // The same from the journal, when nothing is made.
    #expect(run(plan).0 == .done)
    #expect(try fixture.report == report)
  }

  @Test func theReportNamesEachCodecOnce() throws {
    let fixture = try Fixture()
    let session = try openSession(at: fixture.archive)
    let output = Output(
      path: joinPath(fixture.out, "all.mkv"), container: .mkv, uids: ["7", "8"],
      stretch: Stretch(start: .zero, end: session.duration))
    let step = Step(
      id: "m", session: session, operation: .merge(MergeOptions()), outputs: [output])
    #expect(run(Plan(folder: fixture.out, steps: [step])).0 == .done)
    let names = try fixture.report.split(separator: "\"codecs\": [")[1].prefix { $0 != "]" }
    #expect(names.filter { !$0.isWhitespace } == #""aac","h264""#)
  }

  @Test func anIndexIsPlannedAsItsTextAndNotAsItsMedia() throws {
    let fixture = try Fixture()
    var plan = try fixture.plan(.m3u8)
    let step = plan.steps[0]
    let outputs = step.outputs.map { output in
      var output = output
      output.others = output.lists(of: output.sources(of: step.session, .both))
      return output
    }
    plan = Plan(
      folder: fixture.out,
      steps: [
        Step(id: step.id, session: step.session, operation: step.operation, outputs: outputs)
      ])
    let media = Estimate.of(try fixture.plan(), jobs: 1)
    let index = Estimate.of(plan, jobs: 1)
    #expect(run(plan).0 == .done)
    // All that is there was known, and is about as large as was thought.
    let files = try listFolder(fixture.out).filter { $0.hasSuffix(".m3u8") }
    let known = outputs.flatMap { [$0.path] + $0.others }.map { splitPath($0).name }
    #expect(files.sorted() == known.sorted())
    let size = files.reduce(0) { $0 + (fileSize(joinPath(fixture.out, $1)) ?? 0) }
    #expect((size / 3...size * 3).contains(index.disk), "\(index.disk) for \(size)")
    #expect(media.disk > 10 * index.disk && index.time < media.time)
    #expect(!plan.steps[0].work(on: outputs[0]).copies)
  }

  @Test func onlyWhatIsMissingOrChangedIsMade() throws {
    let fixture = try Fixture()
    #expect(run(try fixture.plan()).0 == .done)
    let before = try fixture.state()
    removeFile(joinPath(fixture.out, "7.mp4"))
    #expect(run(try fixture.plan()).0 == .done)
    var after = try fixture.state()
    #expect(after["7.mp4"] != before["7.mp4"])
    #expect(after["8.mp4"] == before["8.mp4"])
    // A slice of 8 is written anew with the same bytes: nobody can know that nothing changed.
    let session = try openSession(at: fixture.archive)
    let slice = try #require(session.participants.last?.audio).slices[0].slice.resource.path
    try replaceFile(slice, with: try readFile(slice))
    #expect(run(try fixture.plan()).0 == .done)
    let last = try fixture.state()
    #expect(last["7.mp4"] == after["7.mp4"])
    #expect(last["8.mp4"] != after["8.mp4"])
    after = last
    #expect(run(try fixture.plan(), RunOptions(force: true)).0 == .done)
    #expect(try fixture.state()["7.mp4"] != after["7.mp4"])
  }

  @Test(arguments: [1, 2, 4])
  func theNumberOfWorkersChangesNoByte(jobs: Int) throws {
    let fixture = try Fixture()
    #expect(run(try fixture.plan()).0 == .done)
    let first = try readFile(joinPath(fixture.out, "7.mp4"))
    let report = try fixture.report
    #expect(run(try fixture.plan(), RunOptions(jobs: jobs, force: true)).0 == .done)
    #expect(try readFile(joinPath(fixture.out, "7.mp4")) == first)
    #expect(try fixture.report == report)
  }

  @Test func aFailureLeavesTheOthersAndNoHalfFile() throws {
    let fixture = try Fixture()
    try makeFolder(joinPath(fixture.out, "7.mp4"))
    let (code, events) = run(try fixture.plan())
    #expect(code == .cannotCreate)
    #expect(fileExists(joinPath(fixture.out, "8.mp4")))
    let errors = events.compactMap { if case .error(let text) = $0 { text } else { nil } }
    let path = joinPath(fixture.out, "7.mp4")
    #expect(errors == ["\(path): cannot create: Is a directory"])
    #expect(try listFolder(fixture.out).filter { $0.hasSuffix(".part") } == [])
  }

  @Test func twoRunsInOneFolderRefuseEachOther() throws {
    let fixture = try Fixture()
    try makeFolder(fixture.out)
    let lock = try FolderLock(fixture.out, cannot: "test")
    let (code, events) = run(try fixture.plan())
    withExtendedLifetime(lock) {}
    #expect(code == .tryAgain)
    #expect(
      events.contains(
        .error("\(fixture.out): cannot write into: another process is using it")))
  }

  @Test func lossesFailOnlyAStrictRun() throws {
    let fixture = try Fixture()
    let session = try openSession(at: fixture.archive)
    removeFile(try #require(session.participants.first?.video).slices[0].slice.resource.path)
    #expect(run(try fixture.plan()).0 == .done)
    #expect(try fixture.report.contains("\"message\": \"missing\""))
    #expect(run(try fixture.plan(), RunOptions(strict: true)).0 == .data)
  }
}

extension Fixture {
  /// A merge, and one of its output `7.mp4`, of the sound alone.
  fileprivate func chain() throws -> Plan {
    let plan = try plan()
    let made = plan.steps[0].outputs[0]
    var session = plan.steps[0].session
    let slice = Slice(
      resource: MediaResource(path: made.path), utc: session.start + made.stretch.start,
      first: .zero, duration: made.stretch.duration, format: Format(codec: "aac"))
    let run = Run(slices: [PlacedSlice(slice: slice, start: made.stretch.start)])
    session.participants = [
      Participant(uid: "7", audio: Track(kind: .audio, runs: [run]))
    ]
    let sound = Output(
      path: joinPath(out, "sound.mkv"), container: .mkv, uids: ["7"], stretch: made.stretch)
    let step = Step(
      id: "s", session: session, operation: .merge(MergeOptions(tracks: .audio)),
      outputs: [sound], from: "m")
    return Plan(folder: out, steps: plan.steps + [step])
  }
}

@Suite struct ChainTests {
  @Test func aStepWaitsForTheStepThatItWorksOn() throws {
    let fixture = try Fixture()
    let plan = try fixture.chain()
    let (code, events) = run(plan, RunOptions(jobs: 4))
    #expect(code == .done, "\(events)")
    let sound = try openSession(at: joinPath(fixture.out, "sound.mkv"))
    #expect(sound.participants.flatMap(\.tracks).map(\.kind) == [.audio])
    #expect(abs(sound.duration.seconds - plan.steps[0].outputs[0].stretch.duration.seconds) < 0.1)
    let changed = fileChanged(joinPath(fixture.out, "sound.mkv"))
    #expect(run(plan).0 == .done)
    #expect(fileChanged(joinPath(fixture.out, "sound.mkv")) == changed)
    // Who makes the first anew makes the second anew.
    removeFile(joinPath(fixture.out, "7.mp4"))
    #expect(run(plan).0 == .done)
    #expect(fileChanged(joinPath(fixture.out, "sound.mkv")) != changed)
  }

  @Test func aFailedStepFailsItsDependantsAndNobodyElse() throws {
    let fixture = try Fixture()
    try makeFolder(joinPath(fixture.out, "7.mp4"))
    let (code, events) = run(try fixture.chain())
    #expect(code == .cannotCreate)
    #expect(fileExists(joinPath(fixture.out, "8.mp4")))
    #expect(!fileExists(joinPath(fixture.out, "sound.mkv")))
    #expect(
      events.contains(
        .error("\(joinPath(fixture.out, "sound.mkv")): cannot create: the step 'm' failed")))
  }
}
