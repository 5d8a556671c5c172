package import Basics

/// The `ffmpeg` program as a sender of a file, at the file's own pace and as it is.
package struct Sender: Sendable {
  package let process: ChildProcess

  /// Where a sender sends to; ports are those of 127.0.0.1.
  package enum Target: Hashable, Sendable {
    /// MPEG-TS by SRT: the sender calls, or waits for a call.
    case srt(port: Int, isListener: Bool = false)
    /// An RTMP publisher of `live/<key>`, or a server from which one client pulls that.
    case rtmp(port: Int, key: String, isListener: Bool = false)
    /// RTP: video to the port, audio to the second port after it.
    case rtp(port: Int)
    /// MPEG-TS in UDP packets.
    case udp(port: Int)
    /// A file, or a named pipe that somebody reads; the ending or the format tells how.
    case file(String, format: String? = nil)
    /// Publishes by RTSP over TCP to a server that listens for one.
    case rtsp(port: Int, name: String)
  }

  /// Starts sending the file, once or, with `loops`, over and over until it is stopped.
  ///
  /// `start` seconds of the file are left out, to the key frame before; of the rest `seconds` are
  /// sent, or all. Without `paced` it is sent as fast as it can be.
  package init(
    _ file: String, to target: Target, start: Double = 0, seconds: Double? = nil,
    loops: Bool = false, paced: Bool = true
  ) throws(Failure) {
    process = try ChildProcess(
      "ffmpeg",
      Self.arguments(
        file, to: target, start: start, seconds: seconds, loops: loops, paced: paced))
  }

  /// What the `ffmpeg` program is called with.
  package static func arguments(
    _ file: String, to target: Target, start: Double = 0, seconds: Double? = nil,
    loops: Bool = false, paced: Bool = true
  ) -> [String] {
    var arguments = ["-nostdin", "-v", "warning", "-y"]
    if paced { arguments.append("-re") }
    if loops { arguments += ["-stream_loop", "-1"] }
    if start > 0 { arguments += ["-ss", "\(start)"] }
    arguments += ["-i", file]
    let limit = seconds.map { ["-t", "\($0)"] } ?? []
    let copy = ["-c", "copy"] + limit
    switch target {
    case .srt(let port, let isListener):
      let mode = isListener ? "listener" : "caller"
      return arguments + copy + ["-f", "mpegts", "srt://127.0.0.1:\(port)?mode=\(mode)"]
    case .rtmp(let port, let key, let isListener):
      return arguments + copy + ["-f", "flv"] + (isListener ? ["-listen", "1"] : [])
        + ["rtmp://127.0.0.1:\(port)/live/\(key)"]
    case .udp(let port):
      return arguments + copy + ["-f", "mpegts", "udp://127.0.0.1:\(port)?pkt_size=1316"]
    case .rtsp(let port, let name):
      return arguments + copy
        + ["-f", "rtsp", "-rtsp_transport", "tcp", "rtsp://127.0.0.1:\(port)/\(name)"]
    case .file(let path, let format):
      return arguments + copy + (format.map { ["-f", $0] } ?? []) + [path]
    case .rtp(let port):
      return arguments
        + ["-map", "0:v"] + copy + ["-f", "rtp", "rtp://127.0.0.1:\(port)?pkt_size=1200"]
        + ["-map", "0:a"] + copy + ["-f", "rtp", "rtp://127.0.0.1:\(port + 2)?pkt_size=1200"]
    }
  }

  /// Writes the SDP file (RFC 8866) of a file sent by RTP to `port`, before anybody sends it.
  package static func describe(_ file: String, port: Int, at path: String) throws(Failure) {
    // The program prints it once it sends: a few packets, which no receiver sees yet.
    try output(
      of: "ffmpeg",
      arguments(file, to: .rtp(port: port), seconds: 0.1, paced: false) + ["-sdp_file", path])
  }

  /// Ends the sender as its user would: it says goodbye where the protocol has a word for it.
  package func leave() throws(Failure) {
    process.send(2)
    _ = try process.wait(seconds: 10)
  }

  /// Ends the sender as a pulled cable does.
  package func vanish() throws(Failure) {
    process.send(9)
    _ = try process.wait(seconds: 10)
  }
}
