package import Basics
import Glibc

/// A raw socket of 127.0.0.1, for what no well-behaved sender does.
package enum RawSocket {
  /// Sends bytes in UDP packets of 1316 bytes.
  package static func sendDatagrams(_ bytes: [UInt8], to port: Int) throws(Failure) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(socket) }
    guard toLoopback(port, { connect(socket, $0, $1) == 0 }) else {
      throw Failure("port \(port)", cannot: "send", String(cString: strerror(errno)), .io)
    }
    for start in stride(from: 0, to: bytes.count, by: 1316) {
      let part = Array(bytes[start..<min(bytes.count, start + 1316)])
      // Nobody may be there: that is no failure of a datagram.
      _ = send(socket, part, part.count, Int32(MSG_NOSIGNAL))
    }
  }
}

/// A TCP connection that says nothing, or a TCP port that is held and answers nobody.
package final class SilentSocket: Sendable {
  private let socket: Int32

  /// Connects to a port.
  package init(to port: Int) throws(Failure) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    let socket = socket
    guard socket >= 0, toLoopback(port, { connect(socket, $0, $1) == 0 }) else {
      throw Failure("port \(port)", cannot: "connect", String(cString: strerror(errno)), .io)
    }
  }

  /// Takes a port.
  package init(holding port: Int) throws(Failure) {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0, bindLoopback(socket, port), listen(socket, 1) == 0 else {
      throw Failure("port \(port)", cannot: "listen", String(cString: strerror(errno)), .io)
    }
  }

  deinit { close(socket) }
}
