import Archive
import Basics
import Executor
import Foundation
import Media
import Plan
import Posix
import Recorder
import Slices
import TestSupport
import Testing

/// Outputs that show the same pictures.
@Suite struct SharedDecodingTests {
  private let folder: TemporaryFolder
  private let session: Session

  /// 40 s of 30 pictures a second, in slices.
  init() throws {
    folder = try TemporaryFolder()
    var clip = Clip(.h264, .aac, seconds: 40)
    (clip.width, clip.height, clip.bFrames, clip.gop) = (160, 96, 2, 45)
    let source = RecordSource(uid: "7", url: try clip.make(in: folder.path))
    session = try openSession(
      at: record(RecordOptions(channel: "room", sources: [source], slice: 5), into: folder.path) {
        _ in
      })
  }

  private static let pictures = 1200

  /// A step that transcodes the session's only participant.
  private func step(
    _ name: String, in out: String, _ change: (inout TranscodeOptions) -> Void
  ) -> Step {
    var options = TranscodeOptions()
    options.video.preset = .ultrafast
    change(&options)
    let output = Output(
      path: joinPath(out, "\(name).mp4"), container: .mp4,
      uids: session.participants.map(\.uid),
      stretch: Stretch(start: .zero, end: session.duration))
    return Step(id: name, session: session, operation: .transcode(options), outputs: [output])
  }

  private func steps(in out: String) -> [Step] {
    [
      step("small", in: out) { $0.video.height = 32 },
      step("steady", in: out) { ($0.video.height, $0.video.fps) = (64, 12.5) },
      step("sound", in: out) { ($0.audio.bitrate, $0.video.crf) = (48, 30) },
      step("black", in: out) { ($0.video.height, $0.fill) = (32, .black) },
    ]
  }

  private struct Entry: Decodable {
    var path: String
    var picturesDecoded: Int
    var picturesEncoded: Int
    var decodedWith: String?
  }

  private struct Report: Decodable { var outputs: [Entry] }

  private func run(_ steps: [Step], in out: String, jobs: Int = 2) throws -> (
    code: ExitCode, errors: [String], entries: [String: Entry]
  ) {
    let errors = Monitor<[String]>([])
    let plan = Plan(folder: out, steps: steps)
    let code = execute(plan, RunOptions(jobs: jobs)) { event in
      if case .error(let text) = event { errors.with { $0.append(text) } }
    }.code
    let report = try JSONDecoder().decode(
      Report.self, from: try Data(readFile(joinPath(out, "rushes-report.json"))))
    return (
      code, errors.with { $0 },
      Dictionary(uniqueKeysWithValues: report.outputs.map { ($0.path, $0) })
    )
  }

  @Test func picturesThatSeveralOutputsShowAreDecodedOnce() throws {
    var alone: [String: String] = [:]
    for step in steps(in: folder.path("alone")) {
      #expect(try run([step], in: folder.path("alone")).code == .done)
      let path = step.outputs[0].path
      alone[splitPath(path).name] = try sha256(of: path)
    }
    for jobs in [1, 3] {
      let out = folder.path("together\(jobs)")
      let plan = Plan(folder: out, steps: steps(in: out))
      // What stands in for missing pictures is another thing to show.
      #expect(plan.together == [[0, 1, 2], [3]])
      let (code, _, entries) = try run(plan.steps, in: out, jobs: jobs)
      #expect(code == .done)
      for (name, digest) in alone {
        #expect(try sha256(of: joinPath(out, name)) == digest, "\(name) by \(jobs)")
      }
      // A steady rate looks at the pictures around the places where its own begin and end.
      let decoded = entries.mapValues(\.picturesDecoded)
      #expect(try #require(decoded["small.mp4"]) < Self.pictures * 11 / 10, "\(decoded)")
      #expect(decoded["steady.mp4"] == 0 && decoded["sound.mp4"] == 0)
      #expect(try #require(decoded["black.mp4"]) >= Self.pictures)
      #expect(
        entries.compactMapValues(\.decodedWith)
          == ["steady.mp4": "small.mp4", "sound.mp4": "small.mp4"])
      #expect((499...501).contains(try #require(entries["steady.mp4"]).picturesEncoded))
      #expect(entries["small.mp4"]?.picturesEncoded == Self.pictures)
      let both = Estimate.of(plan, jobs: 1).time
      let each = plan.steps.reduce(0) { $0 + Estimate.of($1.outputs[0], $1).time }
      #expect(both < each)
    }
  }

  @Test func aMixIsMadeOnceForAllItsFiles() throws {
    func steps(in out: String) -> [Step] {
      let containers: [Container] = [.mp3, .m4a, .wav, .flac]
      return containers.map { container in
        var options = MixOptions()
        options.bitrate = container == .mp3 ? 64 : 96
        options.waveform = container == .m4a
        options.levels = container == .flac
        let output = Output(
          path: joinPath(out, "mix.\(container.ending)"), container: container,
          uids: session.participants.map(\.uid),
          stretch: Stretch(start: .zero, end: session.duration))
        return Step(
          id: container.ending, session: session, operation: .mix(options), outputs: [output])
      }
    }
    var alone: [String: String] = [:]
    for step in steps(in: folder.path("alone")) {
      #expect(try run([step], in: folder.path("alone")).code == .done)
      let path = step.outputs[0].path
      alone[splitPath(path).name] = try sha256(of: path)
    }
    let out = folder.path("together")
    let plan = Plan(folder: out, steps: steps(in: out))
    // Who measures the voices mixes on its own.
    #expect(plan.together == [[0, 1, 2], [3]])
    let (code, _, entries) = try run(plan.steps, in: out)
    #expect(code == .done)
    for (name, digest) in alone {
      #expect(try sha256(of: joinPath(out, name)) == digest, "\(name)")
    }
    #expect(
      entries.compactMapValues(\.decodedWith) == ["mix.m4a": "mix.mp3", "mix.wav": "mix.mp3"])
    #expect(fileExists(joinPath(out, "mix.png")) && fileExists(joinPath(out, "mix.levels.json")))
  }

  @Test func oneThatFailsLeavesTheOthersAlone() throws {
    for failing in ["small", "steady", "sound"] {
      let out = folder.path("without-\(failing)")
      // Where a file is to be written lies a folder.
      try makeFolder(joinPath(out, ".\(failing).mp4.part"))
      let (code, errors, entries) = try run(
        steps(in: out).filter { $0.id != "black" }, in: out)
      #expect(code != .done && errors.count == 1, "\(errors)")
      #expect(errors.first?.hasPrefix(joinPath(out, "\(failing).mp4") + ": cannot ") == true)
      let others = Set(["small.mp4", "steady.mp4", "sound.mp4"]).subtracting(["\(failing).mp4"])
      #expect(Set(entries.keys) == others)
      for name in others { #expect(try Content(joinPath(out, name)).flashes.count == 40) }
    }
  }

  @Test func oneThatIsThereIsNotWaitedFor() throws {
    let out = folder.path("out")
    let three = steps(in: out).filter { $0.id != "black" }
    #expect(try run(three, in: out).code == .done)
    let kept = try #require(fileChanged(joinPath(out, "steady.mp4")))
    removeFile(joinPath(out, "small.mp4"))
    removeFile(joinPath(out, "sound.mp4"))
    let (code, _, entries) = try run(three, in: out)
    #expect(code == .done)
    #expect(fileChanged(joinPath(out, "steady.mp4")) == kept)
    #expect(entries["sound.mp4"]?.decodedWith == "small.mp4")
    #expect(try #require(entries["small.mp4"]).picturesDecoded >= Self.pictures)
  }
}
