import Basics
import Posix
import TestSupport

/// Makes a small file of a large one, beside the `ffmpeg` program at the same encoder settings; and
/// one of a hundred sizes, beside one of a single size.
func transcoding(in folder: String, runs: Int) throws -> [Result] {
  let source = "\(folder)/large.mp4"
  try makePictures(at: source, ["testsrc2=s=1280x720:r=30:d=60,noise=alls=8:allf=t"])
  let ratio = try compare(
    "60 s of 1280x720 to 640x360, x264 medium, 800 kbit/s", runs: runs,
    ours: { smaller(source, "\(folder)/ours-\($0).mp4") },
    theirs: {
      ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-vf", "scale=640:360"]
        + ["-c:v", "libx264", "-preset", "medium", "-b:v", "800k", "\(folder)/theirs-\($0).mp4"]
    })
  let likeness = try (
    ours: structuralLikeness("\(folder)/ours-1.mp4", source),
    theirs: structuralLikeness("\(folder)/theirs-1.mp4", source)
  )
  let sizes = (
    ours: fileSize("\(folder)/ours-1.mp4") ?? 0, theirs: fileSize("\(folder)/theirs-1.mp4") ?? 1
  )
  show("  SSIM \(likeness.ours) and \(likeness.theirs), bytes \(sizes.ours) and \(sizes.theirs)")

  let (many, one) = ("\(folder)/many.webm", "\(folder)/one.webm")
  // A hundred stretches of a tenth of a second, of two sizes by turns; and the same pictures in one.
  let odd = "testsrc2=s=640x360:r=30:d=0.1"
  let even = "testsrc2=s=480x360:r=30:d=0.1"
  try makeSizes(at: many, folder, [odd, even])
  try makeSizes(at: one, folder, [odd, even + ",pad=640:360:80:0"])
  let sized = try compare(
    "10 s of a hundred sizes", runs: runs,
    ours: { smaller(many, "\(folder)/many-\($0).mp4") },
    theirs: { smaller(one, "\(folder)/one-\($0).mp4") })
  let pictures = try PacketTimes(.video, of: "\(folder)/many-1.mp4").times.count
  return [
    .ratio("transcode to 640x360 against ffmpeg", ratio, atLeast: 1),
    Result(
      work: "… SSIM against ffmpeg's", promise: "≥ -0.002",
      measured: "\(Double(Int((likeness.ours - likeness.theirs) * 1e4)) / 1e4)",
      isKept: likeness.ours >= likeness.theirs - 0.002
        && Double(sizes.ours) <= Double(sizes.theirs) * 1.03),
    .ratio("a hundred sizes in 10 s against one", sized, atLeast: 1 / 1.3),
    Result(
      work: "… their pictures at 30 fps", promise: "300", measured: "\(pictures)",
      isKept: pictures == 300),
  ]
}

private func smaller(_ source: String, _ path: String) -> [String] {
  [Products.rushes, "transcode", source, "-o", path, "--video-width", "640"]
    + ["--video-height", "360", "--video-fps", "30", "--video-bitrate", "800"]
}

private func makePictures(at path: String, _ inputs: [String]) throws {
  try output(
    of: "ffmpeg",
    ["-nostdin", "-v", "error", "-y"] + inputs.flatMap { ["-f", "lavfi", "-i", $0] }
      + ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", path])
}

/// Joins short clips in VP8, which changes its size from key frame to key frame.
private func makeSizes(at path: String, _ folder: String, _ inputs: [String]) throws {
  var list = ""
  for (index, input) in inputs.enumerated() {
    let part = "\(folder)/part-\(index).webm"
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", input, "-c:v", "libvpx"]
        + ["-deadline", "realtime", "-b:v", "2M", part])
  }
  for index in 0..<100 { list += "file 'part-\(index % inputs.count).webm'\nduration 0.1\n" }
  try replaceFile("\(folder)/parts.txt", with: list.utf8)
  try output(
    of: "ffmpeg",
    ["-nostdin", "-v", "error", "-y", "-f", "concat", "-i", "\(folder)/parts.txt"]
      + ["-c", "copy", path])
}

/// How much a file's pictures look like the source's, 1 being the same.
private func structuralLikeness(_ path: String, _ source: String) throws -> Double {
  let result = try run(
    "ffmpeg",
    ["-nostdin", "-hide_banner", "-i", path, "-i", source, "-lavfi"]
      + ["[1:v]scale=640:360[b];[0:v][b]ssim", "-f", "null", "-"], seconds: 300)
  let all = result.standardError.split(separator: " ").last { $0.hasPrefix("All:") }
  return all.flatMap { Double($0.dropFirst(4)) } ?? 0
}
