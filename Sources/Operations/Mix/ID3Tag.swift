import Basics
import Media

/// A tag of ID3v2.4 with what players show of a file.
struct ID3Tag {
  private var frames: [UInt8] = []

  /// `date`: when it was recorded, as ISO 8601.
  init(title: String, date: String, chapters: [Muxer.Chapter]) {
    add("TIT2", text(title))
    add("TDRC", text(date))
    guard !chapters.isEmpty else { return }
    let names = chapters.indices.map { "chp\($0)" }
    // The table of contents: of the top level, in order.
    add(
      "CTOC",
      Array("toc\0".utf8) + [3, UInt8(clamping: chapters.count)]
        + names.prefix(255).flatMap { Array($0.utf8) + [0] })
    for (name, chapter) in zip(names, chapters).prefix(255) {
      var inner = ID3Tag()
      inner.add("TIT2", text(chapter.title))
      add(
        "CHAP",
        Array(name.utf8) + [0]
          + milliseconds(chapter.start) + milliseconds(chapter.end)
          // No byte offsets.
          + [UInt8](repeating: 0xff, count: 8) + inner.frames)
    }
  }

  private init() {}

  /// The whole tag.
  var bytes: [UInt8] { Array("ID3".utf8) + [4, 0, 0] + synchsafe(frames.count) + frames }

  private mutating func add(_ name: String, _ content: [UInt8]) {
    frames += Array(name.utf8) + synchsafe(content.count) + [0, 0] + content
  }

  /// UTF-8.
  private func text(_ text: String) -> [UInt8] { [3] + Array(text.utf8) }

  private func milliseconds(_ time: MediaTime) -> [UInt8] {
    bigEndian(UInt32(truncatingIfNeeded: time.milliseconds))
  }

  private func synchsafe(_ value: Int) -> [UInt8] {
    [21, 14, 7, 0].map { UInt8(value >> $0 & 0x7f) }
  }
}
