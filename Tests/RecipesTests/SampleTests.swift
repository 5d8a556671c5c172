import Basics
import Foundation
import Plan
import Slices
import Testing

@testable import Recipes

private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

/// A minute of two people who both send sound and pictures, one of them with a gap.
private let session = {
  func track(_ uid: String, _ kind: TrackKind, _ format: Format, _ stretches: [(Double, Double)])
    -> Track
  {
    Track(
      kind: kind,
      runs: stretches.map { from, to in
        Run(slices: [
          PlacedSlice(
            slice: Slice(
              resource: MediaResource(path: "/archive/\(uid)-\(kind)-\(from).ts"), utc: nil,
              first: .zero, duration: MediaTime(seconds: to - from), format: format),
            start: MediaTime(seconds: from))
        ])
      })
  }
  let sound = Format(codec: "aac", sampleRate: 48_000, channels: 1)
  let picture = Format(codec: "h264", width: 640, height: 360)
  return Session(
    sid: "38f8e3cfdc474cd56fc1ceba380d7e1a", cname: "class", name: "archive",
    start: UTCTime(milliseconds: 1_772_357_400_000), duration: MediaTime(seconds: 60),
    participants: [
      Participant(
        uid: "123", audio: track("123", .audio, sound, [(0, 60)]),
        video: track("123", .video, picture, [(0, 60)])),
      Participant(
        uid: "456", audio: track("456", .audio, sound, [(5, 20), (40, 60)]),
        video: track("456", .video, picture, [(5, 20), (40, 60)])),
    ])
}()

/// A plan as lines: the steps, what they work on, and what they make.
private func lines(of plan: Plan) -> String {
  plan.steps.map { step in
    let head = "\(step.id): \("\(step.operation)".prefix { $0 != "(" })"
    let from = step.from.map { " from \($0)" } ?? ""
    let outputs = step.outputs.flatMap { output in
      let length = "\(output.stretch.start)-\(output.stretch.end)"
      return [
        "  \(output.path) \(output.container) \(output.uids.joined(separator: ",")) \(length)"
      ]
        + output.others.map { "    \($0)" }
    }
    return ([head + from] + outputs).joined(separator: "\n") + "\n"
  }.joined()
}

/// Every file of `recipes/` is planned, and its plan compared with the one that was kept.
@Suite struct SampleTests {
  private static let names: [String] = {
    let files =
      (try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: "recipes").path()))
      ?? []
    return files.filter { ["yaml", "json"].contains(($0 as NSString).pathExtension) }.sorted()
  }()

  @Test(arguments: names)
  func samplesPlanAsKept(name: String) throws {
    let bytes = try Data(contentsOf: root.appending(path: "recipes/\(name)"))
    let settings =
      switch name {
      case "lesson-replay.yaml": ["teacher": "123"]
      case "highlights.yaml": ["start": "10", "end": "30"]
      default: [String: String]()
      }
    let read = Recipe.read(Array(bytes), file: "recipes/\(name)", RecipeInputs(set: settings))
    let recipe = try #require(read.recipe, "\(read.problems.all)")
    // What to record, or to convert, is looked for when it runs.
    switch recipe.steps[0].work {
    case .record, .convert: return
    default: break
    }
    let target = PlanTarget(folder: recipe.output?.value ?? "out", workingFolder: "/base")
    let planned = recipe.plan([session], into: target)
    let text = lines(of: try #require(planned.plan, "\(planned.problems.all)"))
    let kept = root.appending(path: "testdata/golden/recipes/\(name).txt")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
      try FileManager.default.createDirectory(
        at: kept.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: kept, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: kept, encoding: .utf8) == text,
      "UPDATE_GOLDENS=1 swift test --filter samplesPlanAsKept writes it")
  }

  @Test func thereIsASampleForEachUse() {
    #expect(
      Self.names == [
        "after-session.yaml", "audio-as-sent.yaml", "compliance-archive.yaml", "convert.yaml",
        "highlights.yaml", "lesson-replay.yaml", "mixed-audio.yaml", "podcast.yaml", "record.yaml",
        "service-request.json", "snapshots-and-files.yaml", "snapshots.yaml",
        "support-call-audit.yaml", "transcoded.yaml",
      ])
  }
}
