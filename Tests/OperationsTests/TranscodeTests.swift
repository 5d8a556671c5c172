import Archive
import Basics
import Media
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

/// Transcodes all of a session's first participant, or a stretch of it.
func transcodeFirst(
  _ session: Session, into folder: TemporaryFolder, _ options: TranscodeOptions,
  _ container: Container = .mp4, name: String = "out", over stretch: Stretch? = nil,
  workers: Int = 2
) throws -> (path: String, report: OutputReport) {
  let path = folder.path("\(name).\(container.ending)")
  let output = Output(
    path: path, container: container, uids: session.participants.prefix(1).map(\.uid),
    stretch: stretch ?? Stretch(start: .zero, end: session.duration))
  let step = Step(id: "t", session: session, operation: .transcode(options), outputs: [output])
  let context = OperationContext(
    parallel: Parallel(width: workers), isCancelled: { false }, progress: { _ in })
  return (path, try make(output, of: step, context))
}

/// Options that encode quickly.
func quickly(_ change: (inout VideoOptions) -> Void = { _ in }) -> TranscodeOptions {
  var options = TranscodeOptions()
  options.video.preset = .ultrafast
  change(&options.video)
  return options
}

/// The mean colour of small squares of a file's picture at `time`.
private func colours(
  of path: String, at points: [(x: Int, y: Int)], _ size: PixelSize, options: [String] = [],
  filter: String = "null"
) throws -> [String] {
  let child = try ChildProcess(
    "ffmpeg",
    ["-nostdin", "-v", "error"] + options + ["-i", path, "-frames:v", "1", "-vf", filter]
      + ["-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"])
  #expect(try child.wait(seconds: 60).isSuccess)
  let bytes = child.standardOutputBytes
  try #require(bytes.count == size.width * size.height * 3)
  return points.map { point in
    let place = (point.y * size.width + point.x) * 3
    let (r, g, b) = (bytes[place] > 127, bytes[place + 1] > 127, bytes[place + 2] > 127)
    return switch (r, g, b) {
    case (true, false, false): "red"
    case (false, true, false): "green"
    case (false, false, true): "blue"
    case (true, true, true): "white"
    case (false, false, false): "black"
    default: "\(bytes[place..<place + 3])"
    }
  }
}

private func corners(of rect: Rect) -> [(x: Int, y: Int)] {
  let (left, top) = (rect.x + 6, rect.y + 6)
  let (right, bottom) = (rect.x + rect.width - 7, rect.y + rect.height - 7)
  return [(left, top), (right, top), (left, bottom), (right, bottom)]
}

/// A clip whose corners are red, green, blue and white, in the order of reading.
private func cornerClip(in folder: TemporaryFolder) throws -> String {
  let path = folder.path("corners.mp4")
  let quarters = ["red", "lime", "blue", "white"].map { "color=\($0):s=80x48:r=10:d=0.5" }
  try output(
    of: "ffmpeg",
    ["-nostdin", "-v", "error", "-y"] + quarters.flatMap { ["-f", "lavfi", "-i", $0] } + [
      "-filter_complex", "[0][1]hstack[a];[2][3]hstack[b];[a][b]vstack,format=yuv420p",
      "-c:v", "libx264", "-preset", "ultrafast", path,
    ])
  return path
}

/// The same clip, with a matrix that asks players to turn it anticlockwise.
private func turned(_ source: String, by degrees: Int, in folder: TemporaryFolder) throws -> String
{
  let path = folder.path("turned-\(degrees).mp4")
  var demuxer = try Demuxer.open(source)
  var muxer = try Muxer.create(
    path, format: "mp4",
    streams: [
      Muxer.Stream(
        demuxer.parameters(of: 0), timeBase: demuxer.timeBase(of: 0), rotation: degrees)
    ])
  var packet = Packet()
  let base = demuxer.timeBase(of: 0)
  while try demuxer.read(into: &packet) {
    try muxer.write(
      &packet, stream: 0, pts: MediaTime(ticks: packet.pts ?? 0, of: base),
      dts: MediaTime(ticks: packet.dts ?? 0, of: base),
      duration: packet.duration.map { MediaTime(ticks: $0, of: base) })
  }
  try muxer.finish()
  return path
}

/// The numbers of pictures in a file, and their times.
private func pictureTimes(_ path: String) throws -> [Double] {
  try PacketTimes(.video, of: path).times.sorted()
}

