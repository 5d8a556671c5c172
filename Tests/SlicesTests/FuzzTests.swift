import TestSupport
import Basics
import Testing

@testable import Slices

/// Whatever bytes a name, a playlist or an MPD has, reading it ends with a value that can be
/// written and read again.
@Suite("Damaged texts")
struct FuzzTests {
  static let rounds = Rounds.ofFuzz(ordinary: 2000)

  /// The text with a few bytes changed, removed, doubled or cut off.
  static func damaged(_ text: String, using generator: inout Seeded) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &generator)
      let end = min(bytes.count, at + Int.random(in: 1...30, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
      case 1: bytes[at] = bytes[at] ^ (1 << UInt8.random(in: 0..<8, using: &generator))
      case 2: bytes.removeSubrange(at..<end)
      case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
      case 4: bytes.insert(contentsOf: Array("9223372036854775807".utf8), at: at)
      default: bytes.removeSubrange(at...)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("of names are refused, or come back")
  func names() {
    var generator = Seeded(seed: 21)
    let names = SliceNameTests.names.map(\.0)
    for round in 0..<Self.rounds {
      let text = Self.damaged(names[round % names.count], using: &generator)
      if let name = SliceName(parsing: text) {
        #expect(name.text == text)
        #expect(SliceName.finished(SliceName.unfinished(text)) == text)
        _ = name.reading(asChannel: "class")
      }
    }
  }

  @Test("of playlists are read, and what was read comes back")
  func playlists() {
    var generator = Seeded(seed: 22)
    let texts = [PlaylistTests.agora, PlaylistTests.windows, PlaylistTests.canonical]
    for round in 0..<Self.rounds {
      let text = Self.damaged(texts[round % texts.count], using: &generator)
      let (playlist, problems) = Playlist.parse(text)
      #expect(playlist != nil || !problems.isEmpty)
      if case .media(let media) = playlist, !media.entries.contains(where: \.isOdd) {
        let again = PlaylistTests.media(media.text).0
        #expect(again?.text == media.text)
        #expect(again?.entries.count == media.entries.count)
      }
    }
  }

  @Test("of MPDs are read, and what was read comes back")
  func mpds() {
    var generator = Seeded(seed: 23)
    for _ in 0..<Self.rounds {
      let text = Self.damaged(MPDTests.text, using: &generator)
      let (mpd, problems) = MPD.parse(text)
      #expect(mpd != nil || !problems.isEmpty)
      if let mpd {
        let again = MPD.parse(mpd.text).mpd
        let count = mpd.representations.map(\.segments.count).reduce(0, +)
        #expect(again?.representations.map(\.segments.count).reduce(0, +) == count)
      }
    }
  }
}

extension MediaPlaylist.Entry {
  /// An entry that no playlist can hold, as its file name would be read as something else.
  fileprivate var isOdd: Bool { media.uri.isEmpty || duration < .zero }
}
