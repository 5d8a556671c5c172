import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// Files that are large, or last for long.
@Suite struct LargeFileTests {
  /// A list that names one slice so often that the merged file has more than 64 MiB.
  private func session(_ folder: TemporaryFolder, frameRate: Int) throws -> (Session, count: Int) {
    let slice = folder.path("slice.ts")
    // Many small pictures need a longer index than a few large ones.
    let (size, quality) = frameRate > 100 ? ("64x64", 32) : ("640x368", 2)
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-f", "lavfi", "-i"]
        + ["nullsrc=s=\(size):r=\(frameRate):d=2,noise=all_seed=1:alls=100:allf=t,format=yuv420p"]
        + ["-c:v", "libx264", "-preset", "ultrafast", "-qp", "\(quality)"]
        + ["-bf", "0", "-g", "\(frameRate)", slice])
    let bytes = try #require(fileSize(slice))
    let count = Int((70 << 20) / bytes) + 1
    var list = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n"
    for _ in 0..<count { list += "#EXT-X-DISCONTINUITY\n#EXTINF:2.0,\nslice.ts\n" }
    let index = folder.path("list.m3u8")
    try writeFile(index, (list + "#EXT-X-ENDLIST\n").utf8)
    return (try openSession(at: index), count)
  }

  /// The index stands in front also where room was kept for it, and where that was too small.
  @Test(arguments: [30, 600]) func theIndexOfALargeFileStandsInFront(frameRate: Int) throws {
    let folder = try TemporaryFolder()
    let (session, count) = try session(folder, frameRate: frameRate)
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4)
    #expect(report.picturesEncoded == 0)
    let boxes = try topBoxes(of: path)
    #expect(boxes.map(\.name).filter { $0 != "free" } == ["ftyp", "moov", "mdat"])
    let unused = boxes.filter { $0.name == "free" }.map(\.size).reduce(0, +)
    #expect((unused > 64) == (frameRate == 30))
    // The room that is left is little beside the file.
    #expect(unused < (try #require(boxes.last)).size / 100)
    let times = try PacketTimes(.video, of: path).times
    #expect(times.count == count * 2 * frameRate)
  }

  /// MP4 cannot count ten hours from one picture to the next in ticks of 90 kHz.
  @Test(arguments: [Container.mp4, .mkv]) func aGapMayLastForHours(_ container: Container) throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 1), .init(start: 36_000, slices: 1)])
    (sender.length, sender.frameRate, sender.audio) = (8, 10, nil)
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    let path = folder.path("merged.\(container.rawValue)")
    _ = try merged(try openSession(at: made.folder), into: path, container)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 160)
    let there = Array(0..<8) + Array(36_000..<36_008)
    #expect(content.flashes.map { Int($0.rounded()) } == there)
    #expect(content.flashes.allSatisfy { abs($0 - $0.rounded()) <= Content.flashTolerance })
    #expect(abs(try Probe(path).duration - 36_008) < 0.05)
  }
}

/// The boxes that an MP4 is made of (ISO 14496-12), without those inside.
private func topBoxes(of path: String) throws -> [(name: String, size: Int64)] {
  let file = try FileReader(path)
  var boxes: [(name: String, size: Int64)] = []
  var offset: Int64 = 0
  while offset + 16 <= file.size {
    let head = try file.read(at: offset, count: 16)
    func number(_ range: Range<Int>) -> Int64 { head[range].reduce(0) { $0 << 8 | Int64($1) } }
    let size = number(0..<4) == 1 ? number(8..<16) : number(0..<4)
    boxes.append((String(decoding: head[4..<8], as: UTF8.self), size))
    guard size >= 8 else { break }
    offset += size
  }
  return boxes
}
