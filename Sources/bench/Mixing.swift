import Basics
import Posix
import TestSupport

/// Mixes talks with one command, and with `ffmpeg`'s filter at the same encoder settings.
func mixing(in folder: String, runs: Int) throws -> [Result] {
  let aac = try Talk(in: folder, name: "five", uids: 5, minutes: 10, .aac)
  let opus = try Talk(in: folder, name: "seventeen", uids: 17, minutes: 20, .opus)
  let cores = Double(processorCount)
  var results: [Result] = []
  for (talk, ending, encoder) in [
    (aac, "mp3", "libmp3lame"), (aac, "m4a", "aac"), (opus, "mp3", "libmp3lame"),
    (opus, "m4a", "aac"),
  ] {
    let ratio = try compare(
      "mix of \(talk.title) to \(ending)", runs: runs,
      ours: { talk.ours("\(folder)/ours-\($0).\(ending)", jobs: nil) },
      theirs: { talk.theirs("\(folder)/theirs-\($0).\(ending)", encoder) })
    results.append(
      .ratio("mix of \(talk.title) to \(ending) against amix", ratio, atLeast: 0.9 * cores))
    let alone = try compare(
      "the same with one worker", runs: runs,
      ours: { talk.ours("\(folder)/alone-\($0).\(ending)", jobs: 1) },
      theirs: { talk.theirs("\(folder)/theirs-\($0).\(ending)", encoder) })
    results.append(.ratio("… with one worker", alone, atLeast: 1))
  }
  let memory = try [aac, opus].map { talk in
    try peakMemory(talk.ours("\(folder)/memory.mp3", jobs: nil))
  }
  results.append(.memory("… memory for both talks", memory.max() ?? 0, atMost: 150 << 20))
  return results
}

/// The most memory that a command has at once, in bytes.
private func peakMemory(_ command: [String]) throws -> Int {
  let child = try ChildProcess(command[0], Array(command.dropFirst()))
  var peak = 0
  while let usage = Usage(of: child), usage.residentBytes > 0 {
    peak = max(peak, usage.residentBytes)
    Wait.seconds(0.02)
  }
  _ = child.wait()
  return peak
}

/// An archive of people who talk, and the same as one file of each.
private struct Talk {
  let title: String
  let archive: String
  let files: [String]

  init(in folder: String, name: String, uids: Int, minutes: Int, _ codec: AudioCodec) throws {
    title = "\(uids) uids × \(minutes) min \(codec.rawValue)"
    let archive = "\(folder)/\(name)"
    let senders = (1...uids).map { uid -> MadeSender in
      var sender = MadeSender("\(uid)", [.init(start: 0, slices: minutes * 60 / 16)])
      sender.video = nil
      sender.audio = codec
      return sender
    }
    _ = try SessionMaker.make(senders, in: archive)
    let joined = "\(folder)/\(name)-files"
    try output(of: Products.rushes, ["merge", archive, "-o", joined], seconds: 600)
    self.archive = archive
    files = try Files.below(joined).filter {
      ["mp4", "m4a", "webm", "mkv"].contains(pathExtension($0))
    }
    guard files.count == uids else {
      throw Failure(joined, cannot: "use", "it holds \(files.count) files", .software)
    }
  }

  func ours(_ path: String, jobs: Int?) -> [String] {
    [Products.rushes, "mix", archive, "-o", path, "--force"]
      + (jobs.map { ["--jobs", "\($0)"] } ?? [])
  }

  func theirs(_ path: String, _ encoder: String) -> [String] {
    ["ffmpeg", "-nostdin", "-v", "error", "-y"] + files.flatMap { ["-i", $0] }
      + ["-filter_complex", "amix=inputs=\(files.count):normalize=0", "-ac", "2"]
      + ["-c:a", encoder, "-b:a", "96k", path]
  }
}
