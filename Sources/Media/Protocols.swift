import CLibav

/// The protocols that the linked libavformat reads.
package enum Protocols {
  private static var all: [String] {
    var names: [String] = []
    var position: UnsafeMutableRawPointer?
    while let name = avio_enum_protocols(&position, 0) { names.append(String(cString: name)) }
    return names.sorted()
  }

  package static func isReadable(_ scheme: String) -> Bool { all.contains(scheme) }

  /// Those that bring live media, for messages.
  package static var names: String {
    let live: Set<String> = [
      "file", "http", "https", "pipe", "rtmp", "rtmps", "rtp", "srt", "tcp", "tls", "udp",
    ]
    return (all.filter { live.contains($0) } + ["rtsp"]).sorted().joined(separator: ", ")
  }
}
