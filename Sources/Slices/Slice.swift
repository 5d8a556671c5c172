package import Basics

/// One slice as found: what its name, its index and its media say of it.
///
/// A day of many people has hundreds of thousands, so that it is small: what neighbours have in
/// common lies apart, once for all that `SlicePool` has seen.
package struct Slice: Hashable, Sendable {
  fileprivate struct Shared: Hashable {
    var path: SlicePath
    var bytes: Range<Int64>?
    var initialization: MediaResource?
    var format: Format
    var changes: [FormatChange]
    var startsWithKeyFrame: Bool
    var isDiscontinuous: Bool
  }

  fileprivate final class Box: Hashable, Sendable {
    let shared: Shared

    init(_ shared: Shared) { self.shared = shared }

    static func == (a: Box, b: Box) -> Bool { a === b || a.shared == b.shared }
    func hash(into hasher: inout Hasher) { hasher.combine(shared) }
  }

  fileprivate var box: Box
  /// The digits of its path that are its own.
  private var number: Int64
  /// Milliseconds of Unix time; the lowest number for none.
  private var stamp: Int64
  /// Its own timestamp of the first sample or picture presented.
  package var first: MediaTime
  /// From `first` to the end of the last sample, or to the last picture plus the median interval.
  package var duration: MediaTime
  /// The bytes that count of its file, of all its tracks; 0 when nobody has looked.
  package var size: Int64 = 0

  package init(
    resource: MediaResource, initialization: MediaResource? = nil, utc: UTCTime?, first: MediaTime,
    duration: MediaTime, format: Format, changes: [FormatChange] = [],
    startsWithKeyFrame: Bool = true,
    isDiscontinuous: Bool = false
  ) {
    let path = SlicePath.split(resource.path)
    box = Box(
      Shared(
        path: path.0, bytes: resource.bytes, initialization: initialization, format: format,
        changes: changes, startsWithKeyFrame: startsWithKeyFrame, isDiscontinuous: isDiscontinuous))
    number = path.number
    stamp = utc?.milliseconds ?? .min
    self.first = first
    self.duration = duration
  }

  private var shared: Shared {
    get { box.shared }
    set { box = Box(newValue) }
  }

  package var resource: MediaResource {
    get { MediaResource(path: shared.path.text(number), bytes: shared.bytes) }
    set {
      (shared.path, number) = SlicePath.split(newValue.path)
      shared.bytes = newValue.bytes
    }
  }
  /// What must be read before it: `EXT-X-MAP`, or an MPD's `Initialization`.
  package var initialization: MediaResource? { shared.initialization }
  /// When it starts, by its name or the index; nil when neither says.
  package var utc: UTCTime? {
    get { stamp == .min ? nil : UTCTime(milliseconds: stamp) }
    set { stamp = newValue?.milliseconds ?? .min }
  }
  /// What it begins with.
  package var format: Format { shared.format }
  /// In order; only where the slice was read whole.
  package var changes: [FormatChange] { shared.changes }
  /// The first picture can be decoded without the slice before; always true for audio.
  package var startsWithKeyFrame: Bool { shared.startsWithKeyFrame }
  /// The index marks it as a start after an absence, or as a break of timestamps.
  package var isDiscontinuous: Bool {
    get { shared.isDiscontinuous }
    set { if newValue != shared.isDiscontinuous { shared.isDiscontinuous = newValue } }
  }
}

/// Keeps what slices have in common once.
package struct SlicePool {
  private var boxes: Set<Slice.Box> = []

  package init() {}

  /// The same slice, with what it has in common with others.
  package mutating func pooled(_ slice: Slice) -> Slice {
    var slice = slice
    slice.box = boxes.insert(slice.box).memberAfterInsert
    return slice
  }
}