/// A digest of every picture that a file, or several in a row, decodes to.
func pictureHashes(_ input: [String]) throws -> [Substring] {
  try output(
    of: "ffmpeg",
    ["-nostdin", "-v", "error"] + input + ["-map", "0:v", "-fps_mode", "passthrough"]
      + ["-f", "framemd5", "-"]
  ).split(separator: "\n").filter { !$0.hasPrefix("#") }
    .compactMap { $0.split(separator: ",").last.map { Substring($0.filter { $0 != " " }) } }
}

struct CornerCase: CustomStringConvertible, Sendable {
  let degrees: Int
  let fit: Fit
  let isMatrix: Bool
  var description: String { "\(degrees) \(fit) by \(isMatrix ? "matrix" : "tag")" }

  static let all = [0, 90, 180, 270].flatMap { degrees in
    Fit.allCases.flatMap { fit in
      [false, true].map { CornerCase(degrees: degrees, fit: fit, isMatrix: $0) }
    }
  }
}

@Suite struct TranscodeTests {
  private let turnedCorners = [
    0: ["red", "green", "blue", "white"], 90: ["green", "white", "red", "blue"],
    180: ["white", "blue", "green", "red"], 270: ["blue", "red", "white", "green"],
  ]

  @Test(arguments: CornerCase.all)
  func cornersStandUpright(_ one: CornerCase) throws {
    let folder = try TemporaryFolder()
    let clip = try cornerClip(in: folder)
    let source = one.isMatrix ? try turned(clip, by: one.degrees, in: folder) : clip
    let expected = try #require(turnedCorners[one.degrees])
    let upright = PixelSize(width: 160, height: 96).turned(by: one.degrees)
    if one.isMatrix {
      // Players see it so.
      #expect(try colours(of: source, at: corners(of: Rect(upright)), upright) == expected)
    }
    var session = try openSession(at: source)
    if !one.isMatrix, one.degrees != 0 {
      session.participants[0].video?.rotations = [
        Rotation(time: session.start, degrees: one.degrees)
      ]
    }
    let canvas = PixelSize(width: 192, height: 144)
    var options = quickly {
      ($0.width, $0.height) = (canvas.width, canvas.height)
      $0.crf = 12
    }
    options.fit = one.fit
    let (path, report) = try transcodeFirst(session, into: folder, options)
    #expect(report.picturesDecoded == 5)
    #expect(report.picturesEncoded == 5)
    let rect = one.fit.place(upright, on: canvas).rect
    #expect(try colours(of: path, at: corners(of: rect), canvas) == expected)
    if one.fit == .contain {
      let bar = rect.x > 12 ? (x: rect.x / 2, y: 72) : (x: 96, y: rect.y / 2)
      #expect(rect.x > 12 || rect.y > 12)
      #expect(try colours(of: path, at: [bar], canvas) == ["black"])
    }
    // Nothing in the file turns it again.
    let probe = try output(
      of: "ffprobe", ["-v", "error", "-show_entries", "stream_side_data=rotation", path])
    #expect(!probe.contains("rotation="))
  }

