import Basics
import Posix
import TestSupport

/// Measures what the product promises, prints a table, and fails below a promise.
///
/// Words given to the program name the parts to measure; without any, all are.
func runBench(_ names: [String]) -> Never {
  ChildProcess.killAllOnSignal()
  if let unknown = names.first(where: { Part(rawValue: $0) == nil }) {
    let known = Part.allCases.map(\.rawValue).joined(separator: ", ")
    OutputStream.error.write("bench: no part '\(unknown)'; there are \(known)\n")
    endProcess(ExitCode.usage.rawValue)
  }
  let parts = names.isEmpty ? Part.allCases : names.compactMap(Part.init)
  let results = parts.flatMap { part in
    do {
      let folder = try TemporaryFolder()
      return try part.measure(in: folder.path)
    } catch {
      // What the others measured is not lost by it.
      ChildProcess.killAll()
      OutputStream.error.write("\nbench: \(error)\n")
      return [Result(work: part.rawValue, promise: "-", measured: "failed", isKept: false)]
    }
  }
  show(table(of: results))
  endProcess(results.allSatisfy(\.isKept) ? ExitCode.done.rawValue : 1)
}

/// What can be measured by itself.
private enum Part: String, CaseIterable {
  case startUp = "start-up"
  case inspect, merge, mix
  case limits = "mix-limits"
  case speech, snapshot, transcode, record

  func measure(in folder: String) throws -> [Result] {
    switch self {
    case .startUp: return try startingUp(in: folder)
    case .inspect: return try inspecting(in: folder, runs: 5)
    case .merge: return try merging(in: folder, runs: 5)
    case .mix: return try mixing(in: folder)
    case .limits: return try mixLimits(in: folder) + clocks(in: folder)
    case .speech: return try speaking(in: folder)
    case .snapshot: return try snapshots(in: folder)
    case .transcode: return try transcoding(in: folder, runs: 3)
    case .record:
      let seconds = environment("RUSHES_BENCH_SECONDS").flatMap(Double.init) ?? 30
      return try recording(in: folder, rounds: 3, seconds: seconds)
    }
  }
}

/// One promise and what was measured.
struct Result {
  let work: String
  let promise: String
  let measured: String
  let isKept: Bool

  /// A ratio that must not be below the promised one.
  static func ratio(_ work: String, _ value: Double, atLeast promise: Double) -> Result {
    Result(
      work: work, promise: "≥ \(twoDecimals(promise)) ×", measured: "\(twoDecimals(value)) ×",
      isKept: value >= promise)
  }

  /// An amount in MiB that must not be above the promised one.
  static func memory(_ work: String, _ bytes: Int, atMost promise: Int) -> Result {
    Result(
      work: work, promise: "≤ \(mebibytes(promise))", measured: mebibytes(bytes),
      isKept: bytes <= promise)
  }
}

/// Runs two commands in turn, and returns how many times as long the second takes, by the medians of
/// their wall times.
func compare(
  _ name: String, runs: Int, ours: @escaping (Int) -> [String], theirs: @escaping (Int) -> [String]
) throws -> Double {
  let times = try medians(name, runs: runs, [("ours", ours), ("theirs", theirs)])
  return times[1] / times[0]
}

/// Runs commands in turn, so that all see the machine in the same moods, and returns the medians of
/// their wall times.
func medians(
  _ name: String, runs: Int, _ commands: [(label: String, words: (Int) -> [String])]
) throws -> [Double] {
  show("\n\(name), \(runs) runs each, in turn")
  for (label, words) in commands { show("  \(label): \(shellCommand(words(0)))") }
  var times = commands.map { _ in [Double]() }
  // The first run of each only warms the caches.
  for run in 0...runs {
    for (index, command) in commands.enumerated() {
      let time = try wallTime(command.words(run))
      if run > 0 { times[index].append(time) }
    }
  }
  let medians = times.map(median)
  show("  medians \(medians.map(milliseconds).joined(separator: ", "))")
  return medians
}

/// How many seconds a command takes.
func wallTime(_ command: [String]) throws -> Double {
  let start = steadyNow()
  let child = try ChildProcess(command[0], Array(command.dropFirst()))
  let end = child.wait()
  let time = (steadyNow() - start).seconds
  guard end.isSuccess else {
    throw Failure(child.command, cannot: "succeed", "\(end): \(child.standardError)", .software)
  }
  return time
}

/// What must not be exceeded, as `testdata/bench/<name>.json` says.
func threshold(_ name: String, _ key: String) throws -> Int {
  number(of: key, in: try Files.text(Repository.path("testdata/bench/\(name).json")))
}

/// The whole number of a key in JSON, as this project prints it; zero where there is none.
func number(of key: String, in json: String) -> Int {
  guard let found = json.firstRange(of: "\"\(key)\": ") else { return 0 }
  return Int(json[found.upperBound...].prefix { $0.isNumber }) ?? 0
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  guard let middle = sorted.dropFirst(sorted.count / 2).first else { return .nan }
  return sorted.count % 2 == 1 ? middle : (sorted[sorted.count / 2 - 1] + middle) / 2
}

func show(_ text: String) { OutputStream.standard.write(text + "\n") }

func shellCommand(_ words: [String]) -> String { words.map(shellQuoted).joined(separator: " ") }

private func table(of results: [Result]) -> String {
  let rows =
    [["work", "promised", "measured", "verdict"]]
    + results.map { [$0.work, $0.promise, $0.measured, $0.isKept ? "kept" : "BROKEN"] }
  let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
  let lines = rows.map { row in
    zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      .joined(separator: "  ")
  }
  return "\n" + lines.joined(separator: "\n")
}

func twoDecimals(_ value: Double) -> String {
  guard value.isFinite else { return "?" }
  let hundredths = Int((value * 100).rounded())
  return "\(hundredths / 100).\(String(hundredths % 100 + 100).dropFirst())"
}

func milliseconds(_ seconds: Double) -> String { twoDecimals(seconds * 1000) + " ms" }

func mebibytes(_ bytes: Int) -> String {
  (bytes < 0 ? "-" : "") + twoDecimals(Double(abs(bytes)) / 1_048_576) + " MiB"
}

/// The most memory that a command has at once, in bytes.
func peakMemory(_ command: [String]) throws -> Int {
  let child = try ChildProcess(command[0], Array(command.dropFirst()))
  var peak = 0
  while child.isRunning {
    peak = max(peak, Usage.peakBytes(of: child) ?? 0)
    Wait.seconds(0.01)
  }
  _ = try finished(child)
  return peak
}

func finished(_ child: ChildProcess) throws -> ProcessEnd {
  let end = child.wait()
  guard end.isSuccess else {
    throw Failure(child.command, cannot: "succeed", "\(end): \(child.standardError)", .software)
  }
  return end
}
