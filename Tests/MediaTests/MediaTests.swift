import Basics
import Posix
import TestSupport
import Testing

@testable import Media

/// The first packets of a stream of a file.
private func packets(of path: String, video: Bool, atMost count: Int = .max) throws -> [(
  packet: PacketFacts, facts: FrameFacts?
)] {
  var demuxer = try Demuxer.open(path)
  let stream = try #require(
    (0..<demuxer.streamCount).first { demuxer.parameters(of: $0).isVideo == video })
  var parser = FrameParser(for: demuxer.parameters(of: stream))
  var found: [(PacketFacts, FrameFacts?)] = []
  var packet = Packet()
  while found.count < count, try demuxer.read(into: &packet) {
    guard packet.stream == stream else { continue }
    let facts = parser?.parse(packet)
    found.append(
      (PacketFacts(size: packet.size, isKey: packet.isKey, pts: packet.pts, dts: packet.dts), facts)
    )
  }
  return found
}

private struct PacketFacts {
  var size: Int
  var isKey: Bool
  var pts: Int64?
  var dts: Int64?
}

@Suite struct DemuxerTests {
  @Test func whatCannotBeOpenedIsNamed() throws {
    Log.install()
    #expect(
      throws: Failure("/no/such.mp4", cannot: "open", "No such file or directory", .noInput)
    ) { _ = try Demuxer.open("/no/such.mp4") }
  }

  @Test func libavsOwnReasonIsPartOfTheMessage() throws {
    Log.install()
    let folder = try TemporaryFolder()
    let whole = try Clip(seconds: 1).make(in: folder.path)
    let bytes = try readFile(whole)
    let path = folder.path("cut.mp4")
    try writeFile(path, bytes.prefix(bytes.count / 2))
    let error = #expect(throws: Failure.self) { _ = try Demuxer.open(path) }
    #expect(
      error?.description
        == "\(path): cannot open: Invalid data found when processing input (moov atom not found)")
    #expect(error?.code == .data)
  }

  @Test func anUnknownOptionIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = try Clip(seconds: 1).make(in: folder.path)
    #expect(throws: Failure(path, cannot: "open", "unknown option 'colour'", .usage)) {
      _ = try Demuxer.open(path, options: ["colour": "red"])
    }
  }

  @Test func anInterruptEndsAWait() throws {
    let interrupt = Interrupt()
    interrupt.limit(to: MediaTime(milliseconds: 100))
    let port = try Ports.free()
    #expect(throws: Failure.self) {
      _ = try Demuxer.open(
        "tcp://127.0.0.1:\(port)?listen=1", interrupt: interrupt, probing: false)
    }
    #expect(interrupt.isLate)
    #expect(!interrupt.wasAsked)
  }
}

@Suite struct FrameTests {
  @Test(arguments: [VideoCodec.h264, .h265, .vp8])
  func pictureHeadersTellKeyFramesAndSizes(codec: VideoCodec) throws {
    let folder = try TemporaryFolder()
    var clip = Clip(codec, nil, seconds: 2)
    clip.gop = 15
    let source = try clip.make(in: folder.path)
    let found = try packets(of: source, video: true)
    #expect(found.count == 60)
    #expect(found.indices.filter { found[$0].packet.isKey } == [0, 15, 30, 45])
    let first = try #require(found[0].facts)
    #expect(first.width == 320)
    #expect(first.height == 176)
  }

  @Test func opusPacketsTellTheirLength() throws {
    let folder = try TemporaryFolder()
    for (frame, samples) in [("2.5", 120), ("5", 240), ("20", 960), ("60", 2880), ("120", 5760)] {
      let path = folder.path("\(frame).ogg")
      try output(
        of: "ffmpeg",
        ["-v", "error", "-f", "lavfi", "-i", "sine=d=1:r=48000", "-c:a", "libopus"]
          + ["-frame_duration", frame, path])
      var demuxer = try Demuxer.open(path)
      var packet = Packet()
      #expect(try demuxer.read(into: &packet))
      #expect(opusSamples(packet) == samples)
    }
  }

