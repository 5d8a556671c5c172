package import Basics
import Glibc
import Posix

/// A file system of a few megabytes in memory.
package final class SmallDisk: Sendable {
  package let path: String

  /// Whether this process may mount one.
  package static let isPossible: Bool = {
    guard let folder = try? TemporaryFolder() else { return false }
    return (try? SmallDisk(at: folder.path("disk"), megabytes: 1)) != nil
  }()

  package init(at path: String, megabytes: Int) throws(Failure) {
    try makeFolder(path)
    self.path = path
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
      throw systemFailure(path, cannot: "mount")
    }
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  package func grow(toMegabytes megabytes: Int) throws(Failure) {
    guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(megabytes)m") == 0 else {
      throw systemFailure(path, cannot: "mount")
    }
  }
}
