import Basics
import Posix
import TestSupport
import Testing

/// The colours of a chart on their way through a snapshot.
@Suite struct ColourTests {
  @Test(arguments: [
    // What nobody says is taken for BT.601, as ffmpeg takes it.
    ("bt601", "tv", "yuv420p", false), ("bt601", "tv", "yuv420p", true),
    ("bt709", "tv", "yuv420p", true), ("bt601", "pc", "yuvj420p", true),
    ("bt709", "pc", "yuvj420p", true), ("bt601", "tv", "yuv444p", true),
    ("bt709", "tv", "yuv420p10le", true), ("bt601", "pc", "yuv422p10le", true),
  ])
  func aPictureHasTheColoursOfItsVideo(
    matrix: String, range: String, format: String, isTagged: Bool
  ) throws {
    let folder = try TemporaryFolder()
    let chart = ColourChart()
    try chart.make(
      at: folder.path("chart.mp4"), matrix: matrix, range: range, format: format,
      isTagged: isTagged)
    try output(
      of: Products.rushes,
      ["snapshot", folder.path("chart.mp4"), "-o", folder.path("chart.jpg"), "--at", "0.4"])
    #expect(try chart.worst(chart.read(folder.path("chart.jpg"))) <= ColourChart.tolerance)
    // Full range, as JFIF has it.
    let facts = try output(
      of: "ffprobe",
      [
        "-v", "error", "-show_entries", "stream=pix_fmt", "-of", "csv=p=0",
        folder.path("chart.jpg"),
      ])
    #expect(facts == "yuvj420p\n")
  }
}
