import Basics
import Posix
import TestSupport

/// Merges half a gigabyte by copy, and a user with gaps, beside what a person would type otherwise.
func merging(in folder: String, runs: Int) throws -> [Result] {
  let archive = try LargeArchive(in: folder)
  var results: [Result] = []
  let mp4 = try compare(
    "merge of \(archive.title) to MP4", runs: runs,
    ours: { archive.ours("\(folder)/ours-\($0).mp4") },
    theirs: { archive.theirs("\(folder)/theirs-\($0).mp4") })
  results.append(.ratio("TS to MP4 by copy against ffmpeg -c copy", mp4, atLeast: 1.5))
  try show("the same, with the index in front as ours", archive, runs, in: folder) {
    archive.theirs("\(folder)/front-\($0).mp4", ["-movflags", "+faststart"])
  }
  try show("the same, beside cp of the result", archive, runs, in: folder) {
    ["cp", "\(folder)/ours-1.mp4", "\(folder)/copy-\($0).mp4"]
  }
  let transport = try compare(
    "merge of \(archive.title) to TS", runs: runs,
    ours: { archive.ours("\(folder)/ours-\($0).ts") },
    theirs: { archive.theirs("\(folder)/theirs-\($0).ts") })
  results.append(.ratio("TS to TS against ffmpeg -c copy", transport, atLeast: 5))
  for name in try listFolder(folder) where name.hasSuffix(".mp4") || name.hasSuffix(".ts") {
    removeFile("\(folder)/\(name)")
  }
  results.append(try gaps(in: folder))
  return results + (try memory(in: folder))
}

/// Measures and shows a ratio that is not promised.
private func show(
  _ name: String, _ archive: LargeArchive, _ runs: Int, in folder: String,
  theirs: @escaping (Int) -> [String]
) throws {
  let ratio = try compare(
    name, runs: runs, ours: { archive.ours("\(folder)/ours-\($0).mp4") }, theirs: theirs)
  show("  ratio   \(twoDecimals(ratio)) ×")
}

/// Slices of 15 s of 720p at 1.7 Mbit/s and of sound, as a recorder leaves them, of 540 MB.
private struct LargeArchive {
  let title = "540 MB of slices"
  let index: String
  let tracks: [String]

  init(in folder: String) throws {
    let minute = "\(folder)/minute.mp4"
    let archive = "\(folder)/large"
    try makeFolder(archive)
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i"]
        + ["testsrc2=s=1280x720:r=30:d=60,noise=alls=20:allf=t,format=yuv420p"]
        + ["-f", "lavfi", "-i", "sine=440:r=48000:d=60"]
        + ["-c:v", "libx264", "-preset", "ultrafast", "-g", "60", "-sc_threshold", "0", "-bf", "0"]
        + ["-b:v", "1700k", "-minrate", "1700k", "-maxrate", "1700k", "-bufsize", "1700k"]
        + ["-c:a", "aac", "-b:a", "64k", minute], seconds: 300)
    for (kind, stream) in [("video", "0:v"), ("audio", "0:a")] {
      try output(
        of: "ffmpeg",
        ["-nostdin", "-v", "error", "-y", "-stream_loop", "38", "-i", minute, "-map", stream]
          + ["-c", "copy", "-f", "hls", "-hls_time", "15", "-hls_list_size", "0"]
          + ["-hls_segment_filename", "\(archive)/\(kind)%04d.ts", "\(archive)/\(kind).m3u8"],
        seconds: 300)
    }
    index = "\(archive)/all.m3u8"
    tracks = ["\(archive)/video.m3u8", "\(archive)/audio.m3u8"]
    try writeFile(
      index,
      """
      #EXTM3U
      #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI="audio.m3u8"
      #EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO="a"
      video.m3u8

      """.utf8)
  }

  func ours(_ path: String) -> [String] {
    [Products.rushes, "merge", index, "-o", path, "--force"]
  }

  func theirs(_ path: String, _ options: [String] = []) -> [String] {
    ["ffmpeg", "-nostdin", "-v", "error", "-y"] + tracks.flatMap { ["-i", $0] }
      + ["-c", "copy"] + options + [path]
  }
}

/// A user who came back five times within six minutes: the last picture stays, and silence.
private func gaps(in folder: String) throws -> Result {
  let presences = (0..<6).map { MadeSender.Presence(start: $0 * 60, slices: 2) }
  var sender = MadeSender("7", presences)
  (sender.width, sender.height, sender.frameRate) = (640, 352, 15)
  let archive = "\(folder)/gaps"
  _ = try SessionMaker.make([sender], in: archive)
  let parts = "\(folder)/parts"
  try output(of: Products.rushes, ["merge", archive, "-o", parts, "--by", "segment"])
  let files = try Files.below(parts).filter { $0.hasSuffix(".mp4") }.map { "\(parts)/\($0)" }
  guard files.count == presences.count else {
    throw Failure(parts, cannot: "use", "it holds \(files.count) files", .software)
  }
  let pictures = files.indices.map { index in
    "[\(index + 1):v]setpts=PTS-STARTPTS+\(index * 60)/TB[v\(index)];"
      + "[\(index == 0 ? "0:v" : "o\(index - 1)")][v\(index)]overlay=eof_action=repeat[o\(index)];"
      + "[\(index + 1):a]adelay=\(index * 60_000):all=1[a\(index)];"
  }
  let filter =
    pictures.joined() + files.indices.map { "[a\($0)]" }.joined()
    + "amix=inputs=\(files.count):normalize=0[a]"
  let ratio = try compare(
    "merge of a user with 5 gaps in 332 s", runs: 1,
    ours: { [Products.rushes, "merge", archive, "-o", "\(folder)/held-\($0).mp4"] },
    theirs: { number in
      [
        "ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
        "color=s=640x352:r=15:d=332",
      ]
        + files.flatMap { ["-i", $0] }
        + ["-filter_complex", filter, "-map", "[o\(files.count - 1)]", "-map", "[a]"]
        + ["-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-t", "332"]
        + ["\(folder)/filtered-\(number).mp4"]
    })
  return .ratio("merge of 5 gaps, hold, against ffmpeg's filters", ratio, atLeast: 20)
}

/// The memory that 24 hours of 17 users take beside that of 24 minutes.
private func memory(in folder: String) throws -> [Result] {
  let day = 24 * 60
  let archives = try [24, day].map { minutes -> String in
    let senders = (1...17).map { uid -> MadeSender in
      var sender = MadeSender("\(uid)", [.init(start: 0, slices: minutes * 60 / 16)])
      // Packets of Opus fill the slices, so that a few of them can be listed all day long.
      (sender.audio, sender.opusInTransport, sender.distinct) = (.opus, true, 8)
      sender.opusPacket = 80
      return sender
    }
    let archive = "\(folder)/day-\(minutes)"
    _ = try SessionMaker.make(senders, in: archive, style: .hls(dates: true))
    return archive
  }
  return try ["mp4", "mkv"].map { format in
    let peaks = try archives.map { archive in
      let out = "\(folder)/memory"
      let command = [Products.rushes, "merge", archive, "-o", out, "--format", format]
      show("  ours    \(command.joined(separator: " "))")
      let peak = try peakMemory(command)
      for name in try listFolder(out) where !isFolder("\(out)/\(name)") {
        removeFile("\(out)/\(name)")
      }
      return peak
    }
    show("  peaks   \(peaks.map(mebibytes).joined(separator: " and "))")
    return .memory(
      "merge of 17 uids to \(format), 24 h more than 24 min", peaks[1] - peaks[0],
      atMost: 16 << 20)
  }
}
