import Basics
import Glibc
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Executor

@Suite struct OutputFilesTests {
  private let folder: TemporaryFolder
  private let job: Job
  private let plan: Plan

  init() throws {
    folder = try TemporaryFolder()
    let session = Session(
      sid: "", cname: "", name: "s", start: UTCTime(milliseconds: 0), duration: .zero,
      participants: [])
    let output = Output(
      path: folder.path("0.jpg"), container: .jpg, uids: [],
      stretch: Stretch(start: .zero, end: .zero))
    let step = Step(id: "a", session: session, operation: .merge(MergeOptions()), outputs: [output])
    job = Job(step: step, output: output)
    plan = Plan(folder: folder.path(""), steps: [step])
  }

  private func files(_ key: String = "k", inputs: [String] = [], isForced: Bool = false) throws
    -> OutputFiles
  {
    let slices = inputs.map { path in
      PlacedSlice(
        slice: Slice(
          resource: MediaResource(path: path), utc: nil, first: .zero, duration: .zero,
          format: Format(codec: "h264")), start: .zero)
    }
    var session = job.step.session
    if !slices.isEmpty {
      let track = Track(kind: .video, runs: [Run(slices: slices)])
      session.participants = [Participant(uid: "1", video: track)]
    }
    return try OutputFiles(
      of: job, key: key, inputs: InputFiles(of: [session]), try FinishedOutputs(of: plan),
      isForced: isForced)
  }

  private func publish(_ numbers: Range<Int>, _ files: OutputFiles) throws {
    for number in numbers {
      let unfinished = try folder.write(".\(number).part", "picture \(number)")
      try files.publish(unfinished, as: folder.path("\(number).jpg"))
    }
  }

  private var names: Set<String> {
    get throws { Set(try listFolder(folder.path("")).filter { $0.hasSuffix(".jpg") }) }
  }

  @Test func whatHasItsNameIsKnownToTheNextRunWhateverStoppedThisOne() throws {
    do { try publish(0..<100, try files()) }
    let finished = try names
    #expect(finished.count == 64)
    let second = try files()
    let made = (0..<100).filter { second.isMade(folder.path("\($0).jpg")) }
    #expect(Set(made.map { "\($0).jpg" }) == finished)
    try publish(64..<100, second)
    try second.flush()
    #expect(try names.count == 100)
    #expect(second.all.count == 100)
    #expect(try listFolder(folder.path("")).filter { $0.hasSuffix(".part") } == [])
  }

  @Test func whatChangedOrWasMadeFromOtherThingsIsNotMade() throws {
    let first = try files()
    try publish(0..<3, first)
    try first.flush()
    try writeFile(folder.path("1.jpg"), "other".utf8)
    removeFile(folder.path("2.jpg"))
    let second = try files()
    #expect((0..<3).map { second.isMade(folder.path("\($0).jpg")) } == [true, false, false])
    #expect(try files("other").isMade(folder.path("0.jpg")) == false)
    #expect(try files(isForced: true).isMade(folder.path("0.jpg")) == false)
  }

  @Test func anInputIsNotReplaced() throws {
    let path = try folder.write("in.ts", "precious")
    let unfinished = try folder.write(".in.ts.part", "new")
    let files = try files(inputs: [path])
    #expect(throws: Failure(path, cannot: "create", "it is one of the inputs", .cannotCreate)) {
      try files.publish(unfinished, as: path)
    }
    #expect(try Files.text(path) == "precious")
  }

  /// A link to an input leads to it; another name of the same file is another file's name.
  @Test func anInputIsFoundWhereverLinksLead() throws {
    let path = try folder.write("in.ts", "precious")
    let link = folder.path("link.ts")
    try #require(symlink(path, link) == 0)
    let name = folder.path("name.ts")
    try #require(Glibc.link(path, name) == 0)
    for input in [path, link] {
      let inputs = [folder.path("other.ts"), input]
      for output in [path, link] {
        #expect(throws: Failure.self) {
          try files(inputs: inputs).publish(folder.path(".part"), as: output)
        }
      }
      let unfinished = try folder.write(".name.ts.part", "new")
      let made = try files(inputs: inputs)
      try made.publish(unfinished, as: name)
      try made.flush()
      #expect(try Files.text(name) == "new")
      #expect(try Files.text(path) == "precious")
      removeFile(name)
      try #require(Glibc.link(path, name) == 0)
    }
  }
}
