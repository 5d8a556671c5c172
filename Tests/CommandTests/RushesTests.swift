import Basics
import Foundation
import Posix
import TestSupport
import Testing

@testable import Commands

private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path()

/// Calls `body` with the path of a file of this text, and removes it.
private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let file = folder.appending(path: "r.yaml")
  try text.write(to: file, atomically: true, encoding: .utf8)
  try body(file.path())
}

@Suite struct RushesTests {
  @Test func aloneItShowsItsUsage() {
    let alone = rushes()
    #expect(alone.code == 64 && alone.out.isEmpty)
    #expect(alone.error == Rushes.overview)
    #expect(alone.error.contains("usage: rushes COMMAND [...]\n"))
    for help in [rushes("--help"), rushes("-h"), rushes("help")] {
      #expect(help == (0, Rushes.overview, ""))
    }
    #expect(rushes("--version") == (0, "rushes 0.1.0\n", ""))
  }

  @Test func everyCommandHasHelp() {
    for command in Rushes.commands {
      let name = command.name
      let help = rushes(name, "--help")
      #expect(help.code == 0 && help.error.isEmpty)
      #expect(help.out.hasPrefix("rushes \(name): \(command.summary)\n\nusage: rushes \(name)"))
      #expect(help.out.hasSuffix("\n") && !help.out.hasSuffix("\n\n"))
      #expect(help.out.split(separator: "\n").allSatisfy { $0.count <= 100 })
      #expect(rushes("help", name) == help && rushes(name, "a", "-h", "--x") == help)
      for option in command.options { #expect(help.out.contains(option.name)) }
    }
    #expect(
      rushes("help", "inspect").out == """
        rushes inspect: tells what a session holds: uids, tracks, gaps, codecs, problems

        usage: rushes inspect SESSION [options]

              --json    writes JSON, for scripts ('rushes schema inspect')
              --slices  lists every slice too
              --strict  takes missing or damaged media as an error (65)
          -h, --help    shows this help

        """)
  }

  @Test(arguments: [
    (["mrege"], "rushes: unknown command 'mrege' (did you mean 'merge'?)"),
    (["--verison"], "rushes: unknown option '--verison' (did you mean '--version'?)"),
    (["help", "xyzzy"], "rushes: unknown command 'xyzzy'"),
    (
      ["merge", "a", "--foramt", "x"],
      "rushes merge: unknown option '--foramt' (did you mean '--format'?)"
    ),
    (["merge", "-o", "x"], "rushes merge: SESSION is missing"),
    (["merge", "a", "b", "-o", "x"], "rushes merge: too many words: 'b'"),
    (["merge", "a"], "rushes merge: an output is missing: -o OUT"),
    (
      ["merge", "a", "-o", "x.mp4", "--format", "mkv"],
      "rushes merge: -o 'x.mp4' and --format mkv contradict each other"
    ),
    (["run"], "rushes run: RECIPE is missing"),
    (["run", "x", "--set", "a"], "rushes run: --set needs NAME=VALUE, found 'a'"),
    (["record", "--source", "1"], "rushes record: --source needs UID=URL, found '1'"),
    (["record", "--source", "1=x"], "rushes record: a channel is missing: --channel NAME"),
    (["record", "--channel", "a"], "rushes record: a source is missing: --source UID=URL"),
    (
      ["record", "r.yaml", "--slice", "3"], "rushes record: --slice and a recipe exclude each other"
    ),
    (["schema", "recipes"], "rushes schema: unknown schema 'recipes' (did you mean 'recipe'?)"),
  ])
  func wrongCommandLines(words: [String], message: String) {
    let capture = Capture()
    #expect(Rushes.run(words, capture.console()).rawValue == 64)
    let lines = capture.error.split(separator: "\n").map(String.init)
    #expect(lines.first == message && lines.count == 2 && capture.out.isEmpty)
    #expect(lines.last?.hasPrefix("usage: rushes") == true)
  }

