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
