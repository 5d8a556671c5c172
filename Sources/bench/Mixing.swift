import Basics
import Posix
import TestSupport

/// Mixes talks with one command, and with `ffmpeg`'s filter at the same encoder settings.
func mixing(in folder: String) throws -> [Result] {
  let cores = Double(processorCount)
  var results: [Result] = []
  for (talk, runs) in zip(try Talk.both(in: folder), [3, 2]) {
    let files = try talk.files()
    for (ending, encoder) in [("mp3", "libmp3lame"), ("m4a", "aac")] {
      let work = "mix of \(talk.title) to \(ending)"
      let times = try medians(
        work, runs: runs,
        [
          ("ours", { talk.ours("\(folder)/ours-\($0).\(ending)") }),
          ("alone", { talk.ours("\(folder)/alone-\($0).\(ending)", ["--jobs", "1"]) }),
          ("theirs", { talk.theirs(files, "\(folder)/theirs-\($0).\(ending)", encoder) }),
        ])
      results.append(.ratio("\(work) against amix", times[2] / times[0], atLeast: 0.9 * cores))
      results.append(.ratio("… with one worker", times[2] / times[1], atLeast: 1))
    }
  }
  return results
}

/// The memory and the allocations that the same mixes take.
func mixLimits(in folder: String) throws -> [Result] {
  let talks = try Talk.both(in: folder)
  return try memory(talks, in: folder) + talks.map { try allocations($0, in: folder) }
}

/// The memory that mixes take, however long they are.
private func memory(_ talks: [Talk], in folder: String) throws -> [Result] {
  let peaks = try talks.map { try peakMemory($0.ours("\(folder)/memory.mp3")) }
  // Of a day only what grows with it is of interest here: small sound, encoded quickly.
  let small = ["--audio-sample-rate", "16000", "--audio-channels", "1", "--audio-bitrate", "32"]
  let lengths = try [24, 24 * 60].map { minutes in
    let day = try Talk(
      in: folder, name: "day\(minutes)", uids: 5, minutes: minutes, .aac, distinct: 4)
    return try peakMemory(day.ours("\(folder)/memory.mp3", small))
  }
  return [
    .memory("memory of both mixes", peaks.max() ?? 0, atMost: 150 << 20),
    .memory("memory of 24 min of 5 uids", lengths[0], atMost: 150 << 20),
    .memory("… of 24 h", lengths[1], atMost: min(150 << 20, lengths[0] * 5 / 4)),
  ]
}

/// How often a mix allocates memory in a second of its length, beside what it does once.
private func allocations(_ talk: Talk, in folder: String) throws -> Result {
  func count(_ seconds: Int) throws -> Int {
    let file = "\(folder)/count"
    let command = talk.ours(
      "\(folder)/counted.mp3", ["--jobs", "1", "--range-end", "\(seconds)"])
    _ = try finished(
      ChildProcess(
        command[0], Array(command.dropFirst()),
        environment: ["LD_PRELOAD": Products.allocationCounter, "ALLOC_COUNT": file]))
    let bytes = try readFile(file)
    return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
  let (short, long) = (60, 300)
  let rate = try (count(long) - count(short)) / (long - short)
  let limit = try threshold("mixing", talk.title)
  return Result(
    work: "mix of \(talk.title), allocations for each second", promise: "≤ \(limit)",
    measured: "\(rate)", isKept: rate > 0 && rate <= limit)
}

/// An archive of people who talk, and the same as one file of each.
private struct Talk {
  let title: String
  private let archive: String
  private let uids: Int

  static func both(in folder: String) throws -> [Talk] {
    [
      try Talk(in: folder, name: "five", uids: 5, minutes: 10, .aac),
      try Talk(in: folder, name: "seventeen", uids: 17, minutes: 20, .opus),
    ]
  }

  /// `distinct`: so many slices of each uid are written, and listed again and again.
  init(
    in folder: String, name: String, uids: Int, minutes: Int, _ codec: AudioCodec,
    distinct: Int? = nil
  ) throws {
    title = "\(uids) uids × \(minutes) min \(codec.rawValue)"
    let archive = "\(folder)/\(name)"
    let senders = (1...uids).map { uid -> MadeSender in
      var sender = MadeSender("\(uid)", [.init(start: 0, slices: minutes * 60 / 16)])
      sender.video = nil
      // They speak in turns.
      sender.delay = Double(uid - 1) / Double(uids)
      sender.audio = codec
      sender.distinct = distinct
      return sender
    }
    _ = try SessionMaker.make(
      senders, in: archive, style: distinct == nil ? .agora : .hls(dates: true))
    self.archive = archive
    self.uids = uids
  }

  /// The sound of each uid as one file.
  func files() throws -> [String] {
    let joined = "\(archive)-files"
    try output(
      of: Products.rushes, ["merge", archive, "-o", joined, "--align", "session"], seconds: 600)
    let files = try Files.below(joined)
      .filter { ["mp4", "m4a", "webm", "mkv"].contains(pathExtension($0)) }
      .map { "\(joined)/\($0)" }
    guard files.count == uids else {
      throw Failure(joined, cannot: "use", "it holds \(files.count) files", .software)
    }
    return files
  }

  func ours(_ path: String, _ options: [String] = []) -> [String] {
    [Products.rushes, "mix", archive, "-o", path, "--force"] + options
  }

  func theirs(_ files: [String], _ path: String, _ encoder: String) -> [String] {
    ["ffmpeg", "-nostdin", "-v", "error", "-y"] + files.flatMap { ["-i", $0] }
      + ["-filter_complex", "amix=inputs=\(files.count):normalize=0", "-ac", "2"]
      + ["-c:a", encoder, "-b:a", "96k", path]
  }
}
