import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// Stretches that begin or end inside groups of pictures, and are copied all the same.
@Suite struct CutTests {
  @Test(arguments: [0, 2])
  func onlyWhatACutPartsIsEncoded(bFrames: Int) throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, .aac, seconds: 12)
    (clip.width, clip.height, clip.bFrames) = (160, 96, bFrames)
    let session = try openSession(at: try clip.make(in: folder.path))
    // Both ends lie in the middle of a group of a second; the last is between two that change
    // places where there are such.
    let stretch = Stretch(start: MediaTime(seconds: 2.5), end: MediaTime(seconds: 9.4))
    let (path, report) = try transcodeFirst(
      session, into: folder, TranscodeOptions(), over: stretch)
    #expect(report.picturesEncoded == (bFrames == 0 ? 15 : 27))
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 207)
    #expect(content.flashes.map { ($0 * 2).rounded() / 2 } == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5])
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(abs(try Probe(path).duration - 6.9) <= 1.0 / 30)
  }

  @Test func aShortTurnIsEncodedAmongWhatIsCopied() throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, nil, seconds: 12)
    (clip.width, clip.height) = (160, 96)
    var session = try openSession(at: try clip.make(in: folder.path))
    session.participants[0].video?.rotations = [
      Rotation(time: session.start + MediaTime(seconds: 5), degrees: 90),
      Rotation(time: session.start + MediaTime(seconds: 6), degrees: 0),
    ]
    let (path, report) = try transcodeFirst(session, into: folder, TranscodeOptions())
    #expect(report.picturesEncoded == 30)
    #expect(report.encoded.map { $0.start.seconds.rounded() } == [5])
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 360)
  }

  @Test(arguments: ["mp4", "mkv", "ts", "flv"])
  func aLongFileIsReadFromWhereItIsNeeded(ending: String) throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, nil, seconds: 90)
    (clip.width, clip.height, clip.frameRate, clip.bFrames) = (96, 64, 10, 2)
    // A group of pictures is longer than the first step back.
    clip.gop = 150
    let source = folder.path("source.\(ending)")
    try clip.make(at: source)
    let session = try openSession(at: source)
    let (path, report) = try transcodeFirst(session, into: folder, quickly { $0.crf = 0 })
    #expect(report.losses.isEmpty)
    #expect(report.picturesEncoded == 900)
    // Each of five later parts begins at a key frame that is listed, or at most two groups before its
    // first picture.
    let listsKeys = ending == "mp4" || ending == "mkv"
    #expect(report.picturesDecoded < 900 + 5 * (listsKeys ? 10 : 300))
    // Quality 0 loses nothing.
    #expect(try pictureHashes(["-i", path]) == pictureHashes(["-i", source]))
  }
}
