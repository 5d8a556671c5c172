import Archive
import Basics
import Plan
import Posix
import Recorder
import Slices
import TestSupport
import Testing

@testable import Operations

/// Records a made clip from its file, without a network and as fast as it can be read.
private func recordFile(_ clip: Clip, in folder: TemporaryFolder, slice: Double = 4) throws -> (
  source: String, archive: String
) {
  let source = try clip.make(in: folder.path)
  let options = RecordOptions(
    channel: "room", sources: [RecordSource(uid: "7", url: source)], slice: slice)
  return (source, try record(options, into: folder.path) { _ in })
}

func mergeAll(
  _ session: Session, into folder: TemporaryFolder, _ container: Container,
  _ options: MergeOptions = MergeOptions()
) throws -> (path: String, report: OutputReport) {
  let path = folder.path("merged.\(container.rawValue)")
  let output = Output(
    path: path, container: container, uids: session.participants.map(\.uid),
    stretch: Stretch(start: .zero, end: session.duration))
  let step = Step(id: "m", session: session, operation: .merge(options), outputs: [output])
  let context = OperationContext(
    parallel: Parallel(width: 2), isCancelled: { false }, progress: { _ in })
  return (path, try make(output, of: step, context))
}

struct CodecPair: CustomStringConvertible, Sendable {
  let video: VideoCodec?
  let audio: AudioCodec?
  let endings: [String]
  let container: Container
  var description: String { "\(video?.rawValue ?? "-")+\(audio?.rawValue ?? "-")" }
}

private let pairs = [
  CodecPair(video: .h264, audio: .aac, endings: ["ts", "ts"], container: .mp4),
  CodecPair(video: .h264, audio: .aac, endings: ["ts", "ts"], container: .mkv),
  CodecPair(video: .h264, audio: .aac, endings: ["ts", "ts"], container: .mov),
  CodecPair(video: .h265, audio: .mp3, endings: ["ts", "ts"], container: .mkv),
  CodecPair(video: .vp8, audio: .opus, endings: ["webm", "webm"], container: .webm),
  CodecPair(video: .vp9, audio: .vorbis, endings: ["webm", "webm"], container: .webm),
  CodecPair(video: .h264, audio: .opus, endings: ["ts", "webm"], container: .mp4),
]