  @Test func whatIsNotMadeYetSaysSo() {
    let compose = rushes("compose", "a", "--audio-bitrate", "64", "-o", "x")
    #expect(compose.code == 69)
    #expect(
      compose.error == """
        rushes compose: 'compose' is not available yet
        1 problem; nothing was run

        """)
  }

  @Test func optionsAreCheckedBeforeAnythingIsOpened() throws {
    try withFile("version: 1\nsession: nowhere\noutput: out\nsteps: [merge: ]") { file in
      let wrong = rushes("run", file, "--jobs", "0")
      #expect(wrong.code == 64 && wrong.error.hasPrefix("rushes run: --jobs must be a whole"))
    }
    let merge = rushes("merge", "/nowhere", "-o", "x", "--by", "user", "--uids", "")
    #expect(merge.code == 65)
    #expect(
      merge.error == """
        rushes merge: --by must be 'uid', 'segment' or 'session', found "user"
        rushes merge: --uids cannot hold the uid "": it is empty
        2 problems; nothing was run

        """)
    let record = rushes("record", "--channel", "a/b", "--source", "1=x", "--slice", "1m")
    #expect(record.code == 65)
    #expect(
      record.error == """
        rushes record: --slice must be a number of seconds, found "1m"
        rushes record: --channel cannot be "a/b": it contains '/'
        2 problems; nothing was run

        """)
  }

  @Test func checkTellsAllProblemsOfAllRecipes() throws {
    try withFile("version: 1\nsteps: [{merge: {by: x, uid: 1}}]\n") { path in
      let check = rushes("check", path, "\(root)recipes/after-session.yaml", "/nowhere.yaml")
      #expect(check.code == 65 && check.out.isEmpty)
      #expect(
        check.error
          == """
          \(path):2:22: 'by' must be 'uid', 'segment' or 'session', found "x"
          \(path):2:25: unknown key 'uid' in 'merge' (did you mean 'uids'?)
          /nowhere.yaml: cannot open: No such file or directory

          """.replacing("No such file or directory", with: noSuchFile))
      let json = rushes("check", "--json", path)
      #expect(json.code == 65 && json.error.isEmpty)
      #expect(
        json.out == """
          {"event":"error","message":"'by' must be 'uid', 'segment' or 'session', found \\"x\\"","file":"\(path)","line":2,"column":22}
          {"event":"error","message":"unknown key 'uid' in 'merge' (did you mean 'uids'?)","file":"\(path)","line":2,"column":25}
          {"event":"done","code":65}

          """)
    }
    #expect(rushes("check", "\(root)recipes/record.yaml") == (0, "", ""))
    #expect(rushes("check", "/nowhere.yaml").code == 66)
    try withFile("version: 1\nsteps: [compose: ]") { #expect(rushes("check", $0).code == 69) }
    try withFile("version: 1\nvars: {a: 1}\nsteps: [merge: {name: \"${a}${uid}\"}]") { path in
      #expect(rushes("check", path, "--set", "a=2") == (0, "", ""))
      #expect(
        rushes("check", path, "--set", "xyz=2").error
          == "rushes check: --set xyz: the recipe has no such variable\n")
    }
  }

  private var noSuchFile: String {
    let line = rushes("check", "/nowhere.yaml").error
    return String(line.dropFirst("/nowhere.yaml: cannot open: ".count).dropLast())
  }

  @Test func onATerminalTheLineIsShownWithACaret() throws {
    let text = """
      version: 1
      vars: {课: ä, lang: en}
      steps:
        - merge: {}
      """
    try withFile(text) { file in
      let capture = Capture()
      #expect(Rushes.run(["check", file], capture.console(width: 40)) == .data)
      #expect(
        capture.error == """
          \(file):2:8: '课' cannot be a variable's name; use letters, digits and '_'
            2 | vars: {课: ä, lang: en}
              |        ^

          """)
    }
    try withFile("version: 1\nsteps: [{merge: {name: 课堂, bye: uid}}]") { file in
      let capture = Capture()
      #expect(Rushes.run(["run", file], capture.console(width: 42)) == .data)
      #expect(
        capture.error == """
          \(file):2:28: unknown key 'bye' in 'merge' (did you mean 'by'?)
            2 | erge: {name: 课堂, bye: uid}}]
              |              \u{3000}\u{3000}  ^
          1 problem; nothing was run

          """)
      // Elsewhere there is only the line that programs look for.
      #expect(!rushes("check", file).error.contains("^"))
    }
    // A request's lines hold secrets.
    let request = #"{"cname": "c", "clientRequest": {"token": "S3CRET", "recordingConfig": 5}}"#
    try withFile(request) { file in
      let capture = Capture()
      #expect(Rushes.run(["check", file], capture.console(width: 80)) == .data)
      #expect(capture.error.contains("must be an object") && !capture.error.contains("S3CRET"))
    }
  }

  @Test func aRunSaysWhatItLacks() throws {
    try withFile("version: 1\nsteps: [merge: ]") { path in
      let run = rushes("run", path)
      #expect(run.code == 64)
      #expect(run.error.hasPrefix("rushes run: \(path) names no session; give --session SESSION\n"))
      let output = rushes("plan", path, "--session", "/nowhere")
      #expect(output.code == 64)
      #expect(
        output.error.hasPrefix("rushes plan: \(path) names no output; give --output FOLDER\n"))
      let record = rushes("record", path)
      #expect(record.code == 64)
      #expect(
        record.error.hasPrefix("rushes record: \(path) is not a recipe of one 'record' step\n"))
    }
    let record = "\(root)recipes/record.yaml"
    #expect(
      rushes("run", record).error
        == "\(record):18:5: 'record' is for 'rushes record'\n1 problem; nothing was run\n")
    try withFile("version: 1\nsteps: [{merge: {by: x}}]") { path in
      let run = rushes("run", path, "--session", "/nowhere", "--output", "/nowhere")
      #expect(run.code == 65 && run.error.hasSuffix("\n1 problem; nothing was run\n"))
    }
  }

  @Test(arguments: ["recipe", "report", "events", "inspect"])
  func schemasAreSchemas(name: String) throws {
    let schema = rushes("schema", name)
    #expect(schema.code == 0)
    let tree = try JSONSerialization.jsonObject(with: Data(schema.out.utf8)) as? [String: Any]
    #expect(tree?["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    #expect(tree?["type"] as? String == "object")
  }
}