  @Test func aacHeadsSayTheSameInADTSAndInMP4() throws {
    let folder = try TemporaryFolder()
    let mp4 = try Clip(nil, .aac, seconds: 1).make(in: folder.path)
    let ts = folder.path("a.ts")
    try output(of: "ffmpeg", ["-v", "error", "-i", mp4, "-c", "copy", ts])
    let configured = try #require(
      AACHead(configuration: try Demuxer.open(mp4).parameters(of: 0).extradata))
    var demuxer = try Demuxer.open(ts)
    var packet = Packet()
    #expect(try demuxer.read(into: &packet))
    let found = AACHead(adts: packet)
    let framed = try #require(found)
    #expect(framed == configured)
    #expect(framed.sampleRate == 48_000)
    let configuration = try #require(framed.configuration)
    #expect(AACHead(configuration: configuration) == framed)
    #expect(AACHead(configuration: []) == nil)
    #expect(AACHead(configuration: [0xff]) == nil)
  }

  /// AAC of 24 kHz whose head says that a decoder makes 48 kHz of it (ISO 14496-3 §1.6.5).
  @Test func framesOfHighEfficiencyAACLastTwiceAsLong() throws {
    let folder = try TemporaryFolder()
    let plain = folder.path("plain.mp4")
    try output(
      of: "ffmpeg",
      ["-v", "error", "-f", "lavfi", "-i", "sine=d=3:r=24000", "-ac", "2", "-c:a", "aac", plain])
    var source = try Demuxer.open(plain)
    let found = source.parameters(of: 0)
    let marked = found.with(
      sampleRate: 48_000, extradata: [0x2b, 0x11, 0x88, 0x00])
    let path = folder.path("marked.mp4")
    var muxer = try Muxer.create(
      path, format: "mp4", streams: [.init(marked, timeBase: TimeBase(1, 24_000))])
    var packet = Packet()
    var time = MediaTime.zero
    var count = 0
    while try source.read(into: &packet) {
      #expect(found.samples(in: packet) == 1024)
      #expect(marked.samples(in: packet) == 2048)
      // What libav says after decoding, where the head tells the core's rate alone.
      #expect(found.with(sampleRate: 48_000).samples(in: packet) == 2048)
      let length = MediaTime(ticks: 1024, of: TimeBase(1, 24_000))
      try muxer.write(&packet, stream: 0, pts: time, dts: time, duration: length)
      time += length
      count += 1
    }
    try muxer.finish()
    for isProbing in [true, false] {
      var demuxer = try Demuxer.open(MediaInput(path: path), name: path, probing: isProbing)
      let parameters = demuxer.parameters(of: 0)
      #expect(parameters.sampleRate == 48_000)
      var samples = 0
      while try demuxer.read(into: &packet) { samples += parameters.samples(in: packet) ?? 0 }
      #expect(samples == count * 2048)
    }
    let ts = folder.path("plain.ts")
    try output(of: "ffmpeg", ["-v", "error", "-i", plain, "-c", "copy", ts])
    var framed = try Demuxer.open(ts)
    let own = framed.parameters(of: 0)
    #expect(try framed.read(into: &packet))
    #expect(own.extradata.isEmpty)
    #expect(own.samples(in: packet) == 1024)
    #expect(own.with(sampleRate: 48_000).samples(in: packet) == 2048)
  }
}

@Suite struct MuxerTests {
  @Test(arguments: ["mp4", "matroska", "mpegts"])
  func aCopyHoldsTheSameMedia(format: String) throws {
    let folder = try TemporaryFolder()
    let source = try Clip(seconds: 2).make(in: folder.path)
    let path = folder.path("copy")
    try copy(source, to: path, format: format)
    for kind in [Elementary.Kind.video, .audio] {
      #expect(try Elementary(kind, of: path) == Elementary(kind, of: source))
    }
    #expect(try Content(path).complaints.isEmpty)
  }

