import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

@Suite struct IndexTests {
  @Test func aMergedPlaylistListsWhatThereIs() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 2), .init(start: 40, slices: 2)])
    (sender.length, sender.frameRate) = (8, 10)
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    let session = try openSession(at: made.folder)
    try makeFolder(folder.path("out"))
    let path = folder.path("out/all.m3u8")
    let report = try merged(session, into: path, .m3u8)
    #expect(report.picturesEncoded == 0)
    let names = try listFolder(folder.path("out")).sorted()
    #expect(names == ["all.m3u8", "all_audio.m3u8", "all_video.m3u8"])
    let output = Output(
      path: path, container: .m3u8, uids: ["7"],
      stretch: Stretch(start: .zero, end: session.duration))
    let listed = output.lists(of: output.sources(of: session, .both))
    #expect(listed.map { splitPath($0).name } == Array(names.dropFirst()))
    let text = String(decoding: try readFile(folder.path("out/all_video.m3u8")), as: UTF8.self)
    guard case .media(let playlist) = Playlist.parse(text).playlist else {
      Issue.record("no media playlist")
      return
    }
    #expect(playlist.isEnded)
    #expect(playlist.entries.count == 4)
    #expect(playlist.entries.map(\.isDiscontinuous) == [false, false, true, false])
    #expect(playlist.entries.allSatisfy { $0.media.uri.hasPrefix("../archive/") })
    let starts = playlist.entries.compactMap { $0.utc.map { ($0 - session.start).seconds } }
    #expect(starts.map { $0.rounded() } == [0, 8, 40, 48])
    // What is read back is the same session, and a player finds all pictures and beeps.
    let again = try openSession(at: path)
    #expect(again.participants.first?.tracks.map(\.slices.count) == [4, 4])
    #expect(again.participants.first?.tracks.map(\.gaps.count) == [1, 1])
    #expect(try Content(path, options: ["-allowed_extensions", "ALL"]).pictures.count == 320)
  }

  @Test func aMergedPresentationHasAPeriodForEachSetOfParameters() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 4)])
    (sender.length, sender.frameRate, sender.video, sender.audio) = (8, 10, .vp8, .opus)
    sender.sizes = [2: (96, 64)]
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    let session = try openSession(at: made.folder)
    let path = folder.path("all.mpd")
    _ = try merged(session, into: path, .mpd)
    let again = try openSession(at: path)
    let video = try #require(again.participants.first?.video)
    #expect(video.slices.count == 4)
    #expect(video.formats.map(\.width) == [64, 96])
    #expect(video.slices.map { $0.start.seconds.rounded() } == [0, 8, 16, 24])
    let text = String(decoding: try readFile(path), as: UTF8.self)
    #expect(text.components(separatedBy: "<Period ") == 2)
  }
}

extension String {
  fileprivate func components(separatedBy word: String) -> Int {
    var (count, rest) = (0, self[...])
    while let range = rest.firstRange(of: word) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