@Suite struct MergeFilesTests {
  @Test func helpAndVersion() {
    let help = mergeFiles("-h")
    #expect(help.code == 0 && help.out.contains("usage: merge-files -f DIR [-m 0|1|2|3]"))
    #expect(mergeFiles("--version") == (0, "merge-files 0.1.0\n", ""))
  }

  @Test(
    arguments: [
      ([], 64, "merge-files: a folder is missing: -f DIR"),
      (["-f", "a", "-m", "7"], 64, "merge-files: -m must be 0, 1, 2 or 3, found '7'"),
      (["-f", "a", "-o", "x"], 64, "merge-files: -o needs -u"),
      (["-f", "a", "b"], 64, "merge-files: too many words: 'b'"),
      (["-f", "a", "-s"], 64, "merge-files: -s needs -m 1, 2 or 3"),
      (["-f", "a", "-t", "5"], 64, "merge-files: -t needs -b"),
      (["-f", "a", "-b", "1", "-c", "1000"], 64, "merge-files: -c and -b exclude each other"),
      (["-f", "a", "-p", "500"], 64, "merge-files: -p must be from 1 to 120, found '500'"),
      (
        ["-f", "a", "-r", "640", "x"], 64,
        "merge-files: -r must be two numbers of pixels, found '640 x'"
      ),
      (["-f", "a", "-c", "10"], 64, "merge-files: -c must be from 100 to 3600000, found '10'"),
    ] as [([String], Int32, String)])
  func wrongOptions(words: [String], code: Int32, message: String) {
    let capture = Capture()
    #expect(MergeFiles.run(words, capture.console()).rawValue == code)
    #expect(capture.error.split(separator: "\n").first.map(String.init) == message)
  }

