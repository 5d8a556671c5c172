import TestSupport
import Testing

/// The measurement must be right before it can judge others.
@Suite(.serialized) struct ContentTests {
  @Test(arguments: [
    Clip(.h264, .aac, seconds: 4), Clip(.h265, .mp3, seconds: 3), Clip(.vp8, .opus, seconds: 4),
    Clip(.vp9, .vorbis, seconds: 3), Clip(.av1, .opus, seconds: 2), Clip(.h264, .g722, seconds: 3),
    Clip(nil, .pcmMuLaw, seconds: 3), Clip(nil, .pcmALaw, seconds: 3), Clip(.h264, nil, seconds: 3),
  ])
  func `Flashes and beeps lie at the full seconds`(clip: Clip) throws {
    let folder = try TemporaryFolder()
    let content = try Content(try clip.make(in: folder.path))
    let seconds = (0..<Int(clip.seconds)).map(Double.init)
    if clip.video != nil {
      #expect(content.pictures.count == Int(clip.seconds) * clip.frameRate)
      try #require(content.flashes.count == seconds.count)
      for (flash, second) in zip(content.flashes, seconds) {
        #expect(abs(flash - second) < Content.flashTolerance)
      }
    }
    if clip.audio != nil {
      try #require(content.beeps.count == seconds.count)
      for (beep, second) in zip(content.beeps, seconds) {
        #expect(abs(beep - second) < Content.beepTolerance)
      }
      #expect(abs(content.audioLength - clip.seconds) < 0.1)
    }
    #expect(content.complaints == [])
  }

  @Test func `A beep that comes late is seen to come late`() throws {
    let folder = try TemporaryFolder()
    var clip = Clip(seconds: 4)
    clip.beepDelay = 0.05
    let content = try Content(try clip.make(in: folder.path))
    #expect(content.offsets.count == 4)
    for offset in content.offsets { #expect(abs(offset - 0.05) < Content.beepTolerance) }
  }

  @Test(arguments: ["ts", "mkv", "mp4"])
  func `A gap keeps its length`(ending: String) throws {
    let folder = try TemporaryFolder()
    let clip = try Clip(seconds: 8).make(in: folder.path)
    // What comes at 3.5 s or later comes 2.4 s later still.
    let late = "setts=ts='TS+if(gte(TS*TB,3.49),2.4/TB,0)'"
    let copy = ["-nostdin", "-v", "error", "-c", "copy"]
    let torn = folder.path("torn.mp4")
    try output(
      of: "ffmpeg", ["-i", clip] + copy + ["-bsf:v", late, "-bsf:a", late, torn])
    let holed = folder.path("holed.\(ending)")
    try output(of: "ffmpeg", ["-i", torn] + copy + [holed])
    let content = try Content(holed)
    let expected = [0, 1, 2, 3, 6.4, 7.4, 8.4, 9.4]
    try #require(content.flashes.count == 8 && content.beeps.count == 8)
    let first = content.flashes[0]
    for (flash, second) in zip(content.flashes, expected) {
      #expect(abs(flash - first - second) < Content.flashTolerance)
    }
    for (beep, second) in zip(content.beeps, expected) {
      #expect(abs(beep - first - second) < Content.beepTolerance)
    }
    let gap = try #require(content.pictureGaps(longerThan: 1).first)
    #expect(abs(gap.length - 2.4) < 0.05 && abs(gap.start - first - 3.47) < 0.05)
    #expect(content.pictureGaps(longerThan: 1).count == 1)
    #expect(content.beepGaps(longerThan: 1.5).count == 1)
  }
}
