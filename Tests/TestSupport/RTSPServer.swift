import Basics
import Glibc
import Posix
import Synchronization

/// A server of one RTSP presentation (RFC 2326), for recorders that pull.
///
/// It answers one client at a time and lets the `ffmpeg` program send the media by RTP over UDP
/// to the ports that the client names. A client that asks for interleaved transport is refused
/// (461), upon which libav asks for UDP.
package final class RTSPServer: Sendable {
  package let url: String
  private let file: String
  private let description: String
  private let listener: Int32
  private let sender = Mutex<ChildProcess?>(nil)

  /// Serves the file, over and over, from now on; each client gets it from its start.
  package init(_ file: String, in folder: TemporaryFolder) throws {
    let port = try Ports.free()
    url = "rtsp://127.0.0.1:\(port)/test"
    self.file = file
    let path = folder.path("rtsp.sdp")
    try Sender.describe(file, port: try Ports.freeForRTP(), at: path)
    description = Self.presentation(try Files.text(path))
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0, bindLoopback(listener, port), listen(listener, 4) == 0 else {
      throw Failure(url, cannot: "listen", String(cString: strerror(errno)), .unavailable)
    }
    _ = Thread { [weak self, listener] in
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        self?.serve(client)
        close(client)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// The SDP without ports, which the client chooses, and with a control name for each medium.
  private static func presentation(_ text: String) -> String {
    var lines: [String] = []
    var media = 0
    for line in text.split(whereSeparator: \.isNewline) where line.dropFirst().first == "=" {
      guard line.hasPrefix("m=") else {
        lines.append(String(line))
        continue
      }
      var words = line.split(separator: " ").map(String.init)
      if words.count > 1 { words[1] = "0" }
      lines.append(words.joined(separator: " "))
      lines.append("a=control:streamid=\(media)")
      media += 1
    }
    return lines.joined(separator: "\r\n") + "\r\n"
  }

  private func serve(_ client: Int32) {
    var ports: [Int] = []
    while let request = read(client) {
      var answer = "RTSP/1.0 200 OK\r\nCSeq: \(request["cseq"] ?? "0")\r\nSession: 1\r\n"
      var body = ""
      switch request["method"] {
      case "OPTIONS":
        answer += "Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
      case "DESCRIBE":
        body = description
        answer += "Content-Type: application/sdp\r\nContent-Base: \(url)/\r\n"
      case "SETUP":
        let transport = request["transport"] ?? ""
        let port = transport.split(separator: ";").first { $0.hasPrefix("client_port=") }
          .flatMap { $0.dropFirst("client_port=".count).split(separator: "-").first }
          .flatMap { Int($0) }
        guard let port else {
          answer = "RTSP/1.0 461 Unsupported Transport\r\nCSeq: \(request["cseq"] ?? "0")\r\n"
          break
        }
        ports.append(port)
        answer += "Transport: RTP/AVP;unicast;client_port=\(port)-\(port + 1)\r\n"
      case "PLAY":
        let started = try? ChildProcess("ffmpeg", arguments(to: ports))
        sender.withLock { $0 = started }
      case "TEARDOWN":
        sender.withLock { $0 = nil }
      default:
        break
      }
      let text = answer + "Content-Length: \(body.utf8.count)\r\n\r\n" + body
      guard (try? writeAll(Array(text.utf8), to: client, named: url)) != nil else { break }
    }
    sender.withLock { $0 = nil }
  }

  private func arguments(to ports: [Int]) -> [String] {
    var arguments = ["-nostdin", "-v", "error", "-re", "-stream_loop", "-1", "-i", file]
    for (stream, port) in ports.enumerated() {
      arguments += ["-map", "0:\(stream)", "-c", "copy", "-f", "rtp"]
      arguments.append("rtp://127.0.0.1:\(port)?pkt_size=1200")
    }
    return arguments
  }

  /// The method and the headers, in lower case, of the next request; nil when the client has gone.
  private func read(_ client: Int32) -> [String: String]? {
    var text: [UInt8] = []
    var byte: UInt8 = 0
    while !text.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
      guard text.count < 1 << 16, recv(client, &byte, 1, 0) == 1 else { return nil }
      text.append(byte)
    }
    let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
    var request = ["method": String(lines.first?.split(separator: " ").first ?? "")]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      request[line[..<colon].lowercased()] = String(
        line[line.index(after: colon)...].drop { $0 == " " })
    }
    return request
  }
}
