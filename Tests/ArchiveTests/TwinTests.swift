import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

/// Made twins of what is found in the world: odd packets, odd beginnings, odd lists.
@Suite struct TwinTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [2.5, 5, 10, 20, 40, 60, 80, 100, 120], [false, true])
  func `Opus packets of every length lie at their samples`(packet: Double, inTransport: Bool)
    throws
  {
    var sender = MadeSender("1", [.init(start: 0, slices: 4)])
    (sender.video, sender.audio, sender.length) = (nil, .opus, 3)
    (sender.opusPacket, sender.opusInTransport) = (packet, inTransport)
    let made = try SessionMaker.make([sender], in: folder.path)
    #expect(made.slices.allSatisfy { $0.path.hasSuffix(inTransport ? ".ts" : ".webm") })
    let session = try openSession(at: made.folder)
    #expect(session.problems.isEmpty, "\(session.problems)")
    let track = try #require(session.track("1", .audio))
    #expect(track.runs.count == 1)
    #expect(track.formats.map(\.codec) == ["opus"])
    let read = try ReadTrack(track)
    #expect(read.places.count == Int((12_000 / packet).rounded()))
    let length = MediaTime(flicks: Int64(packet * 705_600))
    #expect(read.places.allSatisfy { $0.duration == length })
    let steps = zip(read.places, read.places.dropFirst()).map { $1.pts - $0.pts }
    #expect(steps.allSatisfy { $0 == length })
    for slice in made.slices {
      let nearest = read.places.map { abs($0.pts.seconds - slice.place) }.min()
      #expect((nearest ?? 1) < 0.001, "\(slice.place)")
    }
  }

  @Test func `An MPD as Agora's own script reads it places WebM slices`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 2), .init(start: 40, slices: 2)])
    (sender.video, sender.audio, sender.length) = (.vp8, .opus, 8)
    sender.rotations = [0: 0, 3: 90]
    let made = try SessionMaker.make([sender], in: folder.path, style: .agoraMPD)
    let session = try openSession(at: made.folder)
    #expect(session.problems.isEmpty, "\(session.problems)")
    #expect(session.sid == made.sid)
    #expect(abs(session.duration.seconds - 56) < 0.03)
    for kind in TrackKind.allCases {
      let track = try #require(session.track("1", kind))
      #expect(track.slices.count == 4)
      #expect(track.gaps.map { $0.duration.seconds.rounded() } == [24])
      #expect(try session.error(made, "1", kind) < 0.002)
    }
    let turns = session.turns(of: try #require(session.track("1", .video)))
    #expect(turns.map(\.degrees) == [90])
    #expect(turns.map { $0.position.seconds.rounded() } == [48])
  }

  @Test func `Periods of WebM and of MP4 follow each other`() throws {
    let webm = Clip(.vp9, nil, seconds: 4)
    let mp4 = Clip(.h264, nil, seconds: 4)
    try webm.make(at: folder.path("a.webm"))
    try mp4.make(at: folder.path("b.mp4"))
    try webm.make(at: folder.path("c.webm"))
    let periods = [("a.webm", "webm", "vp9"), ("b.mp4", "mp4", "avc1"), ("c.webm", "webm", "vp9")]
      .map { name, type, codec in
        """
        <Period duration="PT4S"><AdaptationSet mimeType="video/\(type)">
        <Representation id="\(name)" bandwidth="1000" codecs="\(codec)">
        <BaseURL>\(name)</BaseURL><SegmentBase/></Representation></AdaptationSet></Period>
        """
      }
    let index = try folder.write(
      "talk.mpd",
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\">\(periods.joined())</MPD>")
    let session = try openSession(at: index)
    #expect(session.problems.isEmpty, "\(session.problems)")
    let track = try #require(session.track("talk", .video))
    #expect(track.runs.count == 1)
    let read = try ReadTrack(track)
    #expect(read.formats.map(\.codec) == ["vp9", "h264", "vp9"])
    let changes = read.places.filter { $0.startsFormat }.map { $0.pts.milliseconds }
    #expect(changes == [0, 4000, 8000])
    #expect(read.places.count == 360)
  }

  /// A file of two slices, one after the other.
  private func joined(_ sender: MadeSender, _ slices: [Int]) throws -> String {
    let made = try SessionMaker.make([sender], in: folder.path)
    let path = folder.path("joined.ts")
    try writeFile(path, try slices.flatMap { try readFile(made.slices[$0].path) })
    return path
  }

  @Test func `A size that changes in the middle of a file is seen`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 2)])
    (sender.audio, sender.length, sender.sizes) = (nil, 8, [1: (128, 96)])
    let session = try openSession(at: joined(sender, [0, 1]))
    let track = try #require(session.track("joined", .video))
    #expect(track.formats.map(\.width) == [64, 128])
    #expect(track.changes.map { $0.position.milliseconds } == [8000])
    let looks = session.looks(of: track, in: Stretch(start: .zero, end: session.duration))
    #expect(looks.map { $0.length.milliseconds } == [8000, 8000])
    let read = try ReadTrack(track)
    #expect(read.formats.map(\.width) == [64, 128])
    #expect(read.formats.map(\.height) == [64, 96])
    #expect(read.places.filter { $0.startsFormat }.map { $0.pts.milliseconds } == [0, 8000])
    #expect(read.places.count == 80)
  }

  @Test func `A file that begins without a key frame is shown from the first one on`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 4)])
    (sender.audio, sender.length, sender.cutsMidGOP) = (nil, 8, true)
    let session = try openSession(at: joined(sender, [1, 2]))
    let track = try #require(session.track("joined", .video))
    #expect(track.slices.map(\.slice.startsWithKeyFrame) == [false])
    let read = try ReadTrack(track)
    #expect(read.places.first?.pts.milliseconds == 8000)
    #expect(read.places.count == 40)
    #expect(read.problems.map(\.message) == ["40 pictures before its first key frame are left out"])
  }

  @Test func `A day that lists a few slices again and again is placed`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 5400)])
    sender.distinct = 3
    sender.jitter = 0.030
    let made = try SessionMaker.make([sender], in: folder.path, style: .hls(dates: true))
    #expect(try listFolder(made.folder).count == 9)
    let session = try openSession(at: made.folder)
    #expect(session.problems.isEmpty, "\(session.problems.prefix(3))")
    #expect(session.participants.map(\.uid) == ["1"])
    #expect(abs(session.duration.seconds - 86_400) < 0.03, "\(session.duration)")
    for kind in TrackKind.allCases {
      let track = try #require(session.track("1", kind))
      #expect(track.runs.count == 1)
      #expect(track.slices.count == 5400)
      let shift = session.shift(from: made)
      let places = made.slices(of: "1", video: kind == .video).map(\.place)
      let errors = zip(track.slices, places).map { abs($0.start.seconds + shift - $1) }
      #expect((errors.max() ?? 1) <= 0.020)
    }
  }
}
