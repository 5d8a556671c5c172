import Basics
import Foundation
import Posix
import TestSupport
import Testing

/// The built programs, on media that they recorded themselves.
@Suite(.serialized) struct ProgramTests {
  private let folder: TemporaryFolder
  private let archive: String

  init() throws {
    folder = try TemporaryFolder()
    let clip = try Clip(.h264, .aac, seconds: 3).make(in: folder.path)
    let record = try run(
      Products.rushes,
      [
        "record", "--channel", "class", "--source", "101=\(clip)", "--realtime", "--slice=1",
        "-o", folder.path("rec"),
      ])
    try #require(record.end.isSuccess, "\(record.standardError)")
    archive = String(record.standardOutput.dropLast())
    try #require(archive.hasPrefix(folder.path("rec/")) && isFolder(archive))
  }

  private func rushes(_ words: String...) throws -> (code: Int32?, out: String, error: String) {
    let result = try run(Products.rushes, words, folder: folder.path)
    return (result.end.exitCode, result.standardOutput, result.standardError)
  }

  @Test func whatIsRecordedIsInspectedMergedAndReported() throws {
    let sid = splitPath(archive).name
    let inspect = try rushes("inspect", archive, "--json")
    #expect(inspect.code == 0 && inspect.error.isEmpty)
    let tree = try JSONSerialization.jsonObject(with: Data(inspect.out.utf8)) as? [String: Any]
    #expect(tree?["sid"] as? String == sid && tree?["cname"] as? String == "class")
    let uids = tree?["uids"] as? [[String: Any]]
    #expect(uids?.map { $0["uid"] as? String } == ["101"])
    let tracks = uids?.first?["tracks"] as? [[String: Any]]
    #expect(tracks?.map { $0["type"] as? String } == ["audio", "video"])
    #expect(tracks?.last?["width"] as? Int == 320)
    #expect(try rushes("inspect", archive).out.contains("101  video  h264    320x176"))

    let name = "\(sid)_class__uid_s_101__uid_e_av.mp4"
    let plan = try rushes(
      "plan", "\(Repository.root)/recipes/after-session.yaml", "--session", archive, "--output",
      "out")
    #expect(plan.code == 0 && plan.out.contains("people  \(folder.path("out/\(name)"))"))
    #expect(!isFolder(folder.path("out")))
    let merge = try rushes(
      "run", "\(Repository.root)/recipes/after-session.yaml", "--session", archive, "-o", "out",
      "--json")
    #expect(merge.code == 0 && merge.error.isEmpty)
    let events = merge.out.split(separator: "\n").map(String.init)
    #expect(events.first == #"{"event":"start","steps":1,"outputs":1}"#)
    #expect(events.last == #"{"event":"done","code":0}"#)
    let output = #"{"event":"output","path":"\#(folder.path("out/\(name)"))","duration":"#
    #expect(events.contains { $0.hasPrefix(output) })
    let probe = try Probe(folder.path("out/\(name)"))
    #expect(probe.codec("video") == "h264" && probe.codec("audio") == "aac")
    #expect(abs(probe.duration - 3) < 0.15)
    #expect(fileExists(folder.path("out/rushes-report.json")))
  }

  @Test func oneFileOfItsOwnName() throws {
    let merge = try rushes("merge", archive, "-o", "talk.mkv")
    #expect(merge.code == 0 && merge.out.hasPrefix(folder.path("talk.mkv")))
    #expect(try Probe(folder.path("talk.mkv")).format.contains("matroska"))
    #expect(fileExists(folder.path("talk.mkv.report.json")))
    let wrong = try rushes("merge", archive, "-o", "talk.webm")
    #expect(wrong.code == 65)
    #expect(
      wrong.error == """
        rushes merge: --format webm cannot hold 'aac' and 'h264' of uid '101'; choose 'mp4'
        1 problem; nothing was run

        """)
    let uid = try rushes("merge", archive, "-o", "x", "--uids", "102")
    #expect(uid.code == 65)
    #expect(
      uid.error == """
        rushes merge: --uids: unknown uid '102' (did you mean '101'?)
        1 problem; nothing was run

        """)
  }

  @Test(
    arguments: [
      ("0", #"^101_\d{17}_av\.mp4$"#, ["audio", "video"]),
      ("1", #"^101_0_merge_av\.mp4$"#, ["audio", "video"]),
      ("2", #"^101_0_merge\.m4a$"#, ["audio"]), ("3", #"^101_0_merge\.mp4$"#, ["video"]),
    ] as [(String, String, [String])])
  func mergeFiles(mode: String, name: String, kinds: [String]) throws {
    let before = Set(try listFolder(archive))
    let merge = try run(Products.mergeFiles, ["-f", archive, "-m", mode, "-u", "101"])
    #expect(merge.end.isSuccess, "\(merge.standardError)")
    let new = try listFolder(archive).filter { !before.contains($0) }
    let media = new.filter { $0.range(of: name, options: .regularExpression) != nil }
    #expect(media.count == 1)
    let file = try #require(media.first)
    #expect(Set(new) == [file, "convert-done.txt", "convert.log", "rushes-report.json", ".rushes"])
    #expect(try Files.text("\(archive)/convert-done.txt") == "\(file)\n")
    #expect(try Files.text("\(archive)/convert.log").hasPrefix("\(file) 3.0"))
    #expect(try Set(Probe("\(archive)/\(file)").streams.map(\.kind)) == Set(kinds))
  }

  @Test func mergeFilesNamesItsResult() throws {
    let merge = try run(Products.mergeFiles, ["-f", archive, "-m1", "-u", "101", "-o", "a${uid}"])
    #expect(merge.end.isSuccess, "\(merge.standardError)")
    #expect(fileExists("\(archive)/a${uid}.mp4"))
  }

  @Test func exitCodesAndOutputsThatCannotBeWritten() throws {
    #expect(try rushes("inspect", "/nowhere").code == 66)
    #expect(try rushes("inspect", "/nowhere").error.hasPrefix("/nowhere: cannot open: "))
    #expect(try rushes("run", "/nowhere.yaml").code == 66)
    #expect(try rushes("repair", archive).code == 0)
    let full = try run("sh", ["-c", "\(shellQuoted(Products.rushes)) --help > /dev/full"])
    #expect(full.end.exitCode == 74)
    let pipe = try run(
      "sh", ["-c", "\(shellQuoted(Products.rushes)) inspect \(shellQuoted(archive)) --slices | :"])
    #expect(pipe.standardError.isEmpty)
  }
}
