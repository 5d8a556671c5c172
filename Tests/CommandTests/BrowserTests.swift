import Basics
import Posix
import TestSupport
import Testing

private let chromium = ["chromium", "chromium-browser", "google-chrome"].lazy
  .compactMap { find($0) }.first

/// What a browser makes of pictures and thumbnails, by pages of `testdata/browser` that people can
/// open as well.
@Suite(.enabled(if: chromium != nil, "Chromium is not installed"))
struct BrowserTests {
  /// What a page says when all of it is loaded.
  private func said(_ page: String, _ query: String) throws -> [Substring] {
    let address = "file://\(Repository.path("testdata/browser/\(page)"))?\(query)"
    let document = try output(
      of: chromium ?? "",
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files",
        "--force-color-profile=srgb", "--virtual-time-budget=20000", "--dump-dom", address,
      ])
    guard let start = document.firstRange(of: "<pre id=\"said\">")?.upperBound,
      let end = document[start...].firstRange(of: "</pre>")?.lowerBound
    else { return [] }
    return document[start..<end].split(separator: "\n")
  }

  @Test func theTileUnderThePointerIsThatOfItsMoment() throws {
    let folder = try TemporaryFolder()
    let video = CodedVideo()
    try video.make(in: folder.path("archive"))
    try output(
      of: Products.rushes,
      [
        "snapshot", folder.path("archive"), "-o", folder.path("out"), "--interval", "0.5",
        "--thumbnails",
      ])
    // In the first and in the second sheet, and at their joint.
    let times = [0.2, 7.7, 33.3, 49.8, 50.2, 59.8]
    let lines = try said(
      "thumbnails.html",
      "vtt=\(folder.path("out/\(CodedVideo.stem).vtt"))"
        + "&at=\(times.map { "\($0)" }.joined(separator: ","))")
    let expected = times.map { "\($0) \(video.number(at: ($0 * 2).rounded(.down) / 2))" }
    #expect(lines.map(String.init) == expected + ["120 cues"])
  }

  @Test func theColoursAreThoseOfTheChart() throws {
    let folder = try TemporaryFolder()
    let chart = ColourChart()
    try chart.make(at: folder.path("chart.mp4"), matrix: "bt709", format: "yuv420p")
    try output(
      of: Products.rushes,
      ["convert", folder.path("chart.mp4"), "-o", folder.path("chart.jpg")])
    let lines = try said(
      "colours.html", "grid=\(ColourChart.grid)&picture=\(folder.path("chart.jpg"))")
    let found = lines.map { $0.split(separator: " ").compactMap { Double($0) } }
    #expect(chart.worst(found) <= ColourChart.tolerance)
  }
}