  @Test func aCopyKeepsTheTurnOfItsContainer() throws {
    let folder = try TemporaryFolder()
    let source = try turned(try cornerClip(in: folder), by: 90, in: folder)
    var options = TranscodeOptions()
    options.video.codec = .copy
    let (path, report) = try transcodeFirst(try openSession(at: source), into: folder, options)
    #expect(report.picturesEncoded == 0)
    let upright = PixelSize(width: 96, height: 160)
    #expect(
      try colours(of: path, at: corners(of: Rect(upright)), upright) == turnedCorners[90])
  }

  /// A participant who is away from 4 s to 12 s, in a session that lasts 16 s.
  private func absence(in folder: TemporaryFolder) throws -> Session {
    var sender = MadeSender("7", [.init(start: 0, slices: 1), .init(start: 12, slices: 1)])
    sender.length = 4
    (sender.width, sender.height, sender.frameRate) = (64, 64, 10)
    _ = try SessionMaker.make([sender], in: folder.path("archive"))
    return try openSession(at: folder.path("archive"))
  }

  @Test(arguments: [Fill.hold, .black, .image(""), .cut], [nil, 10.0])
  func everyFillLastsAsLongAsItsStretch(_ wanted: Fill, fps: Double?) throws {
    let folder = try TemporaryFolder()
    let session = try absence(in: folder)
    var fill = wanted
    if case .image = wanted {
      fill = .image(folder.path("red.png"))
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=64x64"]
          + ["-frames:v", "1", folder.path("red.png")])
    }
    var options = quickly { $0.fps = fps }
    options.fill = fill
    let (path, report) = try transcodeFirst(session, into: folder, options)
    let length = fill == .cut ? 8.0 : 16.0
    #expect(abs(report.duration.seconds - length) <= 0.1)
    let probe = try Probe(path)
    #expect(abs(probe.duration - length) <= 0.11)
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    // A picture of ten a second is off by half of its time at most; cutting joins that tail to what
    // comes next.
    let slack = (fps == nil ? 0 : 0.05) + (fill == .cut ? 0.03 : 0)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset + slack)
    let seconds = fill == .cut ? Array(0..<8) : Array(0..<4) + Array(12..<16)
    #expect(content.flashes.map { Int($0.rounded()) } == seconds)
    // The last packet of a slice of sound holds the beginning of another beep.
    #expect(Set(content.beeps.map { Int($0.rounded()) }).isSuperset(of: seconds))
    #expect(content.beeps.count <= seconds.count + 2)
    let times = try pictureTimes(path)
    if fps != nil {
      #expect(abs(times.count - Int(length * 10)) <= 1)
    } else {
      let extra =
        switch fill {
        case .hold, .cut: 0
        case .black, .image: 1
        }
      #expect(times.count == 80 + extra)
    }
    if case .image = fill {
      let at = { (time: String) in
        try colours(
          of: path, at: [(x: 32, y: 8)], PixelSize(width: 64, height: 64),
          filter: "fps=10,select='gte(t,\(time))'")
      }
      #expect(try at("7.3") != ["red"])
      #expect(try at("9") == ["red"])
      #expect(try at("12.5") != ["red"])
    }
  }

  @Test func bytesDoNotDependOnTheNumberOfWorkers() throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, .aac, seconds: 50)
    (clip.width, clip.height, clip.bFrames, clip.gop) = (160, 96, 2, 45)
    let session = try openSession(at: try clip.make(in: folder.path))
    let options = quickly {
      ($0.width, $0.height, $0.bitrate) = (96, 64, 100)
      $0.preset = .veryfast
    }
    let digests = try [1, 2, 4, 16].map { workers in
      let (path, report) = try transcodeFirst(
        session, into: folder, options, name: "w\(workers)", workers: workers)
      #expect(report.picturesEncoded >= 1500)
      return try sha256(of: path)
    }
    #expect(Set(digests).count == 1)
    let path = folder.path("w16.mp4")
    let content = try Content(path)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.count == 50)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
    // The rate that was asked for, and times of decoding without a hole at the joints.
    let packets = try output(
      of: "ffprobe",
      ["-v", "error", "-select_streams", "v", "-show_entries", "packet=dts,size", "-of"]
        + ["csv=p=0", path]
    ).split(separator: "\n").map { $0.split(separator: ",").compactMap { Int($0) } }
    let bytes = packets.map { $0[1] }.reduce(0, +)
    #expect(abs(Double(bytes) * 8 / 50 / 100_000 - 1) < 0.2)
    let steps = zip(packets, packets.dropFirst()).map { $1[0] - $0[0] }
    #expect(steps.allSatisfy { abs($0 - 3000) <= 700 }, "\(Set(steps))")
  }

  @Test func slicesCutInMidGOPDecodeToTheSamePictures() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 4)])
    (sender.length, sender.cutsMidGOP, sender.audio, sender.bFrames) = (4, true, nil, 2)
    _ = try SessionMaker.make([sender], in: folder.path("archive"))
    let session = try openSession(at: folder.path("archive"))
    let track = try #require(session.participants.first?.video)
    #expect(track.slices.contains { !$0.slice.startsWithKeyFrame })
    // Each template is a group of two slices, of 5 pictures a second.
    let joined = "concat:" + track.slices.map(\.slice.resource.path).joined(separator: "|")
    let uncut = try pictureHashes(["-i", joined])
    let (path, report) = try transcodeFirst(session, into: folder, quickly { $0.crf = 0 })
    #expect(report.losses.isEmpty)
    #expect(report.picturesEncoded == 80)
    // Quality 0 loses nothing.
    #expect(try pictureHashes(["-i", path]) == uncut)
    #expect(uncut.count == 80)
  }

  @Test func everyPictureKeepsItsTime() throws {
    let folder = try TemporaryFolder()
    let source = folder.path("vfr.mkv")
    // Every third picture, then all, then every seventh.
    let choice = "select='not(mod(n,3))*lt(t,3)+between(t,3,6)+not(mod(n,7))*gt(t,6)'"
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=30:d=10"]
        + ["-vf", choice, "-fps_mode", "vfr", "-c:v", "libx264", "-preset", "ultrafast", source])
    let sent = try pictureTimes(source)
    let (path, _) = try transcodeFirst(try openSession(at: source), into: folder, quickly())
    let kept = try pictureTimes(path)
    #expect(kept.count == sent.count)
    #expect(zip(kept, sent).allSatisfy { abs($0 - $1) < 0.002 })
    let (steady, _) = try transcodeFirst(
      try openSession(at: source), into: folder, quickly { $0.fps = 25 }, name: "steady")
    let times = try pictureTimes(steady)
    #expect(abs(times.count - Int((10 * 25))) <= 1 + 25 / 4)
    #expect(zip(times, times.dropFirst()).allSatisfy { abs($1 - $0 - 0.04) < 0.001 })
  }

  @Test func manySizesComeOntoOneCanvas() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("7", [.init(start: 0, slices: 10)])
    (sender.length, sender.audio, sender.frameRate) = (1, nil, 30)
    (sender.width, sender.height) = (96, 64)
    for slice in stride(from: 1, to: 10, by: 2) {
      sender.sizes[slice] = (64, 96)
      sender.sizes[slice + 1] = (96, 64)
    }
    _ = try SessionMaker.make([sender], in: folder.path("archive"))
    let session = try openSession(at: folder.path("archive"))
    var options = quickly { $0.fps = 30 }
    options.fit = .cover
    let (path, report) = try transcodeFirst(session, into: folder, options)
    #expect(try pictureTimes(path).count == 300)
    #expect(report.picturesEncoded == 300)
    let probe = try #require(try Probe(path).streams.first)
    #expect((probe.width, probe.height) == (96, 64))
    #expect(try Content(path).flashes.map { Int($0.rounded()) } == Array(0..<10))
  }

  @Test func whatIsAlreadyAsAskedIsCopied() throws {
    let folder = try TemporaryFolder()
    let source = try Clip(.h264, .aac, seconds: 6).make(in: folder.path)
    let session = try openSession(at: source)
    let (path, report) = try transcodeFirst(session, into: folder, TranscodeOptions())
    #expect(report.picturesEncoded == 0)
    #expect(report.encoded.isEmpty)
    #expect(report.copied == [Stretch(start: .zero, end: session.duration)])
    #expect(try Elementary(.video, of: path) == Elementary(.video, of: source))
    #expect(try Elementary(.audio, of: path) == Elementary(.audio, of: source))
    let (webm, encoded) = try transcodeFirst(
      session, into: folder, quickly(), .webm,
      over: Stretch(
        start: .zero, end: MediaTime(seconds: 2)))
    #expect(try Probe(webm).codec("video") == "vp9")
    #expect(try Probe(webm).codec("audio") == "opus")
    #expect(encoded.copied.isEmpty)
    let content = try Content(webm)
    #expect(content.flashes.count == 2)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
  }

  @Test(arguments: [
    (Container.mp4, VideoOptions.Codec.h265), (.webm, .vp8), (.mkv, .av1), (.ts, .h264),
    (.flv, .h264), (.mov, .h264),
  ])
  func everyContainerAndCodec(_ container: Container, _ codec: VideoOptions.Codec) throws {
    let folder = try TemporaryFolder()
    var clip = Clip(.h264, .aac, seconds: 3)
    (clip.width, clip.height) = (128, 96)
    let session = try openSession(at: try clip.make(in: folder.path))
    var options = quickly {
      $0.codec = codec
      $0.crf = 40
    }
    options.audio.bitrate = 64
    let (path, report) = try transcodeFirst(session, into: folder, options, container)
    #expect(try Probe(path).codec("video") == codec.libavName)
    #expect(report.tracks.map(\.codec) == [container.usualAudioCodec, codec.libavName])
    // The ffmpeg program takes another zero where it reads one stream of a TS file alone.
    var measured = path
    if container == .ts {
      measured = folder.path("measured.mkv")
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-copyts", "-i", path, "-c", "copy", measured])
    }
    let content = try Content(measured)
    #expect(content.complaints.isEmpty)
    #expect(content.flashes.count == 3)
    #expect(try #require(content.largestOffset) <= Content.promisedOffset)
  }

  @Test func heAACNeedsItsLibrary() throws {
    guard !Encoder.exists("libfdk_aac") else { return }
    let folder = try TemporaryFolder()
    let session = try openSession(at: try Clip(nil, .aac, seconds: 1).make(in: folder.path))
    var options = TranscodeOptions()
    options.audio.profile = .he
    let failure = #expect(throws: Failure.self) {
      try transcodeFirst(session, into: folder, options)
    }
    #expect(failure?.reason == "HE-AAC needs libfdk_aac, which the linked FFmpeg lacks")
    #expect(failure?.code == .unavailable)
  }
}