  /// Past the system's memory of files from 16 MiB on, and with parts that are written again.
  @Test func aLargeFileHasTheSameBytes() throws {
    let folder = try TemporaryFolder(in: Repository.path(".build"))
    let source = folder.path("source.avi")
    try output(
      of: "ffmpeg",
      ["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=6,noise=alls=100:allf=t"]
        + ["-c:v", "mjpeg", "-q:v", "1", "-pix_fmt", "yuvj444p", source])
    let paths = (folder.path("plain"), folder.path("large"))
    try copy(source, to: paths.0, format: "matroska")
    try copy(source, to: paths.1, format: "matroska", isLarge: true)
    let bytes = try readFile(paths.0)
    #expect(bytes.count > 64 << 20)
    #expect(try readFile(paths.1) == bytes)
    // Large files are read for their digest as they are written.
    let known = try output(of: "sha256sum", [paths.1]).prefix(64)
    #expect(try sha256(of: paths.1) == String(known))
  }

  @Test func aLargeFileSaysThatTheDiskIsFull() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(seconds: 1).make(in: folder.path)
    let failure = #expect(throws: Failure.self) {
      try copy(source, to: "/dev/full", format: "mpegts", isLarge: true)
    }
    #expect(failure?.code == .io)
    #expect(failure?.reason == "No space left on device")
  }

  @Test func aDroppedMuxerLeavesNoTrailer() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(seconds: 1).make(in: folder.path)
    let path = folder.path("half.mp4")
    try copy(source, to: path, format: "mp4", finish: false)
    #expect(throws: Failure.self) { _ = try Demuxer.open(path) }
  }

  @Test func whatCannotBeCreatedIsNamed() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(seconds: 1).make(in: folder.path)
    let path = folder.path("no/such/a.mp4")
    #expect(throws: Failure(path, cannot: "create", "No such file or directory", .cannotCreate)) {
      try copy(source, to: path, format: "mp4")
    }
  }

  @Test func aFullDiskIsAnError() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(seconds: 1).make(in: folder.path)
    let error = #expect(throws: Failure.self) {
      try copy(source, to: "/dev/full", format: "mpegts")
    }
    #expect(error?.code == .io)
    #expect(error?.reason == "No space left on device")
  }
}

@Suite struct BitstreamTests {
  @Test func parameterSetsAreTakenFromTheStream() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(.h264, nil, seconds: 1).make(in: folder.path)
    var demuxer = try Demuxer.open(source)
    let parameters = demuxer.parameters(of: 0)
    #expect(parameters.extradata.first == 1)
    var filter = try BitstreamFilter.make(
      "h264_mp4toannexb,extract_extradata", for: parameters, timeBase: demuxer.timeBase(of: 0),
      subject: source)
    #expect(Array(filter.parameters.extradata.prefix(4)) == [0, 0, 0, 1])
    var packet = Packet()
    #expect(try demuxer.read(into: &packet))
    let size = packet.size
    #expect(try filter.apply(&packet))
    #expect(packet.size > size)
    let found = packet.newExtradata
    let sets = try #require(found)
    #expect(Array(sets.prefix(4)) == [0, 0, 1, 0x67])
    packet.prepend([1, 2, 3])
    packet.withBytes { bytes in
      #expect(bytes.unsafeLoad(fromByteOffset: 2, as: UInt8.self) == 3)
      #expect(bytes.unsafeLoad(fromByteOffset: 3, as: UInt8.self) == 0)
    }
  }

  @Test func anUnknownFilterIsAnError() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(.h264, nil, seconds: 1).make(in: folder.path)
    let demuxer = try Demuxer.open(source)
    #expect(throws: Failure.self) {
      _ = try BitstreamFilter.make(
        "no_such_filter", for: demuxer.parameters(of: 0), timeBase: .mpeg, subject: source)
    }
  }
}

@Suite struct DigestTests {
  @Test func digestsAreThoseOfTheStandard() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("abc", "abc")
    #expect(
      try sha256(of: path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
