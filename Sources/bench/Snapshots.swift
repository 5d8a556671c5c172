import Basics
import Posix
import TestSupport

/// Pictures every ten seconds of ten minutes of 720p at 30 pictures a second, a key frame every 2 s:
/// each in the middle between two.
func snapshots(in folder: String) throws -> [Result] {
  let clip = "\(folder)/clip.mp4"
  let film = "\(folder)/film.ts"
  // Not a loop of a minute: the joints would not lie on the grid of the pictures.
  try output(
    of: "ffmpeg",
    [
      "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30:d=600",
      "-c:v", "libx264", "-preset", "veryfast", "-g", "60", "-sc_threshold", "0",
      "-force_key_frames", "expr:if(n_forced,gte(t,2*n_forced-1),1)", "-pix_fmt", "yuv420p", clip,
    ], seconds: 900)
  let archive = "\(folder)/film"
  try makeFolder(archive)
  let copy = ["-nostdin", "-v", "error", "-y", "-i", clip, "-c", "copy"]
  try output(of: "ffmpeg", copy + [film], seconds: 300)
  try output(
    of: "ffmpeg",
    copy + ["-f", "hls", "-hls_time", "15", "-hls_list_size", "0", "\(archive)/film.m3u8"],
    seconds: 300)
  let exact = try compare(
    "a picture every 10 s of 10 min", runs: 3,
    ours: { [Products.rushes, "snapshot", "\(archive)/film.m3u8", "-o", "\(folder)/exact-\($0)"] },
    theirs: {
      [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-i", film, "-vf",
        "select='isnan(prev_selected_t)+gte(t-prev_selected_t,10)'", "-vsync", "vfr",
        "\(folder)/theirs-\($0)-%03d.jpg",
      ]
    })
  let keys = try compare(
    "a key frame every 10 s of 10 min", runs: 5,
    ours: {
      [
        Products.rushes, "snapshot", "\(archive)/film.m3u8", "--accuracy", "keyframe", "-o",
        "\(folder)/keys-\($0)",
      ]
    },
    theirs: {
      [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-skip_frame", "nokey", "-i", film, "-vf",
        "select='isnan(prev_selected_t)+gte(t-prev_selected_t,10)'", "-vsync", "vfr",
        "\(folder)/nokey-\($0)-%03d.jpg",
      ]
    })
  let report = try Files.text("\(folder)/exact-0/rushes-report.json")
  let decoded = Double(number(of: "picturesDecoded", in: report)) / 18_000
  return [
    .ratio("snapshots, exact, against ffmpeg select", exact, atLeast: 8),
    .ratio("snapshots of key frames against ffmpeg -skip_frame nokey", keys, atLeast: 1.2),
    Result(
      work: "pictures decoded for exact snapshots", promise: "≤ 20.00 %",
      measured: "\(twoDecimals(decoded * 100)) %", isKept: decoded <= 0.2),
    try likeness(to: film, in: folder), try memory(of: clip, in: folder),
  ]
}

/// How near our pictures are to those that ffmpeg makes of the same moments, at their worst.
///
/// They are told by their numbers: an expression of times falls behind by a picture where their
/// difference is rounded to less than ten seconds.
private func likeness(to film: String, in folder: String) throws -> Result {
  try output(
    of: "ffmpeg",
    [
      "-nostdin", "-v", "error", "-y", "-i", film, "-vf", "select='not(mod(n,300))'", "-vsync",
      "vfr", "-q:v", "2", "\(folder)/same-%03d.jpg",
    ], seconds: 300)
  let result = try run(
    "ffmpeg",
    [
      "-nostdin", "-v", "info", "-pattern_type", "glob", "-i", "\(folder)/exact-0/*.jpg", "-i",
      "\(folder)/same-%03d.jpg", "-lavfi", "[0][1]psnr", "-f", "null", "-",
    ], seconds: 300)
  let text = result.standardError
  let value = text.firstRange(of: "min:").flatMap { found in
    Double(text[found.upperBound...].prefix { $0.isNumber || $0 == "." })
  }
  return Result(
    work: "snapshots against ffmpeg's, the worst PSNR", promise: "≥ 40.00 dB",
    measured: "\(value.map(twoDecimals) ?? "?") dB", isKept: (value ?? 0) >= 40)
}

/// The memory that pictures of 17 participants take.
private func memory(of clip: String, in folder: String) throws -> Result {
  let archive = "\(folder)/class"
  try makeFolder(archive)
  let copy = ["-nostdin", "-v", "error", "-y", "-stream_loop", "5", "-i", clip, "-c", "copy"]
  let hour = ["-f", "hls", "-hls_time", "15", "-hls_list_size", "0"]
  try output(of: "ffmpeg", copy + hour + ["\(archive)/0.m3u8"], seconds: 300)
  let list = try Files.text("\(archive)/0.m3u8")
  for uid in 1..<17 { try writeFile("\(archive)/\(uid).m3u8", list.utf8) }
  let peak = try peakMemory(
    [Products.rushes, "snapshot", archive, "-o", "\(folder)/class-out", "--thumbnails"])
  return .memory("snapshots of 17 uids of 1 h", peak, atMost: 200 << 20)
}
