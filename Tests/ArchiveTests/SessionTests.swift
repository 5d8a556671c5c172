import Archive
import Basics
import Slices
import TestSupport
import Testing

/// Sessions of which the truth is known.
@Suite struct SessionTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `Eighty slices of sound last as long as they say`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 80)])
    (sender.video, sender.length) = (nil, 15)
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    #expect(session.sid == made.sid)
    #expect(session.cname == made.cname)
    #expect(session.start == made.start)
    #expect(abs(session.duration.seconds - 1200) <= 0.03, "\(session.duration)")
    let track = try #require(session.track("1", .audio))
    #expect(track.runs.count == 1)
    let read = try ReadTrack(track)
    #expect(read.places.count == 56_250)
    #expect(abs(read.sum - 1200) < 0.001)
    // Nothing clicks: each packet begins where the one before ends.
    let holes = zip(read.places, read.places.dropFirst()).map { before, after in
      abs((after.pts - before.pts - (before.duration ?? .zero)).seconds)
    }
    #expect((holes.max() ?? 1) < 0.000_1)
    #expect(try session.error(made, "1", .audio) < 0.001)
    #expect(session.problems.isEmpty, "\(session.problems)")
  }

  @Test func `Slices far apart stay apart`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 1), .init(start: 135, slices: 1)])
    (sender.restarts, sender.length) = (true, 15)
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    #expect(abs(session.duration.seconds - 150) <= 0.03, "\(session.duration)")
    for kind in TrackKind.allCases {
      let track = try #require(session.track("1", kind))
      #expect(track.gaps.count == 1)
      let gap = try #require(track.gaps.first)
      #expect(abs(gap.duration.seconds - 120) < 0.03, "\(gap)")
      #expect(try session.error(made, "1", kind) <= 0.020)
    }
  }

  @Test(arguments: [(0.090, 1), (0.110, 2)])
  func `Only a hole of more than 100 ms is a gap`(hole: Double, runs: Int) throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 6)])
    sender.holes = [3: hole]
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    #expect(session.track("1", .audio)?.runs.count == runs)
    #expect(session.track("1", .video)?.runs.count == runs)
    #expect(try session.error(made, "1", .audio) <= 0.005)
    #expect(try session.error(made, "1", .video) <= 0.005)
  }

  @Test func `Wraps of the clock are undone`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 6)])
    // The 33-bit clock wraps in the middle of the third slice.
    sender.firstTimestamp = Double(Int64(1) << 33) / 90_000 - 40.5
    sender.bFrames = 2
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    #expect(session.problems.isEmpty, "\(session.problems)")
    #expect(abs(session.duration.seconds - 96) <= 0.03, "\(session.duration)")
    for kind in TrackKind.allCases {
      #expect(session.track("1", kind)?.runs.count == 1)
      #expect(try session.error(made, "1", kind) <= 0.005)
    }
  }

  @Test func `Slices cut in mid-GOP go on where the one before ended`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 4)])
    sender.cutsMidGOP = true
    sender.audio = nil
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    let track = try #require(session.track("1", .video))
    #expect(track.slices.map(\.slice.startsWithKeyFrame) == [true, false, true, false])
    let read = try ReadTrack(track)
    #expect(read.places.count == 4 * 16 * 5)
    #expect(read.places.filter { !$0.continues }.count == 1)
    #expect(read.problems.isEmpty)
  }

  @Test func `What follows a lost slice in mid-GOP waits for a key frame`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 4)])
    sender.cutsMidGOP = true
    sender.audio = nil
    sender.damage = [0: .missing]
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    let track = try #require(session.track("1", .video))
    let read = try ReadTrack(track)
    #expect(read.places.count == 2 * 16 * 5)
    #expect(read.problems.map(\.message) == ["80 pictures before its first key frame are left out"])
  }

  @Test func `Changes of size show where they happen`() throws {
    var sender = MadeSender("1", [.init(start: 0, slices: 4)])
    sender.audio = nil
    sender.sizes = [2: (128, 96)]
    sender.rotations = [0: 0, 3: 90]
    let made = try SessionMaker.make([sender], in: folder.path)
    let session = try openSession(at: made.folder)
    let track = try #require(session.track("1", .video))
    #expect(track.formats.map(\.width) == [64, 128])
    #expect(track.changes.map { $0.position.milliseconds } == [32_000])
    let read = try ReadTrack(track)
    #expect(read.formats.map(\.width) == [64, 128])
    let change = try #require(read.places.dropFirst().first { $0.startsFormat })
    #expect(abs(change.pts.seconds - 32) < 0.001)
    let turns = session.turns(of: track)
    #expect(turns.map(\.degrees) == [90])
    #expect(abs((turns.first?.position.seconds ?? 0) - 48) < 0.001)
  }

  @Test func `Four hours keep flash, beep and clock together`() throws {
    var presences: [MadeSender.Presence] = []
    for index in 0..<21 { presences.append(.init(start: index * 690, slices: 41 - index % 3)) }
    var talker = MadeSender("7", presences)
    (talker.video, talker.audio) = (.vp8, .opus)
    (talker.width, talker.height, talker.frameRate) = (32, 32, 2)
    talker.driftPpm = 100
    talker.jitter = 0.030
    talker.dtx = 0.420
    var listener = MadeSender("8", [.init(start: 3, slices: 880)])
    listener.video = nil
    listener.jitter = 0.030
    let made = try SessionMaker.make([talker, listener], in: folder.path)
    let session = try openSession(at: made.folder)
    #expect(session.problems.isEmpty, "\(session.problems.prefix(5))")
    #expect(session.duration.seconds > 14_000)
    let video = try #require(session.track("7", .video))
    let audio = try #require(session.track("7", .audio))
    #expect(video.runs.count == 21)
    #expect(audio.runs.count == 21)
    #expect(abs(video.driftPpm - 100) < 10, "\(video.driftPpm)")
    let errors = [
      try session.error(made, "7", .video), try session.error(made, "7", .audio),
      try session.error(made, "8", .audio), try session.distance(made, "7"),
    ]
    print("four hours: errors of video, audio, the other's audio, flash to beep: \(errors)")
    #expect((errors.max() ?? 1) <= 0.020, "\(errors)")
  }
}
