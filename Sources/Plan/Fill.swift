package import Basics

/// What shows where the pictures of a uid have a gap.
package enum Fill: Hashable, Sendable {
  /// The last picture stays; before the first it is black.
  case hold
  case black
  /// The last picture stays for `imageDelay`, then the picture of this file is shown.
  case image(String)
  /// Stretches in which both tracks of the uid are absent are left out.
  case cut

  /// How long a picture stays before the user's own takes its place, as in Agora's cloud recording.
  package static let imageDelay = MediaTime(milliseconds: 3500)

  package var image: String? { if case .image(let path) = self { path } else { nil } }
}
