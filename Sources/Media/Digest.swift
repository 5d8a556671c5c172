package import Basics
import CNettle
import Glibc

/// A SHA-256 digest (FIPS 180-4) in the making.
package struct SHA256: ~Copyable {
  // Nettle uses what the processor has for it, which libav's own does not.
  private var context = sha256_ctx()

  package init() { nettle_sha256_init(&context) }

  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    bytes.withUnsafeBufferPointer { nettle_sha256_update(&context, $0.count, $0.baseAddress) }
  }

  package mutating func update(_ text: String) { update(Array(text.utf8)[...]) }

  mutating func update(_ bytes: UnsafeBufferPointer<UInt8>) {
    nettle_sha256_update(&context, bytes.count, bytes.baseAddress)
  }

  /// In lower-case hexadecimal; nothing may follow.
  package consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    nettle_sha256_digest(&context, digest.count, &digest)
    return digest.map { byte in
      let hex = String(byte, radix: 16)
      return byte < 16 ? "0" + hex : hex
    }.joined()
  }
}

/// The SHA-256 of a text.
package func sha256(ofText text: String) -> String {
  var digest = SHA256()
  digest.update(text)
  return digest.finish()
}

/// The SHA-256 of a file.
package func sha256(of path: String) throws(Failure) -> String {
  let file = open(path, O_RDONLY | O_CLOEXEC)
  guard file >= 0 else {
    throw Failure(path, cannot: "open", String(cString: strerror(errno)), .noInput)
  }
  defer { close(file) }
  var facts = stat()
  fstat(file, &facts)
  var digest = SHA256()
  if facts.st_size >= 4 * DiskWriter.beginning {
    let reader = FileAhead(file)
    while let chunk = reader.next() { digest.update(chunk.contents) }
    guard let error = reader.error else { return digest.finish() }
    throw Failure(path, cannot: "read", String(cString: strerror(error)), .io)
  }
  var block = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = block.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else {
      throw Failure(path, cannot: "read", String(cString: strerror(errno)), .io)
    }
    if count == 0 { return digest.finish() }
    digest.update(block[..<count])
  }
}
