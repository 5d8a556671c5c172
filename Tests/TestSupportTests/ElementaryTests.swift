import TestSupport
import Testing

@Suite(.serialized) struct ElementaryTests {
  @Test(arguments: [
    (Clip(.h264, .aac, seconds: 3), ["ts", "flv", "mkv"]), (Clip(.h265, .mp3, seconds: 2), ["ts"]),
    (Clip(.vp8, .opus, seconds: 2), ["webm"]), (Clip(.vp9, .vorbis, seconds: 2), ["webm"]),
  ])
  func `Media is the same in every container`(clip: Clip, endings: [String]) throws {
    let folder = try TemporaryFolder()
    let file = try clip.make(in: folder.path)
    for ending in endings {
      let copy = folder.path("copy.\(ending)")
      try output(of: "ffmpeg", ["-nostdin", "-v", "error", "-i", file, "-c", "copy", copy])
      for kind in [Elementary.Kind.video, .audio] {
        let sent = try Elementary(kind, of: file)
        let got = try Elementary(kind, of: copy)
        #expect(sent.units.count >= 60)
        #expect(got == sent, "\(kind) in \(ending)")
        #expect(got.difference(from: sent) == nil)
      }
    }
  }

  @Test func `Slices in order are a part of the whole, out of order they are not`() throws {
    let folder = try TemporaryFolder()
    let file = try Clip(seconds: 4).make(in: folder.path)
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-i", file, "-c", "copy", "-f", "segment", "-segment_time", "1"]
        + [folder.path("%d.ts")])
    let whole = try Elementary(.video, of: file)
    let slices = (0..<4).map { folder.path("\($0).ts") }
    let middle = try Elementary(.video, of: Array(slices[1...2]))
    let place = try #require(middle.place(in: whole))
    #expect(place.lowerBound > 0 && place.count == middle.units.count)
    let swapped = try Elementary(.video, of: [slices[2], slices[1]])
    #expect(swapped.place(in: whole) == nil)
    #expect(
      try #require(swapped.difference(from: whole)).hasSuffix(
        "differs from what was sent (\(whole.units.count) units)"))
    let other = try Elementary(
      .video, of: Clip(.h264, nil, seconds: 1).make(in: folder.path, name: "other"))
    #expect(whole.place(in: other) == nil)
  }
}
