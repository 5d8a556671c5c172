import Basics

/// What the `ffprobe` program says of a media file.
package struct Probe: Sendable {
  package struct Stream: Sendable, Hashable {
    /// The kind as libav names it: `video` or `audio`, mostly.
    package let kind: String
    package let codec: String
    package let width: Int
    package let height: Int
    package let sampleRate: Int
    /// Seconds; nil when unknown.
    package let start: Double?
    package let duration: Double?
    package let title: String?
  }

  package let streams: [Stream]
  /// All of libav's names of the format, as `mov,mp4,m4a,3gp,3g2,mj2`.
  package let format: String
  /// Seconds; zero when unknown.
  package let start: Double
  package let duration: Double

  package init(_ path: String, options: [String] = []) throws {
    let text = try output(
      of: "ffprobe",
      ["-v", "error"] + options + ["-of", "flat", "-show_format", "-show_streams", path])
    var values: [Substring: String] = [:]
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let value = line[line.index(after: equals)...]
      values[line[..<equals]] =
        value.hasPrefix("\"") ? String(value.dropFirst().dropLast()) : String(value)
    }
    format = values["format.format_name"] ?? ""
    start = values["format.start_time"].flatMap(Double.init) ?? 0
    duration = values["format.duration"].flatMap(Double.init) ?? 0
    var streams: [Stream] = []
    while let kind = values["streams.stream.\(streams.count).codec_type"] {
      let number = streams.count
      func value(_ name: String) -> String? { values["streams.stream.\(number).\(name)"] }
      streams.append(
        Stream(
          kind: kind, codec: value("codec_name") ?? "unknown",
          width: value("width").flatMap(Int.init) ?? 0,
          height: value("height").flatMap(Int.init) ?? 0,
          sampleRate: value("sample_rate").flatMap(Int.init) ?? 0,
          start: value("start_time").flatMap(Double.init),
          duration: value("duration").flatMap(Double.init), title: value("tags.title")))
    }
    self.streams = streams
  }

  package func has(_ kind: String) -> Bool { streams.contains { $0.kind == kind } }
  package func codec(_ kind: String) -> String? { streams.first { $0.kind == kind }?.codec }
}
