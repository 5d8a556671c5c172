import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// Tracks that change in their midst: what is alike is copied, the rest is encoded.
@Suite struct ChangeTests {
  /// Five slices of 8 s, the third of which is made otherwise.
  private func session(
    _ folder: TemporaryFolder, _ change: (inout MadeSender) -> Void
  ) throws -> Session {
    var sender = MadeSender("7", [.init(start: 0, slices: 5)])
    (sender.length, sender.frameRate) = (8, 10)
    (sender.width, sender.height) = (128, 64)
    change(&sender)
    let made = try SessionMaker.make([sender], in: folder.path("archive"))
    return try openSession(at: made.folder)
  }

  private func check(_ path: String, _ report: OutputReport, seconds: Int) throws {
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == seconds * 10)
    #expect(content.flashes.map { Int($0.rounded()) } == Array(0..<seconds))
    #expect(content.beeps.map { Int($0.rounded()) } == Array(0..<seconds))
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(report.picturesEncoded == 80)
    #expect(report.encoded.map { Int($0.start.seconds.rounded()) } == [16])
    #expect(report.encoded.map { Int($0.end.seconds.rounded()) } == [24])
    #expect(report.copied.map { Int($0.start.seconds.rounded()) } == [0, 24])
  }

  @Test func whatATranscodedFileHadEncodedIsNotToldAsCopied() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) {
      $0.presences = [.init(start: 0, slices: 6)]
      $0.sizes = [2: (128, 96), 3: (128, 64)]
    }
    let (_, report) = try transcodeFirst(session, into: folder, TranscodeOptions())
    #expect(report.picturesEncoded == 80)
    func seconds(_ stretches: [Stretch]) -> [[Int]] {
      stretches.map { [$0.start, $0.end].map { Int($0.seconds.rounded()) } }
    }
    #expect(seconds(report.encoded) == [[16, 24]])
    #expect(seconds(report.copied) == [[0, 16], [24, 48]])
    // Sound that is copied beside pictures that are not makes no stretch a copied one.
    let (_, small) = try transcodeFirst(
      session, into: folder, quickly { $0.height = 32 }, name: "small")
    #expect(seconds(small.encoded) == [[0, 48]] && small.copied == [])
  }

  @Test(arguments: [
    (VideoCodec.h264, Container.mp4), (.h264, .mkv), (.h264, .ts), (.vp8, .webm), (.h265, .mp4),
    (.vp9, .webm),
  ])
  func onlyAnotherSizeIsEncoded(_ codec: VideoCodec, _ container: Container) throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) {
      $0.video = codec
      $0.audio = [.h264, .h265].contains(codec) ? .aac : .opus
      $0.sizes = [2: (128, 96), 3: (128, 64)]
    }
    #expect(session.participants.first?.video?.formats.count == 2)
    let path = folder.path("merged.\(container.rawValue)")
    let report = try merged(session, into: path, container)
    if container == .ts {
      #expect(report.picturesEncoded == 80)
      #expect(try Content(path).pictures.count == 400)
      return
    }
    try check(path, report, seconds: 40)
    // The picture of another shape stands in the middle: what flashes is no wider than it.
    #expect(try luma(path, at: 18.05, x: 64, y: 20) > 200)
    #expect(try luma(path, at: 18.05, x: 8, y: 20) < 40)
    #expect(try luma(path, at: 10.05, x: 8, y: 20) > 200)
  }

  @Test func ofTenMinutesOnlyTheTwentySecondsOfAnotherSizeAreEncoded() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) {
      $0.presences = [.init(start: 0, slices: 30)]
      ($0.length, $0.frameRate, $0.audio) = (20, 10, nil)
      $0.sizes = [12: (128, 96), 13: (128, 64)]
    }
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4)
    #expect(report.picturesEncoded == 200)
    #expect(report.encoded.map { Int($0.start.seconds.rounded()) } == [240])
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 6000)
    #expect(content.flashes.map { Int($0.rounded()) } == Array(0..<600))
    #expect(content.flashes.allSatisfy { abs($0 - $0.rounded()) <= Content.flashTolerance })
  }

  @Test func aTurnedStretchStandsUpright() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) {
      $0.rotations = [0: 0, 2: 180, 3: 0]
    }
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4)
    try check(path, report, seconds: 40)
    // The strip that never flashes lies below, and above where the picture is upside down.
    #expect(try luma(path, at: 10.05, x: 64, y: 4) > 200)
    #expect(try luma(path, at: 18.05, x: 64, y: 60) > 200)
  }

  @Test func aTurnOfTheWholeTrackIsLeftToThePlayer() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) { $0.rotations = [0: 90] }
    let mp4 = folder.path("merged.mp4")
    #expect(try merged(session, into: mp4, .mp4).picturesEncoded == 0)
    let mkv = folder.path("merged.mkv")
    let report = try merged(session, into: mkv, .mkv)
    #expect(report.picturesEncoded == 400)
    #expect(try Probe(mkv).streams.first { $0.kind == "video" }?.width == 64)
    #expect(try Content(mkv).pictures.count == 400)
  }

  @Test func soundOfAnotherCodecIsEncodedAmongTheRest() throws {
    let folder = try TemporaryFolder()
    var first = MadeSender("7", [.init(start: 0, slices: 2), .init(start: 24, slices: 2)])
    (first.length, first.video) = (8, nil)
    var second = MadeSender("7", [.init(start: 16, slices: 1)])
    (second.length, second.video, second.audio) = (8, nil, .opus)
    for (name, codecs) in [("mp4", (AudioCodec.aac, AudioCodec.opus)), ("webm", (.opus, .aac))] {
      (first.audio, second.audio) = codecs
      let made = try SessionMaker.make([first], in: folder.path(name), style: .lost)
      let other = try SessionMaker.make([second], in: folder.path("other-\(name)"), style: .lost)
      for slice in other.slices {
        let file = slice.path.split(separator: "/").last.map(String.init) ?? ""
        try writeFile("\(made.folder)/\(file)", try readFile(slice.path))
      }
      let session = try openSession(at: made.folder)
      let path = folder.path("merged.\(name)")
      let report = try merged(session, into: path, name == "mp4" ? .mp4 : .webm)
      #expect(report.encoded.map { Int($0.start.seconds.rounded()) } == [16])
      #expect(report.encoded.map { Int($0.end.seconds.rounded()) } == [24])
      let content = try Content(path)
      #expect(content.complaints.isEmpty)
      let beeps = content.beeps
      #expect(beeps.map { Int($0.rounded()) } == Array(0..<40))
      #expect(beeps.allSatisfy { abs($0 - $0.rounded()) <= Content.promisedOffset })
    }
  }

  @Test func aRangeBeginsWithThePictureItAsksFor() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder) { _ in }
    let path = folder.path("merged.mp4")
    let stretch = Stretch(start: MediaTime(seconds: 3.4), end: MediaTime(seconds: 10))
    let report = try merged(session, into: path, .mp4, stretch: stretch)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.map { (($0 + 3.4) * 10).rounded() / 10 } == [4, 5, 6, 7, 8, 9])
    #expect(try #require(content.pictures.first) < 0.01)
    #expect(report.picturesEncoded == 6)
    #expect(content.pictures.count == 66)
  }

  @Test func aUserWhoWentToABrowserComesOutAsOneFile() throws {
    let folder = try TemporaryFolder()
    var native = MadeSender("7", [.init(start: 0, slices: 3)])
    (native.length, native.frameRate) = (8, 10)
    var web = native
    (web.video, web.audio) = (.vp8, nil)
    web.presences = [.init(start: 24, slices: 1)]
    native.presences = [.init(start: 0, slices: 3), .init(start: 32, slices: 1)]
    let made = try SessionMaker.make([native], in: folder.path("archive"))
    // The index of the pictures of the same user is one; its slices go beside.
    let other = try SessionMaker.make([web], in: folder.path("other"))
    for slice in other.slices {
      let name = slice.path.split(separator: "/").last.map(String.init) ?? ""
      try writeFile(folder.path("archive/\(name)"), try readFile(slice.path))
    }
    let session = try openSession(at: made.folder)
    let codecs = session.participants.first?.video?.formats.map(\.codec)
    #expect(codecs == ["h264", "vp8"])
    let path = folder.path("merged.mp4")
    let report = try merged(session, into: path, .mp4)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.map { Int($0.rounded()) } == Array(0..<40))
    #expect(report.picturesEncoded == 80)
  }
}

/// The brightness of a pixel of the picture that is shown at a time.
private func luma(_ path: String, at seconds: Double, x: Int, y: Int) throws -> Int {
  let child = try ChildProcess(
    "ffmpeg",
    ["-nostdin", "-v", "error", "-i", path, "-vf"]
      + ["trim=start=\(seconds - 0.1),crop=1:1:\(x):\(y):exact=1,format=gray"]
      + ["-frames:v", "1", "-f", "rawvideo", "pipe:1"])
  _ = try child.wait(seconds: 60)
  return child.standardOutputBytes.first.map(Int.init) ?? -1
}
