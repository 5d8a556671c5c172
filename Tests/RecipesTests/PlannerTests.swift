import Basics
import Foundation
import Plan
import Slices
import Testing

@testable import Recipes

/// A track of one slice for each stretch of seconds.
private func track(_ kind: TrackKind, _ codec: String, _ stretches: [(Double, Double)]) -> Track {
  Track(
    kind: kind,
    runs: stretches.map { from, to in
      Run(slices: [
        PlacedSlice(
          slice: Slice(
            resource: MediaResource(path: "/archive/\(kind)\(from).ts"), utc: nil, first: .zero,
            duration: MediaTime(seconds: to - from), format: Format(codec: codec)),
          start: MediaTime(seconds: from))
      ])
    })
}

private let session = Session(
  sid: "38f8e3cfdc474cd56fc1ceba380d7e1a", cname: "class", name: "archive",
  start: UTCTime(milliseconds: 1_772_357_400_000), duration: MediaTime(seconds: 60),
  participants: [
    Participant(
      uid: "123", audio: track(.audio, "aac", [(0, 10), (30, 50)]),
      video: track(.video, "h264", [(1, 12), (28, 50)])),
    Participant(uid: "456", video: track(.video, "vp8", [(5, 60)])),
    Participant(uid: "789", audio: track(.audio, "pcm_mulaw", [(0, 60)])),
  ])

private func plan(
  _ merge: String, _ sessions: [Session] = [session], file: String? = nil, output: String = ""
) -> (plan: Plan?, problems: [String]) {
  let text = "version: 1\nsteps: [{merge: {\(merge)}}]\(output)"
  let read = Recipe.read(Array(text.utf8), file: "dir/r.yaml", RecipeInputs())
  let target = PlanTarget(folder: "out", file: file, workingFolder: "/base")
  let planned = read.recipe?.plan(sessions, into: target)
  return (planned?.plan, (planned?.problems ?? read.problems).all.map(\.description))
}

private func names(_ merge: String, _ sessions: [Session] = [session]) -> [String]? {
  plan(merge, sessions).plan?.steps.flatMap(\.outputs).map {
    "\($0.path) \($0.uids.joined(separator: ",")) \($0.stretch.start)-\($0.stretch.end)"
  }
}

private let prefix = "/base/out/38f8e3cfdc474cd56fc1ceba380d7e1a_class"

