import Basics
import Media
import Posix
import Slices
import TestSupport
import Testing

@testable import Archive

/// A slice whose stream is known from another reads as if it had been probed.
@Suite struct KnownStreamTests {
  private struct Fact: Hashable {
    var pts: MediaTime?
    var dts: Int64?
    var duration: MediaTime?
    var isKey: Bool
    var size: Int
  }

  private func facts(_ reader: consuming SliceReader, _ kind: TrackKind) throws -> (
    stream: MediaStream, facts: [Fact]
  ) {
    let stream = try reader.stream(kind)
    var packet = Packet()
    var facts: [Fact] = []
    while try reader.read(into: &packet) {
      facts.append(
        Fact(
          pts: stream.time(of: packet), dts: packet.dts, duration: stream.duration(of: packet),
          isKey: packet.isKey, size: packet.size))
    }
    return (stream, facts)
  }

  @Test(arguments: [
    (VideoCodec.h264, AudioCodec.aac, 0), (.h264, .mp3, 2), (.h265, .opus, 0), (.h265, .opus, 2),
    (.vp8, .opus, 0), (.vp9, .opus, 0), (.av1, .opus, 0),
  ])
  func `Packets and parameters are the same`(video: VideoCodec, audio: AudioCodec, bFrames: Int)
    throws
  {
    let folder = try TemporaryFolder()
    var sender = MadeSender("1", [.init(start: 0, slices: 3)])
    (sender.video, sender.audio, sender.bFrames, sender.length) = (video, audio, bFrames, 6)
    (sender.frameRate, sender.opusInTransport) = (10, video == .h265)
    let made = try SessionMaker.make([sender], in: folder.path)
    var known = KnownStreams()
    for slice in made.slices {
      let source = Slice.Source(MediaResource(path: slice.path))
      let kind = slice.isVideo ? TrackKind.video : .audio
      let key = try #require(KnownStreams.Key(source, kind))
      let isFirst = known[key] == nil
      #expect(isFirst == (slice.place == 0))
      let quick = try facts(SliceReader.open(source, kind: kind, known: &known), kind)
      let probed = try facts(SliceReader.open(source, kind: kind), kind)
      #expect(quick.facts == probed.facts, "\(slice.path)")
      #expect(quick.facts.count > 50)
      #expect(quick.stream.format == probed.stream.format)
      #expect(quick.stream.timeBase == probed.stream.timeBase)
      #expect(quick.stream.parameters.extradata == probed.stream.parameters.extradata)
    }
  }

  @Test func `Another size is another stream`() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("1", [.init(start: 0, slices: 2)])
    (sender.audio, sender.length, sender.sizes) = (nil, 6, [1: (128, 96)])
    let made = try SessionMaker.make([sender], in: folder.path)
    var known = KnownStreams()
    let widths = try made.slices.map { slice in
      let source = Slice.Source(MediaResource(path: slice.path))
      return try SliceReader.open(source, kind: .video, known: &known).stream(.video).format.width
    }
    #expect(widths == [64, 128])
  }

  /// Of several packets of Opus in one PES packet only the first has a time, and where the stream
  /// was not probed nobody makes up the others'.
  @Test func soundWithoutTimesGoesOnWhereItEnded() throws {
    let folder = try TemporaryFolder()
    for start in [0, 8] {
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=440:r=48000:d=8"]
          + ["-c:a", "libopus", "-output_ts_offset", "\(start)", folder.path("\(start).ts")])
    }
    try writeFile(
      folder.path("list.m3u8"),
      """
      #EXTM3U
      #EXTINF:8.0,
      0.ts
      #EXTINF:8.0,
      8.ts
      #EXT-X-ENDLIST

      """.utf8)
    let session = try openSession(at: folder.path("list.m3u8"))
    let reader = TrackReader(try #require(session.participants.first?.audio))
    var ends: [Double] = []
    while let place = reader.peek() {
      try reader.take { (_, _) in }
      ends.append((place.pts + (place.duration ?? .zero)).seconds)
    }
    #expect((800...803).contains(ends.count))
    let steps = zip(ends, ends.dropFirst()).map { $1 - $0 }
    // The slices do not touch exactly, and their last packets hold less than the others.
    #expect(steps.filter { abs($0 - 0.02) > 0.002 }.count <= 3)
  }
}
