package import Basics
import Glibc
import Synchronization

/// Ports of 127.0.0.1.
package enum Ports {
  // Below the range that the kernel gives to outgoing connections (32768…), from a place of each
  // process' own, and never twice: so tests that run side by side do not meet.
  private static let next = Atomic<Int>(10_000 + Int(getpid()) % 400 * 50)

  /// A port free for TCP and UDP.
  package static func free() throws(Failure) -> Int { try run(of: 1) }

  /// Four ports in a row, the first one even: RTP and RTCP of video, then of audio (RFC 3550 §11).
  package static func freeForRTP() throws(Failure) -> Int { try run(of: 4) }

  private static func run(of count: Int) throws(Failure) -> Int {
    for _ in 0..<2_000 {
      let step = count + count % 2
      let port = 10_000 + (next.wrappingAdd(step, ordering: .relaxed).oldValue & ~1) % 22_000
      if (port..<port + count).allSatisfy(isFree) { return port }
    }
    throw Failure("127.0.0.1", cannot: "listen", "no free port", .unavailable)
  }

  private static func isFree(_ port: Int) -> Bool {
    [SOCK_STREAM, SOCK_DGRAM].allSatisfy { kind in
      let socket = Glibc.socket(AF_INET, Int32(kind.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard socket >= 0 else { return false }
      defer { close(socket) }
      return bindLoopback(socket, port)
    }
  }

  /// Waits until some program listens on the TCP port, or is bound to the UDP port.
  ///
  /// It looks into the kernel's tables: a connection would use up a listener that takes one only.
  package static func waitForListener(on port: Int, seconds: Double = 10) throws(Failure) {
    guard Wait.until(atMost: seconds, { isTaken(port) }) else {
      throw Failure(
        "port \(port)", cannot: "connect", "nobody listens after \(seconds) s", .unavailable)
    }
  }

  package static func isTaken(_ port: Int) -> Bool {
    let hex = String(port, radix: 16, uppercase: true)
    let suffix = ":" + String(repeating: "0", count: 4 - hex.count) + hex
    // State 0A is LISTEN, 07 an unconnected UDP socket (include/net/tcp_states.h).
    return [("tcp", "0A"), ("tcp6", "0A"), ("udp", "07"), ("udp6", "07")].contains { table, state in
      guard let text = try? Files.text("/proc/net/\(table)") else { return false }
      return text.split(separator: "\n").contains { line in
        let words = line.split(separator: " ")
        return words.count > 3 && words[1].hasSuffix(suffix) && words[3] == state
      }
    }
  }
}

/// Binds a socket to a port of 127.0.0.1.
func bindLoopback(_ socket: Int32, _ port: Int) -> Bool {
  toLoopback(port) { bind(socket, $0, $1) == 0 }
}

/// Calls `body` with the address of a port of 127.0.0.1.
func toLoopback<R>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(clamping: port).bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
