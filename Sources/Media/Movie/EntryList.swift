import Basics
import Posix

/// The entries of a table of an MP4 file, which grows with each packet: beyond a few they lie in a
/// file without a name.
final class EntryList {
  private static let most = 1 << 15

  private let folder: String
  private var file: ScratchFile?
  private var recent: [UInt8] = []
  private var stored = 0
  private(set) var count: UInt32 = 0
  /// Why an entry has been lost, as on a disk that is full.
  private(set) var failure: Failure?

  init(in folder: String) { self.folder = folder }

  /// In bytes.
  var size: Int { stored + recent.count }

  func append(_ entry: UInt32...) {
    for number in entry {
      withUnsafeBytes(of: number.bigEndian) { recent.append(contentsOf: $0) }
    }
    count += 1
    if recent.count >= Self.most { store() }
  }

  private func store() {
    do throws(Failure) {
      let file = if let file { file } else { try ScratchFile(in: folder) }
      self.file = file
      let bytes = recent
      try file.write(bytes.span.bytes, at: stored)
    } catch {
      failure = error
    }
    stored += recent.count
    recent.removeAll(keepingCapacity: true)
  }

  /// Hands out the entries, in order, some at a time; none is split.
  func forEachStretch(_ body: (UnsafeRawBufferPointer) -> Void) {
    var offset = 0
    var bytes: [UInt8] = []
    while offset < stored {
      let part = min(stored - offset, Self.stretch)
      bytes = Array(repeating: 0, count: part)
      do throws(Failure) {
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        try file?.read(into: &raw, at: offset)
      } catch {
        failure = error
      }
      bytes.withUnsafeBytes(body)
      offset += part
    }
    recent.withUnsafeBytes(body)
  }

  /// A multiple of the sizes of all entries.
  private static let stretch = 24 << 10
}