@Suite struct MergeTests {
  @Test(arguments: pairs)
  func whatIsRecordedAndMergedIsAsSentAndInSync(_ pair: CodecPair) throws {
    let folder = try TemporaryFolder()
    let (source, archive) = try recordFile(Clip(pair.video, pair.audio, seconds: 10), in: folder)
    let session = try openSession(at: archive)
    #expect(session.problems.isEmpty)
    let track = try #require(session.participants.first)
    #expect(track.gapCount == 0)
    for (kind, ending) in zip([TrackKind.video, .audio], pair.endings) {
      let slices = try #require(kind == .video ? track.video : track.audio).slices
      #expect(slices.count == 3)
      #expect(slices.allSatisfy { $0.slice.resource.path.hasSuffix(".\(ending)") })
      let sent = try Elementary(kind == .video ? .video : .audio, of: source)
      let kept = try Elementary(
        kind == .video ? .video : .audio, of: slices.map(\.slice.resource.path))
      #expect(kept == sent)
      for slice in slices {
        let content = try Content(slice.slice.resource.path)
        #expect(content.complaints.isEmpty)
      }
    }
    let (path, report) = try mergeAll(session, into: folder, pair.container)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.count == 10)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(abs(report.duration.seconds - 10) < 0.1)
    for kind in [Elementary.Kind.video, .audio] {
      #expect(try Elementary(kind, of: path) == Elementary(kind, of: source))
    }
  }

  @Test(arguments: [Container.mp4, .flv])
  func picturesOutOfOrderKeepTheirTimes(_ container: Container) throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, .aac, seconds: 9)
    clip.bFrames = 3
    let (source, archive) = try recordFile(clip, in: folder)
    let (path, _) = try mergeAll(try openSession(at: archive), into: folder, container)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.pictures.count == 270)
    // FLV begins with what is decoded first.
    #expect(try #require(content.flashes.first) < 0.2)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(try Elementary(.video, of: path) == Elementary(.video, of: source))
  }

  @Test func aGapIsKeptInTime() throws {
    let folder = try TemporaryFolder()
    let (_, archive) = try recordFile(Clip(seconds: 16), in: folder)
    // The second slice of each track is taken away, and nobody listed it.
    for index in try listFolder(archive)
    where index.hasSuffix("_audio.m3u8") || index.hasSuffix("_video.m3u8") {
      let path = joinPath(archive, index)
      guard
        case .media(var playlist) = Playlist.parse(
          String(decoding: try readFile(path), as: UTF8.self)
        ).playlist
      else { continue }
      removeFile(joinPath(archive, playlist.entries[1].media.uri))
      playlist.entries.remove(at: 1)
      try replaceFile(path, with: playlist.text.utf8)
    }
    let session = try openSession(at: archive)
    let (path, report) = try mergeAll(session, into: folder, .mp4)
    let content = try Content(path)
    #expect(content.flashes.map { $0.rounded() } == [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15])
    // The last packet before the gap holds the beginning of a beep.
    #expect(
      content.beeps.map { $0.rounded() }.filter { $0 != 4 } == content.flashes.map { $0.rounded() })
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    #expect(abs(report.duration.seconds - 16) < 0.1)
    #expect(report.tracks.allSatisfy { $0.gaps.count == 1 })
  }

  @Test func missingAndDamagedSlicesAreToldAndSurvived() throws {
    let folder = try TemporaryFolder()
    let (_, archive) = try recordFile(Clip(seconds: 16), in: folder)
    let session = try openSession(at: archive)
    let slices = try #require(session.participants.first?.video).slices.map(\.slice.resource.path)
    removeFile(slices[1])
    try writeFile(slices[2], [])
    let broken = try openSession(at: archive)
    #expect(broken.problems.map(\.path) == [slices[1], slices[2]])
    #expect(broken.problems.map(\.message) == ["missing", "empty"])
    let (path, _) = try mergeAll(broken, into: folder, .mp4)
    let content = try Content(path)
    #expect(content.flashes.map { $0.rounded() } == [0, 1, 2, 3, 12, 13, 14, 15])
    #expect(content.beeps.count == 16)
  }

  @Test func aRecordedChangeOfSizeIsMerged() throws {
    let folder = try TemporaryFolder()
    var other = Clip(.h264, nil, seconds: 3)
    other.width = 640
    other.height = 352
    let first = try Clip(.h264, nil, seconds: 3).make(in: folder.path, name: "a")
    let second = try other.make(in: folder.path, name: "b")
    for (name, source) in [("1.ts", first), ("2.ts", second)] {
      try output(of: "ffmpeg", ["-v", "error", "-i", source, "-c", "copy", folder.path(name)])
    }
    let joined = folder.path("joined.ts")
    try writeFile(joined, try readFile(folder.path("1.ts")) + readFile(folder.path("2.ts")))
    let archive = try record(
      RecordOptions(channel: "room", sources: [RecordSource(uid: "7", url: joined)]),
      into: folder.path
    ) { _ in }
    let session = try openSession(at: archive)
    let track = try #require(session.participants.first?.video)
    #expect(track.formats.map(\.width) == [320, 640])
    let (path, report) = try mergeAll(session, into: folder, .mp4)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.map { $0.rounded() } == [0, 1, 2, 3, 4, 5])
    #expect(content.pictures.count == 180)
    #expect(report.picturesEncoded == 90)
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let folder = try TemporaryFolder()
    let (_, archive) = try recordFile(Clip(seconds: 6), in: folder)
    let session = try openSession(at: archive)
    for container in [Container.mp4, .mkv] {
      let first = try readFile(try mergeAll(session, into: folder, container).path)
      let second = try readFile(try mergeAll(session, into: folder, container).path)
      #expect(first == second)
    }
  }
}

extension Participant {
  fileprivate var gapCount: Int { tracks.map(\.gaps.count).reduce(0, +) }
}
