import Basics
import Documents
import Foundation
import Plan
import Testing

@testable import Recipes

private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

private func read(_ text: String, file: String = "dir/r.yaml", set: [String: String] = [:])
  -> Recipe?
{
  let inputs = RecipeInputs(set: set) { $0 == "NAME" ? "007" : nil }
  return Recipe.read(Array(text.utf8), file: file, inputs).recipe
}

@Suite struct RecipeTests {
  @Test func pathsAreRelativeToTheRecipe() {
    let recipe = read(
      "version: 1\nsession: ./archive\noutput: /abs\nsteps: [{merge: {output: sub}}]")
    #expect(recipe?.sessions.map(\.value) == ["dir/archive"])
    #expect(recipe?.output?.value == "/abs")
    #expect(recipe?.steps.first?.output?.value == "dir/sub")
    let here = read("version: 1\nsession: a\nsteps: [merge: ]", file: "r.yaml")
    #expect(here?.sessions.map(\.value) == ["a"])
  }

  @Test func variablesTakeTheTypeThatTheKeyWants() {
    let text = """
      version: 1
      vars: { n: 20, twice: "${n}${n}", channel: 5 }
      steps:
        - record:
            channel: "${channel}-${env.NAME}"
            sources: [{ uid: "${env.NAME}", url: "rtmp://h/${twice}", realtime: "${live}" }]
            slice: ${n}
            maxIdleTime: ${twice}
      """
    guard case .record(let options) = read(text, set: ["live": "true"])?.steps.first?.work else {
      Issue.record("no recording")
      return
    }
    #expect(options.channel == "5-007")
    #expect(
      options.sources == [
        RecordSource(
          uid: "007", url: "rtmp://h/2020", realtime: true,
          place: Place(file: "dir/r.yaml", line: 6, column: 17))
      ])
    #expect(options.slice == 20 && options.maxIdleTime == 2020)
  }

  @Test func aRecordingWithEveryKey() {
    let text = """
      {"version": 1, "steps": [{"id": "rec", "record": {
        "channel": "класс 1", "streamTypes": 0, "streamMode": "original", "maxIdleTime": 60, "slice": 2.5,
        "sources": [{"uid": 12345678901234567890, "url": "a.sdp", "options": {"k": "v"}},
                    {"uid": "b", "url": "udp:1.2.3.4:5"}],
        "subscribeAudioUids": [1, "#allstream#"], "unsubscribeVideoUids": ["x"], "output": "o"}}]}
      """
    let step = read(text, file: "dir/r.json")?.steps.first
    #expect(step?.id == "rec" && step?.output?.value == "dir/o")
    guard case .record(let options) = step?.work else {
      Issue.record("no recording")
      return
    }
    #expect(
      options
        == RecordOptions(
          channel: "класс 1",
          sources: [
            RecordSource(
              uid: "12345678901234567890", url: "dir/a.sdp", options: ["k": "v"],
              place: Place(file: "dir/r.json", line: 3, column: 15)),
            RecordSource(
              uid: "b", url: "udp:1.2.3.4:5",
              place: Place(file: "dir/r.json", line: 4, column: 15)),
          ], streamTypes: .audio, maxIdleTime: 60, slice: 2.5,
          subscribeAudioUids: ["1", "#allstream#"], unsubscribeVideoUids: ["x"]))
  }

  @Test func defaultsReachTheStepsThatHaveTheKey() {
    let text = """
      version: 1
      defaults: { by: segment, slice: 20, audio: { bitrate: 96 } }
      steps:
        - merge:
        - merge: { by: session }
        - record: { channel: a, sources: [{ uid: 1, url: x }] }
      """
    let works = read(text)?.steps.map(\.work) ?? []
    #expect(works.count == 3)
    for (work, by) in zip(works, [MergeUnit.segment, .session]) {
      guard case .merge(let options, _) = work else {
        Issue.record("no merge")
        continue
      }
      #expect(options.by == by)
    }
    if case .record(let options) = works.last {
      #expect(options.slice == 20)
    } else {
      Issue.record("no recording")
    }
    #expect(read(text)?.steps.map(\.id) == ["merge", "merge2", "record"])
  }

  /// The samples that name every key of a kind of step.
  private static let manuals = [
    ("after-session.yaml", "merge"), ("record.yaml", "record"),
    ("podcast.yaml", "mix"), ("transcoded.yaml", "transcode"), ("snapshots.yaml", "snapshot"),
    ("convert.yaml", "convert"),
  ]

  @Test(arguments: manuals)
  func shippedRecipesAreRightAndTheirCommentsAreTooWhenUncommented(
    name: String, of kindName: String
  ) throws {
    let text = try String(contentsOf: root.appending(path: "recipes/\(name)"), encoding: .utf8)
    #expect(Recipe.read(Array(text.utf8), file: name, RecipeInputs()).problems.all == [])
    // Commented keys ("# by: x") are part of the manual: they must be known, each for itself.
    for line in text.split(separator: "\n") {
      guard let key = line.firstMatch(of: #/^\s+# ([a-zA-Z]+): /#)?.1 else { continue }
      let kind = try #require(StepKind.named(kindName))
      if ["uid", "segment", "session"].contains(key) { continue }
      let known = kind.keys.flatMap { key -> [String] in
        if case .group(let inner) = key.type { [key.name] + inner.map(\.name) } else { [key.name] }
      }
      #expect(known.contains(String(key)), "\(key)")
    }
  }

  @Test(arguments: manuals)
  func shippedRecipesNameEveryKey(name: String, kind: String) throws {
    let text = try String(contentsOf: root.appending(path: "recipes/\(name)"), encoding: .utf8)
    let common = Set(CommonKeys.all.map(\.name))
    for key in try #require(StepKind.named(kind)).keys where key.isAvailable {
      // The keys of all steps are shown once.
      if common.contains(key.name), kind != "merge" { continue }
      #expect(text.contains("\(key.name):"), "\(key.name)")
    }
  }

  @Test func theReferenceIsUpToDate() throws {
    let file = root.appending(path: "recipes/README.md")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] != nil {
      try Recipe.reference.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == Recipe.reference,
      "UPDATE_GOLDENS=1 swift test --filter theReferenceIsUpToDate writes it")
  }
}

