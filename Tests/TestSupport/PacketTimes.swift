/// When the packets of one track of a file or an index are shown, by the `ffprobe` program.
package struct PacketTimes: Sendable {
  /// In decoding order, in seconds.
  package let times: [Double]
  /// Seconds from the first to the end of the last.
  package let length: Double

  package init(_ kind: Elementary.Kind, of path: String, options: [String] = []) throws {
    let text = try output(
      of: "ffprobe",
      ["-v", "error"] + options + ["-select_streams", "\(kind.rawValue):0"]
        + ["-show_entries", "packet=pts_time,duration_time", "-of", "csv=p=0", path])
    var times: [Double] = []
    var durations: [Double] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: ",")
      guard let time = words.first.flatMap({ Double($0) }) else { continue }
      times.append(time)
      if words.count > 1, let duration = Double(words[1]) { durations.append(duration) }
    }
    let shown = times.sorted()
    // The usual step stands for the length of the last, which no container of pictures tells.
    let steps = zip(shown.dropFirst(), shown).map { $0 - $1 }.sorted()
    let step = steps.isEmpty ? durations.last ?? 0 : steps[steps.count / 2]
    self.times = times
    length = (shown.last ?? 0) - (shown.first ?? 0) + (shown.isEmpty ? 0 : step)
  }
}
