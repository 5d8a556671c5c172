import Basics
import Plan

/// The keys of a `merge` step.
enum MergeKeys {
  static let by = Key<MergeUnit>.choice(
    "by", .uid, "one file per uid, per segment (a stretch between absences), or of the session")
  static let format = Key<Container?>.choice(
    "format", among: Container.merged,
    "the file format; without it mp4 where it holds the codecs, else webm, else mkv")
  static let tracks = Key<TrackSelection>.choice(
    "tracks", .both, "audio and video, or one of them")
  static let align = Key<Alignment>.choice(
    "align", .uid, "begin at the uid's first sample, or at session zero")

  static let fill = FillKeys.fill
  static let image = FillKeys.image

  static let all =
    [
      by.definition, format.definition, tracks.definition, align.definition, fill.definition,
      image.definition,
    ] + CommonKeys.all
}