@Suite struct PlannerTests {
  @Test func aFilePerUid() {
    #expect(
      names("") == [
        "\(prefix)__uid_s_123__uid_e_av.mp4 123 0.000-50.000",
        "\(prefix)__uid_s_456__uid_e_av.webm 456 5.000-60.000",
        "\(prefix)__uid_s_789__uid_e_av.mkv 789 0.000-60.000",
      ])
    #expect(
      names("align: session, excludeUids: [456, 789]") == [
        "\(prefix)__uid_s_123__uid_e_av.mp4 123 0.000-60.000"
      ])
  }

  @Test func theSampleRecipeMakesAFilePerUid() throws {
    let recipes = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "recipes")
    let bytes = try Data(contentsOf: recipes.appending(path: "after-session.yaml"))
    let read = Recipe.read(Array(bytes), file: "recipes/after-session.yaml", RecipeInputs())
    let recipe = try #require(read.recipe)
    #expect(recipe.sessions.map(\.value) == ["recipes/archive"])
    #expect(recipe.output?.value == "recipes/out")
    let target = PlanTarget(folder: "recipes/out", workingFolder: "/base")
    let plan = try #require(recipe.plan([session], into: target).plan)
    #expect(plan.steps.map(\.id) == ["people"] && plan.warnings == [])
    #expect(
      plan.steps[0].outputs.map(\.path)
        == ["123__uid_e_av.mp4", "456__uid_e_av.webm", "789__uid_e_av.mkv"].map {
          "/base/recipes/out/38f8e3cfdc474cd56fc1ceba380d7e1a_class__uid_s_\($0)"
        })
  }

  @Test func aFilePerSegment() {
    #expect(
      names("by: segment, uids: [123]") == [
        "\(prefix)__uid_s_123__uid_e_av_20260301093000000.mp4 123 0.000-12.000",
        "\(prefix)__uid_s_123__uid_e_av_20260301093028000.mp4 123 28.000-50.000",
      ])
  }

  @Test func aFileOfTheSession() {
    #expect(names("by: session") == ["\(prefix)_av.mkv 123,456,789 0.000-60.000"])
  }

  @Test func oneOfTheTracks() {
    #expect(
      names("tracks: audio, format: mp4, uids: [123, 456]") == [
        "\(prefix)__uid_s_123__uid_e_audio.m4a 123 0.000-50.000"
      ])
    #expect(
      names("tracks: video, name: \"${uid}_0_merge\"") == [
        "/base/out/123_0_merge.mp4 123 1.000-50.000",
        "/base/out/456_0_merge.webm 456 5.000-60.000",
      ])
  }

  @Test func namesOfTheRecipe() {
    let name = "${sid}.${cname}.${uid}.${index}.${utc}.${id}$${x}"
    #expect(
      names("uids: [456], output: ../o, name: \"\(name)\"") == [
        "/base/o/38f8e3cfdc474cd56fc1ceba380d7e1a.class.456.0.20260301093005000.merge${x}.webm "
          + "456 5.000-60.000"
      ])
    #expect(names("uids: [123], name: talk.mp4") == ["/base/out/talk.mp4 123 0.000-50.000"])
  }

  @Test func aSessionWithoutNamesLendsItsOwn() {
    var loose = session
    loose.sid = ""
    loose.cname = ""
    #expect(
      names("uids: [123, 456]", [loose]) == [
        "/base/out/archive_123.mp4 123 0.000-50.000", "/base/out/archive_456.webm 456 5.000-60.000",
      ])
    loose.participants = [session.participants[0]]
    #expect(names("", [loose]) == ["/base/out/archive.mp4 123 0.000-50.000"])
    #expect(names("by: session", [loose]) == ["/base/out/archive.mp4 123 0.000-60.000"])
    #expect(
      plan("name: \"${sid}${uid}\"", [loose]).problems == [
        "dir/r.yaml:2:24: '${sid}' in 'name' is empty: the session 'archive' has none"
      ])
  }

  @Test(arguments: [
    (
      "uids: [124]",
      [
        "2:25: unknown uid '124' (did you mean '123'?)"
      ]
    ),
    ("excludeUids: [a]", ["2:32: unknown uid 'a'"]),
    (
      "format: mp4",
      [
        "2:26: 'format: mp4' cannot hold 'vp8' of uid '456'; choose 'webm'",
        "2:26: 'format: mp4' cannot hold 'pcm_mulaw' of uid '789'; choose 'mkv'",
      ]
    ),
    (
      "by: session, format: webm",
      [
        "2:39: 'format: webm' cannot hold 'aac' and 'h264' and 'pcm_mulaw' of uid '123'; choose 'mkv'"
      ]
    ),
    (
      "name: talk, uids: [123], by: segment",
      ["2:24: two outputs are named 'talk.mp4'; tell them apart by 'name'"]
    ),
    (
      "by: session, name: \"${uid}\"",
      ["2:37: '${uid}' in 'name' has no meaning in a file of the whole session"]
    ),
    ("name: \"../x\"", ["2:24: 'name' must be a file name without '/', found \"../x\""]),
  ])
  func problems(merge: String, expected: [String]) {
    let result = plan(merge)
    #expect(result.plan == nil)
    #expect(Set(result.problems) == Set(expected.map { "dir/r.yaml:\($0)" }))
  }

  @Test func outputsNeverCollideNorReplaceInputs() {
    var loose = session
    loose.participants[0].audio = nil
    #expect(
      plan("uids: [123], name: video1.0, format: mkv, output: /archive").plan != nil)
    let input = Recipe.read(
      Array("version: 1\nsteps: [{merge: {uids: [456], name: a, format: webm}}]".utf8),
      file: "r.yaml", RecipeInputs())
    loose.participants[1].video = track(.video, "vp8", [(5, 60)])
    loose.participants[1].video?.runs[0].slices[0].slice.resource.path = "./out/../in/a.webm"
    let target = PlanTarget(folder: "in/.", workingFolder: "/base")
    #expect(
      input.recipe?.plan([loose], into: target).problems.all.map(\.description) == [
        "r.yaml:2:37: '/base/in/a.webm' would replace a file of the session"
      ])
    let twice = "version: 1\nsteps: [{merge: {uids: [123]}}, {id: b, merge: {uids: [123]}}]"
    let read = Recipe.read(Array(twice.utf8), file: "r.yaml", RecipeInputs())
    #expect(
      read.recipe?.plan([session], into: target).problems.all.map(\.description) == [
        "r.yaml:2:41: two outputs are named "
          + "'38f8e3cfdc474cd56fc1ceba380d7e1a_class__uid_s_123__uid_e_av.mp4' "
          + "(the other by step 'merge'); tell them apart by 'name'"
      ])
  }

  @Test func aFileOfTheCommandLineIsTheOnlyOutput() {
    let one = plan("uids: [123]", file: "x/talk.mp4").plan
    #expect(one?.file == "/base/x/talk.mp4")
    #expect(one?.steps.first?.outputs.map(\.path) == ["/base/x/talk.mp4"])
    #expect(
      plan("", file: "talk.mp4").problems == [
        "--output '/base/talk.mp4' is one file, but there are 3 outputs; name a folder"
      ])
  }

  @Test func severalSessions() {
    var other = session
    other.sid = "00000000000000000000000000000000"
    other.name = "second"
    let steps = plan("uids: [123]", [session, other]).plan?.steps
    #expect(steps?.map(\.id) == ["merge@archive", "merge@second"])
    #expect(steps?.map(\.session.name) == ["archive", "second"])
    // The same names twice: a folder each.
    let twins = plan("uids: [123], output: o", [session, session]).plan
    #expect(twins?.steps.map(\.id) == ["merge@archive", "merge@archive-2"])
    #expect(
      twins?.steps.flatMap(\.outputs).map(\.path)
        == ["archive", "archive-2"].map {
          "/base/dir/o/\($0)/38f8e3cfdc474cd56fc1ceba380d7e1a_class__uid_s_123__uid_e_av.mp4"
        })
    #expect(plan("name: talk, by: session", [session, session]).plan?.steps.count == 2)
  }

  @Test func aStepWorksOnTheOutputsOfAnother() throws {
    let text = """
      version: 1
      steps:
        - id: people
          merge: {by: segment, uids: [123, 456]}
        - id: sound
          merge: {from: people, uids: [123], tracks: audio, name: "${uid}-${id}"}
        - id: all
          merge: {from: people, by: session, range: {start: 10}}
      """
    let read = Recipe.read(Array(text.utf8), file: "r.yaml", RecipeInputs())
    let target = PlanTarget(folder: "out", workingFolder: "/base")
    let planned = try #require(read.recipe).plan([session], into: target)
    let plan = try #require(planned.plan, "\(planned.problems.all)")
    #expect(plan.steps.map(\.from) == [nil, "people", "people"])
    #expect(
      plan.steps.dropFirst().flatMap(\.outputs).map {
        "\($0.path) \($0.uids) \($0.stretch.start)-\($0.stretch.end)"
      } == [
        #"/base/out/123-sound.m4a ["123"] 0.000-50.000"#,
        #"\#(prefix)_av.mkv ["123", "456"] 10.000-60.000"#,
      ])
    let slices = plan.steps[1].session.participants[0].audio?.slices ?? []
    #expect(
      slices.map(\.slice.resource.path)
        == ["000000", "000028"].map { _ in "" }.indices.map {
          plan.steps[0].outputs[$0].path
        })
    #expect(slices.map(\.start.seconds) == [0, 28])
  }

  @Test func theIndexesThatAnIndexNamesArePlanned() throws {
    let name = "\(prefix)__uid_s_123__uid_e_av"
    let both = try #require(plan("uids: [123], format: m3u8").plan?.steps[0].outputs)
    #expect(both.map(\.path) == ["\(name).m3u8"])
    #expect(both[0].others == ["\(name)_audio.m3u8", "\(name)_video.m3u8"])
    // Only what there is in the stretch; and the slices of one track are listed without another index.
    #expect(plan("uids: [123], format: m3u8, range: {start: 13, end: 27}").plan != nil)
    let late = "uids: [123], format: m3u8, range: {start: 28, end: 29}"
    #expect(plan(late).plan?.steps[0].outputs.map(\.others) == [[]])
    #expect(
      plan("uids: [123], format: m3u8, tracks: audio").plan?.steps[0].outputs.map(\.others) == [[]])
    #expect(plan("uids: [123], format: mpd").plan?.steps[0].outputs.map(\.others) == [[]])
    var two = session
    two.participants[1] = Participant(uid: "456", video: track(.video, "h264", [(5, 60)]))
    let all = plan(
      "by: session, uids: [123, 456], format: m3u8, name: all, tracks: video", [two])
    #expect(
      all.plan?.steps[0].outputs.map(\.others)
        == [["/base/out/all_123_video.m3u8", "/base/out/all_456_video.m3u8"]])
    let file = plan("uids: [123], format: m3u8", file: "/base/out/talk.m3u8")
    #expect(
      file.plan?.steps[0].outputs.map(\.others)
        == [["/base/out/talk_audio.m3u8", "/base/out/talk_video.m3u8"]])
  }

  @Test func whatAMixWritesBesideItsFileIsPlanned() throws {
    func planned(_ steps: String, file: String? = nil) throws -> (plan: Plan?, problems: [String]) {
      let recipe = try #require(
        Recipe.read(
          Array("version: 1\nsteps: [\(steps)]".utf8), file: "r.yaml", RecipeInputs()
        ).recipe)
      let result = recipe.plan(
        [session], into: PlanTarget(folder: "out", file: file, workingFolder: "/base"))
      return (result.plan, result.problems.all.map(\.description))
    }
    let mix = "{mix: {name: talk, waveform: true, levels: true}}"
    let others = ["/base/out/talk.png", "/base/out/talk.levels.json"]
    #expect(try planned(mix).plan?.steps[0].outputs.map(\.others) == [others])
    #expect(try planned(mix, file: "/base/out/talk.mp3").plan?.steps[0].outputs[0].others == others)
    #expect(
      try planned("\(mix), {mix: {name: talk, container: m4a, waveform: true}}").problems == [
        "r.yaml:2:73: two outputs are named 'talk.png' (the other by step 'mix'); "
          + "tell them apart by 'name'"
      ])
  }

  @Test func outputsThatHaveNothingForAStepAreNamed() throws {
    let text = """
      version: 1
      steps:
        - {id: talk, mix: {}}
        - snapshot: {from: talk}
      """
    let recipe = try #require(
      Recipe.read(Array(text.utf8), file: "r.yaml", RecipeInputs()).recipe)
    let target = PlanTarget(folder: "out", workingFolder: "/base")
    #expect(
      recipe.plan([session], into: target).problems.all.map(\.description)
        == ["r.yaml:4:22: the outputs of 'talk' have nothing to take pictures of"])
  }

  @Test func snapshotsOfAMadeFileBeginWithItsFirstPicture() throws {
    // Black stands in for what is missing, but not for a moment.
    for (pause, fps, first) in [(0.05, "", 1.0), (0.05, "fps: 25, ", 0.0), (5, "", 0.0)] {
      var late = session
      late.participants = [
        Participant(
          uid: "123", audio: track(.audio, "aac", [(0, 50)]),
          video: track(.video, "h264", [(pause, 50)]))
      ]
      let text = """
        version: 1
        steps:
          - {id: small, transcode: {video: {\(fps)height: 180}}}
          - snapshot: {from: small, interval: 1}
        """
      let recipe = try #require(
        Recipe.read(Array(text.utf8), file: "r.yaml", RecipeInputs()).recipe)
      let target = PlanTarget(folder: "out", workingFolder: "/base")
      let plan = try #require(recipe.plan([late], into: target).plan)
      guard case .snapshot(let work) = plan.steps[1].operation else {
        Issue.record("no snapshots")
        return
      }
      #expect(work.series[0].pictures[0].time.seconds == first, "\(pause) \(fps)")
    }
  }

  @Test func aSubscriptionMayNameWhoWasNeverThere() throws {
    let text = """
      {"cname": "other", "uid": "1", "clientRequest": {"recordingConfig": {
        "streamTypes": 2, "subscribeAudioUids": ["123", "9"], "subscribeVideoUids": ["123"]},
       "recordingFileConfig": {"avFileType": ["mp4"]}}, "appId": "a", "mode": "individual"}
      """
    let read = Recipe.read(Array(text.utf8), file: "r.json", RecipeInputs())
    let target = PlanTarget(folder: "out", workingFolder: "/base")
    let planned = try #require(read.recipe).plan([session], into: target)
    #expect(planned.plan?.steps.flatMap(\.outputs).map(\.uids) == [["123"]])
    #expect(
      planned.problems.all.map(\.description) == [
        "r.json:1:11: warning: the request is for 'other', the session 'archive' is of 'class'",
        "r.json:2:51: warning: uid '9' is not in the session",
      ])
  }

  @Test func aCodecThatNothingHolds() {
    var odd = session
    odd.participants[2].audio = track(.audio, "g729", [(0, 60)])
    #expect(plan("", [odd]).problems == ["dir/r.yaml:2:10: no format holds 'g729' of uid '789'"])
  }

  @Test func theStepCarriesItsOptions() {
    let step = plan("by: segment, align: session, tracks: video").plan?.steps.first
    #expect(step?.operation == .merge(MergeOptions(by: .segment, align: .session, tracks: .video)))
    #expect(step?.session == session)
  }

  private func snapshots(_ keys: String) -> (files: [String], problems: [String]) {
    let text = "version: 1\nsteps: [{snapshot: {\(keys)}}]"
    let read = Recipe.read(Array(text.utf8), file: "dir/r.yaml", RecipeInputs())
    let target = PlanTarget(folder: "out", workingFolder: "/base")
    let planned = read.recipe?.plan([session], into: target)
    let files = planned?.plan?.steps.flatMap(\.outputs).flatMap { [$0.path] + $0.others } ?? []
    return (
      files.map { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : $0 },
      (planned?.problems ?? read.problems).all.map(\.description)
    )
  }

  @Test func picturesAreNamedByTheirMomentsAndTakenWhereThereIsVideo() {
    let of123 = "__uid_s_123__uid_e_video_202603010930"
    let of456 = "__uid_s_456__uid_e_video_202603010930"
    // 123 has no video from 12 s to 28 s, 456 none before 5 s.
    #expect(
      snapshots("").files
        == ["10000", "30000", "40000"].map { "\(of123)\($0).jpg" }
        + ["10000", "20000", "30000", "40000", "50000"].map { "\(of456)\($0).jpg" })
    #expect(
      snapshots("fill: hold, uids: [123]").files
        == ["10000", "20000", "30000", "40000"].map { "\(of123)\($0).jpg" })
    #expect(
      snapshots("at: [11.5, 3, 27], uids: [123]").files
        == ["03000", "11500"].map { "\(of123)\($0).jpg" })
    #expect(
      snapshots("uids: [123], range: {start: 25, end: 35}, thumbnails: true").files == [
        "/base/out/snapshots.json", "\(of123)30000.jpg", "__uid_s_123__uid_e_video_1.jpg",
        "__uid_s_123__uid_e_video.vtt",
      ])
    #expect(
      snapshots("uids: [123], range: {start: 13, end: 27}").problems
        == ["dir/r.yaml:2:41: the session 'archive' has nothing to take pictures of in this range"])
    #expect(
      snapshots("uids: [123], at: [3, 4], name: \"a\"").problems
        == ["dir/r.yaml:2:52: two outputs are named 'a.jpg'; tell them apart by 'name'"])
  }
}
