import Archive
import Basics
import Posix
import Slices
import TestSupport
import Testing

/// Whatever bytes a slice has, opening and reading it ends, with a result or an error.
@Suite struct FuzzTests {
  static let rounds = Rounds.ofFuzz(ordinary: 150)

  private func damaged(_ bytes: [UInt8], using generator: inout Seeded) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...20, using: &generator) where !bytes.isEmpty {
      // The head decides most.
      let reach = Bool.random(using: &generator) ? min(600, bytes.count) : bytes.count
      let at = Int.random(in: 0..<reach, using: &generator)
      let end = min(bytes.count, at + Int.random(in: 1...300, using: &generator))
      switch Int.random(in: 0..<8, using: &generator) {
      case 0...2: bytes[at] = UInt8.random(in: 0...255, using: &generator)
      case 3, 4: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 5: bytes.removeSubrange(at..<end)
      case 6: bytes.insert(contentsOf: bytes[at..<end], at: at)
      default: if Int.random(in: 0..<4, using: &generator) == 0 { bytes.removeSubrange(at...) }
      }
    }
    return bytes
  }

  @Test(arguments: [false, true])
  func `Damaged slices do no harm`(webm: Bool) throws {
    let folder = try TemporaryFolder()
    var sender = MadeSender("1", [.init(start: 0, slices: 3)])
    sender.length = 8
    if webm { (sender.video, sender.audio) = (.vp8, .opus) }
    let made = try SessionMaker.make([sender], in: folder.path)
    var generator = Seeded(seed: webm ? 41 : 42)
    let whole = try made.slices.map { ($0.path, try readFile($0.path)) }
    var read = 0
    for round in 0..<Self.rounds {
      let (path, bytes) = whole[round % whole.count]
      try writeFile(path, damaged(bytes, using: &generator))
      let begin = steadyNow()
      let session = try openSession(at: made.folder)
      for track in session.participants.flatMap(\.tracks) {
        let places = try ReadTrack(track).places
        read += places.count
        #expect(places.count < 5000)
        #expect(zip(places, places.dropFirst()).allSatisfy { $0.dts < $1.dts })
      }
      // Slices that are whole stay where they are.
      #expect(session.participants.map(\.uid) == ["1"])
      #expect(steadyNow() - begin < MediaTime(seconds: 10))
      try writeFile(path, bytes)
    }
    #expect(read > 0)
  }
}
