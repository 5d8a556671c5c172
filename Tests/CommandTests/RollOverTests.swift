import Basics
import Posix
import TestSupport
import Testing

/// Files that end where they would become too long or too large.
@Suite struct RollOverTests {
  /// 30 s that no encoder makes small.
  private func noise(in folder: TemporaryFolder) throws -> String {
    let path = folder.path("noise.mp4")
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"]
        + ["testsrc2=s=160x96:r=20:d=30,noise=alls=60:allf=t", "-c:v", "libx264", "-preset"]
        + ["ultrafast", "-b:v", "900k", "-maxrate", "900k", "-bufsize", "450k", "-g", "20", path])
    return path
  }

  @Test(arguments: [[], ["--video-crf", "10", "--video-preset", "ultrafast"]])
  func noFileIsLargerThanAsked(options: [String]) throws {
    let folder = try TemporaryFolder()
    let out = folder.path("out")
    try output(
      of: Products.rushes,
      ["transcode", try noise(in: folder), "-o", out, "--max-size", "1000000"] + options)
    let files = try listFolder(out).filter { $0.hasSuffix(".mp4") }.sorted()
    #expect(files.count >= 2)
    #expect(files.contains("noise.mp4") && files.contains("noise_1.mp4"))
    var pictures = 0
    for file in files {
      #expect(try #require(fileSize(joinPath(out, file))) <= 1_000_000, "\(file)")
      pictures += try PacketTimes(.video, of: joinPath(out, file)).times.count
    }
    // A file that does not begin with a picture of its own begins with the one that is seen.
    #expect((600..<600 + files.count).contains(pictures))
  }

  @Test func aLongFileIsFollowedByAnother() throws {
    let folder = try TemporaryFolder()
    let out = folder.path("out")
    try output(
      of: Products.rushes,
      ["transcode", try noise(in: folder), "-o", out, "--max-duration", "12"])
    let lengths = try ["noise.mp4", "noise_1.mp4", "noise_2.mp4"].map {
      try Probe(joinPath(out, $0)).duration
    }
    #expect(lengths.map { ($0 * 20).rounded() } == [240, 240, 120])
    #expect(try Files.text(joinPath(out, "rushes-report.json")).contains("\"picturesEncoded\": 0"))
  }
}
