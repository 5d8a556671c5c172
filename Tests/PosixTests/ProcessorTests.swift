import Posix
import TestSupport
import Testing

@Suite struct ProcessorTests {
  /// What is granted to a process in these groups; `files` are below the root of control groups.
  private func limit(_ own: String, _ files: [String: String]) throws -> Int? {
    let folder = try TemporaryFolder()
    for (path, text) in files {
      let full = folder.path("root/\(path)")
      try makeFolder(splitPath(full).folder)
      try replaceFile(full, with: Array(text.utf8))
    }
    try replaceFile(folder.path("own"), with: Array(own.utf8))
    return groupLimit(root: folder.path("root"), own: folder.path("own"))
  }

  @Test func controlGroupsLimitTheProcessors() throws {
    #expect(try limit("0::/a/b\n", ["a/b/cpu.max": "max 100000\n"]) == nil)
    #expect(try limit("0::/a/b\n", ["a/b/cpu.max": "150000 100000\n"]) == 2)
    // A group has no more than the one that it is in.
    #expect(
      try limit("0::/a/b\n", ["a/b/cpu.max": "800000 100000", "a/cpu.max": "300000 100000"]) == 3)
    #expect(
      try limit(
        "5:cpu,cpuacct:/x\n1:name=systemd:/y\n",
        ["cpu/x/cpu.cfs_quota_us": "50000\n", "cpu/x/cpu.cfs_period_us": "100000\n"]) == 1)
    #expect(try limit("5:cpu:/x\n", ["cpu/x/cpu.cfs_quota_us": "-1\n"]) == nil)
    #expect(try limit("nonsense\n0::\n", ["cpu.max": "1e400 -5 7\n"]) == nil)
  }
}
