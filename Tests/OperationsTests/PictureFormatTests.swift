import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

struct OddPicture: CustomStringConvertible, Sendable {
  let description: String
  /// What the `ffmpeg` program makes of a white square, 96 pixels wide, on a canvas of blue.
  let options: [String]
  /// The size that comes out.
  let size: PixelSize
  /// The tags of colour that come out.
  let colours: String

  static let all = [
    OddPicture(
      description: "odd size", options: ["-vf", "format=yuv444p,crop=161:97:0:0"],
      size: PixelSize(width: 162, height: 98), colours: "unknown,unknown,unknown,unknown"),
    OddPicture(
      description: "10 bits", options: ["-vf", "format=yuv422p10le"],
      size: PixelSize(width: 192, height: 128), colours: "unknown,unknown,unknown,unknown"),
    OddPicture(
      description: "full range",
      options: ["-vf", "scale=out_range=full,format=yuv420p", "-color_range", "pc"],
      size: PixelSize(width: 192, height: 128), colours: "unknown,unknown,unknown,unknown"),
    OddPicture(
      description: "BT.709",
      // The program's own options of these names do nothing with FFmpeg 7.
      options: [
        "-vf",
        "scale=out_color_matrix=bt709,format=yuv420p,setparams=range=tv:colorspace=bt709"
          + ":color_primaries=bt709:color_trc=bt709",
      ],
      size: PixelSize(width: 192, height: 128), colours: "tv,bt709,bt709,bt709"),
    OddPicture(
      description: "wide pixels", options: ["-vf", "scale=96:128,setsar=2,format=yuv420p"],
      size: PixelSize(width: 192, height: 128), colours: "unknown,unknown,unknown,unknown"),
    OddPicture(
      description: "a single pixel", options: ["-vf", "scale=1:1,format=yuv444p"],
      size: PixelSize(width: 16, height: 16), colours: "unknown,unknown,unknown,unknown"),
  ]
}

/// Pictures that are not what encoders take.
@Suite struct PictureFormatTests {
  @Test(arguments: OddPicture.all)
  func comesOutInUsualFormWithTheRightColours(_ picture: OddPicture) throws {
    let folder = try TemporaryFolder()
    let source = folder.path("source.mp4")
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "color=0x2040c0:s=192x128:r=10:d=1"]
        + ["-sws_flags", "accurate_rnd"] + picture.options
        + ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "5", source])
    let (path, report) = try transcodeFirst(
      try openSession(at: source), into: folder, quickly { $0.crf = 5 })
    #expect(report.losses.isEmpty)
    #expect(report.picturesEncoded == 10)
    let facts = try output(
      of: "ffprobe",
      ["-v", "error", "-select_streams", "v", "-of", "csv=p=0", "-show_entries"]
        + [
          "stream=pix_fmt,width,height,sample_aspect_ratio,color_range,color_space,color_transfer"
            + ",color_primaries", path,
        ]
    ).split(whereSeparator: \.isNewline).first
    let size = picture.size
    #expect(
      facts.map(String.init) == "\(size.width),\(size.height),1:1,yuv420p,\(picture.colours)")
    // The middle has the colour that it had.
    let child = try ChildProcess(
      "ffmpeg",
      ["-nostdin", "-v", "error", "-i", path, "-frames:v", "1", "-vf", "crop=2:2,format=rgb24"]
        + ["-f", "rawvideo", "pipe:1"])
    #expect(try child.wait(seconds: 60).isSuccess)
    let pixel = child.standardOutputBytes.prefix(3).map { Int($0) }
    // Two conversions of rounded numbers, and the loss of the encoders.
    #expect(zip(pixel, [0x20, 0x40, 0xc0]).allSatisfy { abs($0 - $1) <= 6 }, "\(pixel)")
  }

  @Test func aHundredSizesInTenSecondsMakeThreeHundredPictures() throws {
    let folder = try TemporaryFolder()
    var list = ""
    for (index, size) in ["96x64", "64x96"].enumerated() {
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=\(size):r=30:d=0.1"]
          + ["-c:v", "libvpx", "-deadline", "realtime", folder.path("\(index).webm")])
    }
    for index in 0..<100 { list += "file '\(index % 2).webm'\nduration 0.1\n" }
    let source = folder.path("many.webm")
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "concat", "-i", try folder.write("list", list)]
        + ["-c", "copy", source])
    let (path, report) = try transcodeFirst(
      try openSession(at: source), into: folder, quickly { $0.fps = 30 })
    #expect(report.losses.isEmpty)
    #expect(report.picturesDecoded >= 300)
    #expect(report.picturesEncoded == 300)
    let times = try PacketTimes(.video, of: path).times.sorted()
    #expect(times.count == 300)
    #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 1.0 / 30) < 0.001 })
    let probe = try #require(try Probe(path).streams.first)
    #expect((probe.width, probe.height) == (96, 64))
    #expect(try Content(path).complaints.isEmpty)
  }
}
