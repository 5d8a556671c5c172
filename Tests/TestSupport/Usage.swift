import Glibc

/// What a running process uses at this moment.
package struct Usage: Hashable, Sendable {
  /// Pages that no other process shares, in bytes.
  package let privateBytes: Int
  package let residentBytes: Int
  /// User and system time so far, in seconds, to the scheduler's tick.
  package let cpuSeconds: Double

  /// The most bytes that a process has had resident since its program began; nil when it has ended.
  ///
  /// What the system tells of one that has ended counts the program that started it as well.
  package static func peakBytes(of process: ChildProcess) -> Int? {
    let status = try? Files.text("/proc/\(process.processIdentifier)/status")
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
      .flatMap { Int($0) }.map { $0 * 1024 }
  }

  /// Nil when there is no such process, or it may not be looked at.
  package init?(of process: ChildProcess) {
    let folder = "/proc/\(process.processIdentifier)"
    // The kernel sums these up; /proc/PID/smaps would cost much more to read.
    guard let memory = try? Files.text("\(folder)/smaps_rollup"),
      let stat = try? Files.text("\(folder)/stat")
    else { return nil }
    var kilobytes: [Substring: Int] = [:]
    for line in memory.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 3, words[2] == "kB", let value = Int(words[1]) else { continue }
      kilobytes[words[0]] = value
    }
    guard let resident = kilobytes["Rss:"] else { return nil }
    residentBytes = resident * 1024
    privateBytes = ((kilobytes["Private_Clean:"] ?? 0) + (kilobytes["Private_Dirty:"] ?? 0)) * 1024
    // The name, in brackets, may hold spaces; user and system time are 12 and 13 words after it.
    guard let bracket = stat.lastIndex(of: ")") else { return nil }
    let words = stat[bracket...].split(separator: " ")
    guard words.count > 13, let user = Double(words[12]), let system = Double(words[13]) else {
      return nil
    }
    cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
