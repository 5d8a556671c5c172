import CLibav
import Glibc

/// Lets the system bring a file onto the disk while the rest of it is made, so that whoever wants it
/// there in the end need not wait for all of it.
struct EarlyWriteback: ~Copyable {
  /// Small files are on the disk in no time.
  private static let step: Int64 = 32 << 20

  private let path: String
  private var file: Int32 = -1
  private var begun: Int64 = 0

  init(_ path: String) { self.path = path }

  deinit {
    if file >= 0 { close(file) }
  }

  /// To be called when the file has grown to `size` bytes; nothing is lost when it does not work.
  mutating func note(_ size: Int64) {
    guard size - begun >= Self.step else { return }
    if file < 0 { file = open(path, O_RDONLY | O_CLOEXEC) }
    if file >= 0 { shim_begin_writeback(file, begun, size - begun) }
    begun = size
  }
}
