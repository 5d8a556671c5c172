import Archive
import Basics
import Foundation
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// What Chromium saw and heard of a file.
private struct Played: Decodable {
  let flashes: [Double]?
  let beeps: [Double]?
  let error: String?
  let duration: Double?
  let pictures: Int?
}

/// A Python that has Playwright, to drive `/usr/bin/chromium`.
private let python = environment("RUSHES_BROWSER")

@Suite(.enabled(if: python != nil, "RUSHES_BROWSER names no Python with Playwright"))
struct BrowserTests {
  private func play(_ paths: [String]) throws -> [String: Played] {
    let text = try output(
      of: try #require(python), [Repository.path("testdata/browser/play.py")] + paths, seconds: 300)
    return try JSONDecoder().decode([String: Played].self, from: Data(text.utf8))
  }

  /// A browser hears sound so much later than it counts, and as unsteadily as its blocks are long.
  private func lateness(_ played: Played) -> Double? {
    let late = (played.flashes ?? []).compactMap { flash in
      (played.beeps ?? []).map { $0 - flash }.min { abs($0) < abs($1) }
    }.sorted()
    return late.isEmpty ? nil : late[late.count / 2]
  }

  @Test func everyFormPlaysInSync() throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, .aac, seconds: 20)
    (clip.width, clip.height, clip.bFrames) = (160, 96, 2)
    let source = try clip.make(in: folder.path)
    let session = try openSession(at: source)
    var paths: [String] = []
    for (container, codec) in [
      (Container.mp4, VideoOptions.Codec.h264), (.mp4, .av1), (.webm, .vp8), (.webm, .vp9),
      (.dash, .h264), (.dash, .vp9), (.hls, .h264),
    ] {
      var options = quickly { ($0.codec, $0.bitrate) = (codec, 150) }
      options.video.preset = .veryfast
      let made = try transcodeFirst(
        session, into: folder, options, container, name: "\(container)-\(codec)")
      paths.append(made.path)
    }
    let played = try play([source] + paths)
    let usual = try #require(played[source].flatMap(lateness))
    for path in paths {
      let one = try #require(played[path])
      #expect(one.error == nil, "\(path)")
      #expect(one.flashes?.count == 20, "\(path)")
      // Real time on a busy machine may cost a picture.
      #expect(abs((one.pictures ?? 0) - 600) <= 2, "\(path)")
      #expect(abs((one.duration ?? 0) - 20) <= 0.1, "\(path)")
      let offset = try #require(lateness(one)) - usual
      #expect(abs(offset) <= Content.promisedOffset, "\(path): \(offset)")
    }
  }
}
