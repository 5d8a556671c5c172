import Basics
import Media
import Plan
import Posix

/// Where a source is, and how libavformat is to open it.
struct SourceAddress {
  /// As the user wrote it.
  let url: String
  /// As libavformat wants it.
  let location: String
  let options: [String: String]
  /// It waits for a sender instead of calling one.
  let isListener: Bool
  /// It ends for good at its end: a file or a pipe.
  let isFinite: Bool
  /// A silence says nothing about the connection, since there is none.
  let isConnectionless: Bool
  let isRTP: Bool
  /// Where a pipe may be; nil where there is none.
  let pipePath: String?
  /// Where datagrams are received without libavformat's help; nil where it is needed.
  let datagrams: DatagramAddress?
  /// What the protocol carries; nil where libavformat is to find that out.
  let format: String?

  init(_ source: RecordSource) throws(Failure) {
    let url = source.url == "-" ? "pipe:0" : source.url
    let scheme = Self.scheme(of: url)
    let isSDP = url.lowercased().hasSuffix(".sdp")
    guard
      scheme.isEmpty || scheme == "rtsp" || scheme == "rtsps"
        || Protocols.isReadable(scheme)
    else {
      throw Failure(
        source.url, cannot: "record",
        "libavformat here does not read '\(scheme)' (it reads \(Protocols.names))", .unavailable)
    }
    datagrams = source.options.isEmpty ? DatagramAddress(url: url) : nil
    var options: [String: String] = [:]
    var location = url
    let query = Self.query(of: url)
    isListener =
      query["listen"] == "1" || query["mode"] == "listener" || source.options["listen"] == "1"
      || source.options["mode"] == "listener" || source.options["rtsp_flags"] == "listen"
    switch scheme {
    case "rtmp", "rtmps":
      if isListener {
        options["listen"] = "1"
        location = Self.withoutQuery(url)
      }
      options["rtmp_live"] = "live"
    case "udp" where datagrams == nil:
      // libavformat's own thread empties the socket; this is its ring, in packets of 188 bytes.
      options["fifo_size"] = "4096"
      options["overrun_nonfatal"] = "1"
    case "rtsp", "rtsps":
      // Interleaved in the connection nothing is lost; servers that refuse it are asked for UDP.
      options["rtsp_transport"] = "tcp+udp"
      options["rtsp_flags"] = "prefer_tcp"
    default: break
    }
    isFinite = !isSDP && ["", "file", "pipe", "fd"].contains(scheme)
    isRTP = isSDP || ["rtp", "rtsp", "rtsps"].contains(scheme)
    if isRTP {
      options["protocol_whitelist"] = "file,udp,rtp,rtcp,srtp,tcp,tls,crypto,http,https,data"
      // Packets out of order wait this long, in microseconds, for the one before them.
      options["max_delay"] = "300000"
    }
    // libavformat keeps a buffer of this size for the life of a connection.
    if !isFinite { options["probesize"] = "262144" }
    options.merge(source.options) { $1 }
    isConnectionless = isSDP || ["udp", "rtp"].contains(scheme) || isFinite
    // Guessing takes noise for whatever it looks like; nothing else is sent this way.
    format = ["udp", "srt"].contains(scheme) ? "mpegts" : nil
    pipePath =
      ["pipe:", "pipe:0"].contains(url)
      ? PipeInput.standardInput : scheme.isEmpty && !isSDP ? url : nil
    self.url = source.url
    self.location = location
    self.options = options
  }

  private static func scheme(of url: String) -> String {
    guard let colon = url.firstIndex(of: ":"), colon != url.startIndex else { return "" }
    let scheme = url[..<colon]
    guard scheme.utf8.count > 1, scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
    else { return "" }
    return scheme.lowercased()
  }

  private static func withoutQuery(_ url: String) -> String {
    url.firstIndex(of: "?").map { String(url[..<$0]) } ?? url
  }

  private static func query(of url: String) -> [Substring: Substring] {
    guard let mark = url.firstIndex(of: "?") else { return [:] }
    let pairs = url[url.index(after: mark)...].split(separator: "&").map { pair in
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (parts[0], parts.count > 1 ? parts[1] : "")
    }
    return Dictionary(pairs) { $1 }
  }
}
