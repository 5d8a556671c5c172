import Basics
import Slices
import TestSupport
import Testing

extension LiveTests {
  @Suite struct FileSourceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func record(_ path: String) throws -> RunResult {
      try run(
        Products.rushes,
        ["record", "--channel", "c", "--source", "7=\(path)", "-o", folder.path("archive")])
    }

    @Test func picturesAfterASilenceStayWithTheirKeyFrame() throws {
      var clip = Clip(.h264, nil, seconds: 10)
      clip.gop = 300
      let whole = try clip.make(in: folder.path)
      // Three seconds in the middle of the only GOP never came.
      let holed = folder.path("holed.ts")
      try output(
        of: "ffmpeg",
        ["-v", "error", "-i", whole, "-c", "copy", "-bsf:v", "noise=drop='between(n,90,179)'"]
          + [holed])
      #expect(try record(holed).end.isSuccess)
      let archive = try Archived(below: folder.path("archive"))
      #expect(archive.slices("7", .video).count == 1)
      try archive.checkSlices()
      let times = try PacketTimes(.video, of: archive.slices("7", .video)[0]).times
      #expect(times.count == 210)
      let steps = zip(times.dropFirst(), times).map { $0 - $1 }
      #expect(abs((steps.max() ?? 0) - 91.0 / 30) < 0.002)
      #expect(steps.filter { $0 > 0.1 }.count == 1)
    }

    @Test(arguments: [30.0, 0.3])
    func aBareStreamIsRefused(seconds: Double) throws {
      let clip = try Clip(.h264, nil, seconds: seconds).make(in: folder.path)
      let bare = folder.path("bare.h264")
      try output(of: "ffmpeg", ["-v", "error", "-i", clip, "-c", "copy", bare])
      let result = try record(bare)
      #expect(result.end.exitCode == 69)
      #expect(
        result.standardError.contains(
          "7: cannot record \(bare): its packets have no times; bring it into a container first, "
            + "such as TS or MP4\n"), "\(result.standardError)")
      #expect(try Files.below(folder.path("archive")) == [])
    }
  }
}