  /// A user who was there from 0 to 16 s and from 40 to 56 s, and what is in DIR afterwards.
  private func products(_ words: [String]) throws -> [String: Double] {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 2), .init(start: 40, slices: 2)])
    (sender.length, sender.frameRate) = (8, 10)
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    let before = Set(try listFolder(made.folder))
    let capture = Capture()
    #expect(MergeFiles.run(["-f", made.folder] + words, capture.console()) == .done)
    #expect(capture.error.contains("warning") == false)
    var found: [String: Double] = [:]
    for name in try listFolder(made.folder)
    where !before.contains(name) && !name.hasPrefix(".") && !name.hasSuffix(".json") {
      let path = made.folder + "/" + name
      let isMedia = name.hasSuffix(".mp4") || name.hasSuffix(".m4a")
      found[name] = isMedia ? try Probe(path).duration.rounded() : 0
    }
    let done = String(decoding: try readFile(made.folder + "/convert-done.txt"), as: UTF8.self)
    for line in done.split(separator: "\n") { #expect(found[String(line)] != nil) }
    #expect(found.removeValue(forKey: "convert-done.txt") != nil)
    #expect(found.removeValue(forKey: "convert.log") != nil)
    return found
  }

  @Test func everyModeWritesItsNames() throws {
    #expect(
      try products([]) == [
        "7_20260301093000000_av.mp4": 16, "7_20260301093040000_av.mp4": 16,
      ])
    #expect(try products(["-m", "1"]) == ["7_0_merge_av.mp4": 56])
    #expect(try products(["-m", "1", "-s"]) == ["7_0_merge_av.mp4": 32])
    #expect(try products(["-m", "2"]) == ["7_0_merge.m4a": 56])
    #expect(try products(["-m", "3", "-u", "7", "-o", "x"]) == ["x.mp4": 56])
    #expect(
      try products(["-m", "1", "-a"]) == [
        "7_0_merge_av.mp4": 56, "7_20260301093000000.m4a": 56,
      ])
    #expect(
      try products(["-b", "10.5", "-t", "3.5"]) == ["7_0_merge_10.500_3.500_av.mp4": 4])
    let stem = "5ca1ab1e0ddba11c0ffee0fab1e5eed5_made_up__uid_s_7__uid_e_"
    #expect(try products(["-e"]) == [stem + "audio.m4a": 56, stem + "video.mp4": 56])
  }

  @Test func picturesAloneOfAnotherSizeAndRate() throws {
    #expect(try products(["-m", "3", "-p", "3", "-r", "96", "64"]) == ["7_0_merge.mp4": 56])
    #expect(
      try products(["-u", "7", "-o", "x.mp4", "-a"]) == [
        "x_20260301093000000.mp4": 16, "x_20260301093040000.mp4": 16,
        "7_20260301093000000.m4a": 16, "7_20260301093040000.m4a": 16,
      ])
  }

  /// What a browser sends is no MP4, but the files have the names that scripts look for.
  @Test func codecsThatMP4HasNotGotAreEncoded() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 1)])
    (sender.length, sender.frameRate, sender.video, sender.audio) = (8, 10, .vp8, .opus)
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    for (mode, name, kinds) in [
      ("1", "7_0_merge_av.mp4", ["audio", "video"]), ("2", "7_0_merge.m4a", ["audio"]),
      ("3", "7_0_merge.mp4", ["video"]),
    ] {
      let capture = Capture()
      #expect(MergeFiles.run(["-f", made.folder, "-m", mode], capture.console()) == .done)
      let probe = try Probe(made.folder + "/" + name)
      #expect(probe.streams.map(\.kind).sorted() == kinds)
      #expect(abs(probe.duration - 8) < 0.1)
    }
  }

  @Test func recordingsInOneFolderAreToldApart() throws {
    let folder = try TemporaryFolder()
    let archive = folder.path("archive")
    for (seconds, name) in [(1, "one"), (2, "two")] {
      var sender = MadeSender("7", [.init(start: 0, slices: 1)])
      (sender.length, sender.frameRate) = (4 * seconds, 10)
      let made = try SessionMaker.make([sender], in: folder.path(name), style: .lost)
      let sid = String(repeating: "\(seconds)", count: 32)
      try makeFolder(archive)
      for file in try listFolder(made.folder) {
        let other = sid + file.dropFirst(32).replacing("20260301", with: "2026030\(seconds)")
        try writeFile("\(archive)/\(other)", try readFile("\(made.folder)/\(file)"))
      }
    }
    let capture = Capture()
    #expect(MergeFiles.run(["-f", archive, "-m", "1"], capture.console()) == .done)
    #expect(abs(try Probe("\(archive)/7_0_merge_av.mp4").duration - 4) < 0.1)
    #expect(abs(try Probe("\(archive)/7_1_merge_av.mp4").duration - 8) < 0.1)
    // What was made lies in the same folder, and is no recording.
    #expect(MergeFiles.run(["-f", archive, "-m", "1"], capture.console()) == .done)
    let made = try listFolder(archive).filter { $0.hasSuffix(".mp4") }
    #expect(made == ["7_0_merge_av.mp4", "7_1_merge_av.mp4"])
  }

  @Test func picturesOfAnotherSizeAreEncodedAndSnapshotsTaken() throws {
    #expect(
      try products(["-m", "1", "-s", "-p", "5", "-r", "96", "64"]) == ["7_0_merge_av.mp4": 32])
    let found = try products(["-m", "1", "-c", "8000"])
    #expect(found["7_0_merge_av.mp4"] == 56)
    #expect(found["7_20260301093008000_1.jpg"] != nil)
  }
}
