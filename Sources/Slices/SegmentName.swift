package import Basics

extension SliceName {
  /// The name of a file that belongs to the index `index`, as recorders would have named it: the
  /// segment that starts at `utc`, or, where that is nil, what must be read before all segments.
  ///
  /// `kind`: of a segment that holds one track; nil where it holds all.
  package static func segment(
    of index: String, _ kind: TrackKind? = nil, at utc: UTCTime? = nil, ext: String
  ) -> String {
    guard var name = SliceName(parsing: index) else {
      let stem = index.lastIndex(of: ".").map { index[..<$0] } ?? index[...]
      let parts = [String(stem), kind?.rawValue, utc?.digits].compactMap { $0 }
      return parts.joined(separator: "_") + ".\(ext)"
    }
    if let kind { name.content = Content(kind) }
    if let utc { name.tail = .utc(utc) }
    name.ext = ext
    return name.text
  }
}
