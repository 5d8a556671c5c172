import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

@Suite struct ManySlicesTests {
  @Test func `Ten thousand slices open quickly`() throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("1", [.init(start: 0, slices: 5000)])
    sender.length = 8
    sender.frameRate = 1
    let made = try SessionMaker.make([sender], in: folder.path)
    let begin = steadyNow()
    let session = try openSession(at: made.folder)
    let time = steadyNow() - begin
    print("10 000 slices opened in \(time) s")
    #expect(session.problems.isEmpty)
    #expect(session.participants.flatMap(\.tracks).map(\.slices.count) == [5000, 5000])
    #expect(abs(session.duration.seconds - 40_000) < 0.03)
    // A build for testing is many times slower than the one that is measured.
    #expect(time < MediaTime(seconds: 20))
  }
}
