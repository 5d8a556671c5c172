import FoundationEssentials

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
    /// The title given to the stream.
    package let title: String?
  }

  package let streams: [Stream]
  /// libav's names of the format, as `mov,mp4,m4a,3gp,3g2,mj2`.
  package let format: String
  package let start: Double
  package let duration: Double

  package init(_ path: String, options: [String] = []) throws {
    let text = try output(
      of: "ffprobe",
      ["-v", "error"] + options + ["-of", "json", "-show_format", "-show_streams", path])
    let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
    format = document.format.format_name
    start = document.format.start_time.flatMap(Double.init) ?? 0
    duration = document.format.duration.flatMap(Double.init) ?? 0
    streams = document.streams.map {
      Stream(
        kind: $0.codec_type ?? "", codec: $0.codec_name ?? "unknown", width: $0.width ?? 0,
        height: $0.height ?? 0, sampleRate: $0.sample_rate.flatMap(Int.init) ?? 0,
        start: $0.start_time.flatMap(Double.init), duration: $0.duration.flatMap(Double.init),
        title: $0.tags?["title"])
    }
  }

  package func has(_ kind: String) -> Bool { streams.contains { $0.kind == kind } }
  package func codec(_ kind: String) -> String? { streams.first { $0.kind == kind }?.codec }

  private struct Document: Decodable {
    struct Format: Decodable {
      let format_name: String
      let start_time: String?
      let duration: String?
    }
    struct Stream: Decodable {
      let codec_type: String?
      let codec_name: String?
      let width: Int?
      let height: Int?
      let sample_rate: String?
      let start_time: String?
      let duration: String?
      let tags: [String: String]?
    }
    let streams: [Stream]
    let format: Format
  }
}
