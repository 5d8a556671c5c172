import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// A session with everything that goes wrong: a failover recorder that overlaps, a backup index, a
/// user who went to a browser, and slices that are missing, empty and cut off.
@Suite struct HardSessionTests {
  @Test func oneFileHasEverySecondButWhatIsMissing() throws {
    let folder = try TemporaryFolder()
    let archive = folder.path("archive")
    var native = MadeSender("7", [.init(start: 0, slices: 4)])
    (native.length, native.frameRate) = (8, 10)
    native.jitter = 0.02
    native.damage = [1: .missing]
    // The failover recorder took over while the first was still there.
    var failover = native
    failover.presences = [.init(start: 24, slices: 3)]
    (failover.backup, failover.damage, failover.firstTimestamp) = (0, [:], 5000)
    // Then the user came from a browser: one slice is empty, one cut off in its middle.
    var web = native
    (web.video, web.audio, web.firstTimestamp) = (.vp8, .opus, 0)
    web.presences = [.init(start: 48, slices: 4)]
    web.damage = [1: .empty, 3: .truncated]
    let made = try SessionMaker.make([native], in: archive, seed: 3)
    _ = try SessionMaker.make([failover], in: archive, seed: 4)
    let other = try SessionMaker.make([web], in: folder.path("web"), seed: 5)
    for slice in other.slices where fileExists(slice.path) {
      try writeFile("\(archive)/\(splitPath(slice.path).name)", try readFile(slice.path))
    }
    for kind in ["audio", "video"] {
      let stem = "\(archive)/\(made.sid)_\(made.cname)__uid_s_7__uid_e_\(kind)"
      try joinIndexes(stem, kind, isVideo: kind == "video", other, folder: folder.path("web"))
      // What was uploaded last lies in a backup index; the plain one is an old, short one.
      let whole = try readFile("\(stem).m3u8")
      try writeFile("\(stem)_123456_2.m3u8", whole)
      try writeFile("\(stem).m3u8", whole.prefix(whole.count / 3))
    }
    let session = try openSession(at: archive)
    #expect(session.problems.filter(\.isLoss).count >= 4)
    #expect(session.participants.count == 1)
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4)
    let content = try Content(path)
    // 8 to 16 and 56 to 64 s are lost; the last slice ends in its midst.
    let seconds = content.flashes.map { Int($0.rounded()) }
    #expect(seconds == seconds.sorted() && Set(seconds).count == seconds.count)
    let whole = Array(0..<8) + Array(16..<56) + Array(64..<72)
    #expect(Set(whole).isSubset(of: seconds))
    #expect(Set(seconds).isDisjoint(with: Array(8..<16) + Array(56..<64)))
    #expect(try #require(content.largestOffset) <= Content.promisedOffset + 0.02)
    #expect(report.picturesEncoded > 0)
    #expect(report.encoded.allSatisfy { $0.start.seconds > 47 })
  }

  /// Lists the slices of another archive behind those of an index.
  private func joinIndexes(
    _ stem: String, _ kind: String, isVideo: Bool, _ other: MadeSession, folder: String
  ) throws {
    let text = String(decoding: try readFile("\(stem).m3u8"), as: UTF8.self)
    let index = try listFolder(folder).first { $0.hasSuffix("_\(kind).m3u8") } ?? ""
    let more = String(decoding: try readFile("\(folder)/\(index)"), as: UTF8.self)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#EXT-X-ENDLIST") }
    let added = more.split(separator: "\n").dropFirst(3)
    try writeFile("\(stem).m3u8", ((lines + added).joined(separator: "\n") + "\n").utf8)
  }
}
