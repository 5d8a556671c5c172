import Plan

/// The keys of a `snapshot` step.
enum SnapshotKeys {
  static let interval = Key<Double>.number(
    "interval", 10, in: 0.1...3600, unit: "seconds",
    "a picture at 0, at this, at twice this and so on")
  static let at = Key<[Double]?>.numbers(
    "at", in: 0...1e7, unit: "seconds", count: 1...100_000,
    "the moments of the pictures, instead of 'interval'")
  static let accuracy = Key<SnapshotAccuracy>.choice(
    "accuracy", .exact,
    "the picture that shows at the moment, or the key frame at or before it, which is faster")
  static let quality = Key<Int>.integer(
    "quality", 85, in: 1...100, "of the JPEG files: 100 is best")
  static let width = Key<Int?>.integer(
    "width", in: 16...8192, unit: "pixels",
    "without it as the height and the picture's shape say")
  static let height = Key<Int?>.integer(
    "height", in: 16...8192, unit: "pixels",
    "without it as the width and the picture's shape say")
  static let fit = Key<Fit>.choice(
    "fit", .contain, "how pictures fill another shape: with bars, cut off, or stretched")
  static let fill = Key<SnapshotFill>.choice(
    "fill", .none, "what is taken in a gap of the video: nothing, or the last picture")
  static let thumbnails = Key<Bool>.flag(
    "thumbnails", false, "contact sheets with WebVTT files for players, and snapshots.json")

  static let all =
    [
      interval.definition, at.definition, accuracy.definition, quality.definition,
      width.definition, height.definition, fit.definition, fill.definition,
      thumbnails.definition,
    ] + CommonKeys.all
}
