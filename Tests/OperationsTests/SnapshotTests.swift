import Archive
import Basics
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// A made archive, and the pictures taken of it.
private struct Taken {
  let folder: TemporaryFolder
  let video: CodedVideo
  let report: OutputReport
  /// The number that each picture shows, by its moment in milliseconds.
  let numbers: [Int: Int?]

  init(
    _ video: CodedVideo, _ options: SnapshotOptions = SnapshotOptions(), at times: [Double],
    size: PixelSize = PixelSize(width: CodedVideo.width, height: CodedVideo.height),
    damage: ([String]) throws -> Void = { _ in }
  ) throws {
    folder = try TemporaryFolder()
    self.video = video
    try damage(try video.make(in: folder.path("archive")))
    let session = try openSession(at: folder.path("archive"))
    let out = folder.path("out")
    try makeFolder(out)
    let pictures = times.map { time in
      PictureSeries.Picture(
        time: MediaTime(seconds: time), path: "\(out)/\(100_000_000 + Int(time * 1000)).jpg")
    }
    let work = SnapshotWork(
      options: options, series: [PictureSeries(uid: "7", pictures: pictures, thumbnails: nil)],
      list: nil)
    let output = Output(
      path: pictures[0].path, others: pictures.dropFirst().map(\.path), container: .jpg,
      uids: ["7"], stretch: Stretch(start: .zero, end: session.duration))
    let step = Step(id: "s", session: session, operation: .snapshot(work), outputs: [output])
    report = try make(
      output, of: step,
      OperationContext(parallel: Parallel(width: 2), isCancelled: { false }, progress: { _ in }))
    numbers = try CodedVideo.numbers(in: out, size: size)
      .reduce(into: [:]) { all, one in
        all[(Int(one.key.dropLast(4)) ?? 0) - 100_000_000] = .some(one.value)
      }
  }

  /// What is wrong with the pictures: there must be one for each time, and it the right one.
  func mistakes(_ times: [Double], _ expected: (Double) -> ClosedRange<Int>) -> [String] {
    times.compactMap { time in
      let wanted = expected(time)
      guard let found = numbers[Int(time * 1000)] else { return "none at \(time)" }
      guard let found, wanted.contains(found) else {
        return "\(found.map(String.init) ?? "unclear") at \(time), not \(wanted)"
      }
      return nil
    } + (numbers.count == times.count ? [] : ["\(numbers.count) pictures"])
  }

  func exactly(_ time: Double) -> ClosedRange<Int> {
    let number = video.number(at: time)
    return number...number
  }
}

/// Moments on and between pictures, at the edges of slices and of groups of pictures.
private let moments = [0, 0.33, 1.99, 2, 7.95, 8.05, 15.55, 15.95, 16, 31.5, 44.44, 59.95]

private func coded(_ change: (inout CodedVideo) -> Void) -> CodedVideo {
  var video = CodedVideo()
  change(&video)
  return video
}

struct VideoKind: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let video: CodedVideo
  init(_ name: String, _ change: (inout CodedVideo) -> Void) {
    testDescription = name
    video = coded(change)
  }
}

@Suite struct SnapshotTests {
  @Test(arguments: [
    VideoKind("plain") { _ in },
    VideoKind("B-frames") { $0.bFrames = 3 },
    VideoKind("cut in mid-GOP") { ($0.cutsMidGOP, $0.slice) = (true, 7.1) },
    VideoKind("cut in mid-GOP with B-frames") {
      ($0.cutsMidGOP, $0.bFrames, $0.slice) = (true, 2, 7.1)
      ($0.frameRate, $0.gop) = (30, 60)
    },
    VideoKind("one key frame") { ($0.gop, $0.cutsMidGOP) = (100_000, true) },
    VideoKind("VP8") { $0.video = .vp8 },
    VideoKind("VP9") { $0.video = .vp9 },
    VideoKind("AV1") { $0.video = .av1 },
    VideoKind("H.265") { $0.video = .h265 },
    VideoKind("refreshed bit by bit") { ($0.refreshes, $0.slice) = (true, 100) },
    VideoKind("five a second") { ($0.frameRate, $0.gop) = (5, 10) },
    VideoKind("upside down") { $0.degrees = 180 },
    VideoKind("to the left") { $0.degrees = 90 },
    VideoKind("to the right") { $0.degrees = 270 },
  ])
  func everyPictureIsThatOfItsMoment(kind: VideoKind) throws {
    let taken = try Taken(kind.video, at: moments)
    // Where a picture begins at the very moment, stamps in milliseconds cannot tell which it is.
    let mistakes = taken.mistakes(moments) { time in
      let number = taken.exactly(time).upperBound
      let isEdge = kind.video.number(at: time - 0.002) != number
      return (isEdge ? number - 1 : number)...number
    }
    #expect(mistakes == [])
    #expect(taken.report.losses == [])
    #expect(taken.report.picturesEncoded == moments.count)
  }

