/// What a gap in the pictures becomes.
package enum Fill: String, Hashable, Sendable, CaseIterable {
  /// The last picture stays; before the first it is black.
  case hold
  case black
  /// The last picture stays for 3.5 s, then a picture of the user's is shown.
  case image
  /// Stretches in which the participant has neither sound nor pictures are left out.
  case cut
}