@Suite struct OptionTests {
  @Test func everyScalarKeyIsAnOption() {
    let merge = StepKind.named("merge")?.options.map { "\($0.name) \($0.placeholder ?? "-")" }
    #expect(
      merge == [
        "--by uid|segment|session", "--format mp4|mov|mkv|webm|ts|flv|m3u8|mpd",
        "--tracks both|audio|video", "--align uid|session", "--fill hold|black|image|cut",
        "--image PATH", "--uids UID,…", "--exclude-uids UID,…", "--range-start SECONDS",
        "--range-end SECONDS", "--name NAME",
      ])
    let record = StepKind.named("record")?.options.map(\.name)
    #expect(
      record == [
        "--channel", "--stream-types", "--stream-mode", "--subscribe-audio-uids",
        "--unsubscribe-audio-uids", "--subscribe-video-uids", "--unsubscribe-video-uids",
        "--max-idle-time", "--slice",
      ])
    #expect(
      StepKind.named("merge")?.options.first { $0.name == "--range-start" }?.doc
        == "where to begin (0)")
  }

  private func check(_ kind: String, _ given: [(String, String)]) -> [String] {
    guard let kind = StepKind.named(kind) else { return ["no kind"] }
    let options = given.compactMap { name, text in
      kind.options.first { $0.name == name }.map { ($0, text) }
    }
    return kind.recipe(options).problems.all.map(\.description)
  }

  @Test func optionsAreCheckedLikeKeys() {
    #expect(check("merge", [("--by", "uid"), ("--uids", "1,a")]) == [])
    #expect(
      check(
        "merge", [("--by", "x"), ("--format", "hls"), ("--uids", "1,,2"), ("--range-start", "x")])
        == [
          #"--by must be 'uid', 'segment' or 'session', found "x""#,
          "--format must be 'mp4', 'mov', 'mkv', 'webm', 'ts', 'flv', 'm3u8' or 'mpd', "
            + #"found "hls""#,
          #"--uids cannot hold the uid "": it is empty"#,
          #"--range-start must be a number of seconds, found "x""#,
        ])
    #expect(check("mix", [("--gain", "7=-3,b=1.5"), ("--pan", "7=-1")]) == [])
    #expect(
      check("mix", [("--gain", "7=61,8=x"), ("--pan", "7")]) == [
        "--gain must be from -60 to 60, found 61",
        #"--gain must be a number of dB, found "x""#, "--pan must be a number, found nothing",
      ])
    #expect(
      check("record", [("--slice", "1m"), ("--max-idle-time", "1")]) == [
        #"--slice must be a number of seconds, found "1m""#,
        "--max-idle-time must be from 5 to 2592000, found 1",
        "--channel is missing", "--sources is missing",
      ])
  }
}