  @Test func picturesThatComeWhenTheyLike() throws {
    // Of ten pictures the second, the fifth and the ninth are there.
    let shown = [1, 4, 8]
    let video = coded { $0.isShown = shown.map { "eq(mod(n,10),\($0))" }.joined(separator: "+") }
    let times = moments.filter { $0 > 0.1 }
    let taken = try Taken(video, at: times)
    // Session zero is the first picture that there is.
    let mistakes = taken.mistakes(times) { time in
      let number = video.number(at: time + 0.1)
      let last = (0...number).last { shown.contains($0 % 10) } ?? 0
      return last...last
    }
    #expect(mistakes == [])
  }

  @Test func acrossGapsAndChangesOfSize() throws {
    let video = coded { ($0.without, $0.growsAt) = ([2, 3], 5) }
    let times = [0, 15.9, 32, 32.05, 39.95, 40.05, 55]
    let size = PixelSize(width: 320, height: 80)
    let taken = try Taken(video, SnapshotOptions(width: 320, height: 80), at: times, size: size)
    #expect(taken.mistakes(times, taken.exactly) == [])
  }

  @Test func aGapIsFilledWithWhatWasBefore() throws {
    let video = coded { $0.without = [2, 3] }
    let taken = try Taken(video, SnapshotOptions(fill: .hold), at: [10, 20, 31, 33])
    #expect(
      taken.mistakes([10, 20, 31, 33]) { $0 > 16 && $0 < 32 ? 159...159 : taken.exactly($0) } == [])
  }

  @Test func keyFramesStandForTheirMomentsUnlessTheyAreLongBefore() throws {
    let fast = try Taken(
      coded { $0.gop = 20 }, SnapshotOptions(accuracy: .keyframe), at: [0, 3.5, 10.1, 59.9])
    #expect(
      fast.mistakes([0, 3.5, 10.1, 59.9]) { time in
        let key = fast.video.number(at: time) / 20 * 20
        return key...key
      } == [])
    #expect(fast.report.picturesDecoded == 4)
    let slow = try Taken(
      coded { $0.gop = 100_000 }, SnapshotOptions(accuracy: .keyframe), at: [5, 30, 59.9])
    #expect(slow.mistakes([5, 30, 59.9]) { $0 == 5 ? 0...0 : slow.exactly($0) } == [])
  }

  @Test func littleIsDecoded() throws {
    let times = [0.0, 10, 20, 30, 40, 50]
    let taken = try Taken(coded { $0.bFrames = 2 }, at: times)
    #expect(taken.mistakes(times, taken.exactly) == [])
    #expect(taken.report.picturesDecoded <= 120)
  }

  @Test func whatCannotBeDecodedIsToldAndStopsNothing() throws {
    let times = [1.0, 13, 17, 25, 33]
    let taken = try Taken(coded { $0.gop = 1 }, at: times) { slices in
      // The heads of pictures remain, and what follows them is nonsense.
      var bytes = try readFile(slices[1])
      for packet in stride(from: bytes.count / 376 * 188, to: bytes.count - 188, by: 188) {
        let hasField = bytes[packet + 3] & 0x20 != 0
        let isHead = bytes[packet + 1] & 0x40 != 0
        let start = (hasField ? 5 + Int(bytes[packet + 4]) : 4) + (isHead ? 100 : 0)
        for index in min(start, 188)..<188 { bytes[packet + index] = UInt8(index & 0x7f) }
      }
      try writeFile(slices[1], bytes)
    }
    let sound = [1.0, 17, 25, 33]
    #expect(taken.mistakes(sound, taken.exactly) == [])
    #expect(taken.report.losses.map(\.message) == ["the picture at 13.000 s cannot be decoded"])
  }

  @Test func shapesFitAsAsked() throws {
    let bars = try Taken(
      CodedVideo(), SnapshotOptions(width: 320, height: 320), at: [12.3],
      size: PixelSize(width: 320, height: 320))
    #expect(bars.mistakes([12.3], bars.exactly) == [])
    let narrow = try Taken(
      CodedVideo(), SnapshotOptions(width: 128), at: [12.3],
      size: PixelSize(width: 128, height: 32))
    #expect(narrow.mistakes([12.3], narrow.exactly) == [])
  }
}
