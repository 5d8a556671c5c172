package import Basics

/// The lines of a text, to be shown beside what is wrong in them.
package struct SourceLines: Sendable, CustomStringConvertible {
  private let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The line of a place, without its end; nil where the text has no such line.
  package func line(of place: Place) -> String? {
    var start = SourceText(bytes, file: place.file).start
    for _ in 1..<max(1, place.line) {
      guard let end = bytes[start...].firstIndex(where: Self.isEnd) else { return nil }
      start = end + 1
      if bytes[end] == 0x0D, start < bytes.count, bytes[start] == 0x0A { start += 1 }
    }
    return String(decoding: bytes[start...].prefix { !Self.isEnd($0) }, as: UTF8.self)
  }

  private static func isEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  /// Short: what holds it may be described.
  package var description: String { "" }
}
