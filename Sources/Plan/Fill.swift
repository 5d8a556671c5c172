/// What shows where the pictures of a uid have a gap.
package enum Fill: Hashable, Sendable {
  /// The last picture stays; before the first it is black.
  case hold
  case black
  /// The last picture for 3.5 s, then the picture of this file.
  case image(String)
  /// Stretches in which both tracks of the uid are absent are left out.
  case cut
}
