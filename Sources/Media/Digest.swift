package import Basics
import CLibav
import Glibc

/// The SHA-256 of a file (FIPS 180-4) in lower-case hexadecimal.
package func sha256(of path: String) throws(Failure) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else {
    throw Failure(path, cannot: "open", String(cString: strerror(errno)), .noInput)
  }
  defer { close(file) }
  guard let context = av_sha_alloc() else { preconditionFailure("out of memory") }
  defer { av_free(UnsafeMutableRawPointer(context)) }
  av_sha_init(context, 256)
  var block = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = block.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    guard count >= 0 else {
      throw Failure(path, cannot: "read", String(cString: strerror(errno)), .io)
    }
    if count == 0 { break }
    av_sha_update(context, block, count)
  }
  var digest = [UInt8](repeating: 0, count: 32)
  av_sha_final(context, &digest)
  return digest.map { byte in
    let hex = String(byte, radix: 16)
    return byte < 16 ? "0" + hex : hex
  }.joined()
}
