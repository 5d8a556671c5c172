import TestSupport

/// What a user waits for before anything happens: the start, and the smallest useful work.
func startingUp(in folder: String) throws -> [Result] {
  let version = try compare(
    "start-up", runs: 41,
    ours: { _ in [Products.rushes, "--version"] },
    theirs: { _ in ["ffmpeg", "-version"] })

  let slice = "\(folder)/slice.ts"
  try Clip(seconds: 15).make(at: slice)
  let merge = try compare(
    "merge of one slice of 15 s", runs: 21,
    ours: { [Products.rushes, "merge", slice, "-o", "\(folder)/ours-\($0).mp4"] },
    theirs: {
      ["ffmpeg", "-nostdin", "-v", "error", "-i", slice, "-c", "copy"]
        + ["\(folder)/theirs-\($0).mp4"]
    })
  return [
    .ratio("start-up against ffmpeg", version, atLeast: 1),
    .ratio("merge of one slice against ffmpeg -c copy", merge, atLeast: 1),
  ]
}
