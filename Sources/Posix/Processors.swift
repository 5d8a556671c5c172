import Glibc

/// How many processors the process may use at a time.
///
/// The least of those that run, those it is bound to, the limit of its control group, and
/// `SLURM_CPUS_PER_TASK`, which a job has where Slurm does not bind it.
package var processorCount: Int {
  let bound = boundProcessors ?? Int.max
  let running = sysconf(Int32(_SC_NPROCESSORS_ONLN))
  let slurm = environment("SLURM_CPUS_PER_TASK").flatMap { Int($0) }
  return max(1, min(running, bound, slurm ?? Int.max, groupLimit() ?? Int.max))
}

/// The processors that the process is bound to (`taskset`, cpusets).
private var boundProcessors: Int? {
  let lines = text("/proc/self/status").split(separator: "\n")
  // A mask in hexadecimal digits: `Cpus_allowed: ff,ffffffff`.
  let mask = lines.first { $0.hasPrefix("Cpus_allowed:") }?.split { $0.isWhitespace }.last ?? ""
  let count = mask.reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
  return count > 0 ? count : nil
}

/// The processors that the control group grants (`cpu.max`, or `cpu.cfs_quota_us` of version 1),
/// rounded up; nil where it grants all.
///
/// `root` and `own` are for tests: where control groups are, and what tells the process's own.
package func groupLimit(
  root: String = "/sys/fs/cgroup", own: String = "/proc/self/cgroup"
) -> Int? {
  var limits: [Double] = []
  for line in text(own).split(separator: "\n") {
    // `hierarchy:controllers:path`, of version 2 with neither number nor controllers.
    let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { continue }
    let isNew = parts[1].isEmpty
    guard isNew || parts[1].split(separator: ",").contains("cpu") else { continue }
    var path = parts[2]
    while true {
      let folder = root + (isNew ? "" : "/cpu") + (path == "/" ? "" : path)
      let quota: [Substring]
      if isNew {
        quota = text(folder + "/cpu.max").split { $0.isWhitespace }
      } else {
        quota = (text(folder + "/cpu.cfs_quota_us") + " " + text(folder + "/cpu.cfs_period_us"))
          .split { $0.isWhitespace }
      }
      if quota.count == 2, let part = Double(quota[0]), let period = Double(quota[1]), part > 0,
        period > 0
      {
        limits.append(part / period)
      }
      // A group cannot have more than the one that it is in.
      guard let slash = path.lastIndex(of: "/"), path.count > 1 else { break }
      path = slash == path.startIndex ? "/" : path[..<slash]
    }
  }
  return limits.min().flatMap { Int(exactly: $0.rounded(.up)) }.map { max(1, $0) }
}

private func text(_ path: String) -> String {
  (try? readFile(path, limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) } ?? ""
}
