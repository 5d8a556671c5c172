import Basics

extension Session {
  /// The session as lines of text, at most `width` characters each: a row for each track, with its
  /// gaps, and the times below.
  ///
  /// Widths below 40 are taken as 40. In plain text, `=` is media and `.` a gap.
  package func drawing(width: Int, isPlain: Bool = false) -> [String] {
    guard duration > .zero else { return [] }
    let width = min(max(40, width), 10_000)
    let marks = isPlain ? Marks.plain : Marks.boxes
    let labels = participants.flatMap { participant in
      participant.tracks.map { (participant.uid, $0) }
    }
    let longest = labels.map { printable($0.0).count }.max() ?? 0
    let uidWidth = min(longest, width / 4)
    let columns = width - uidWidth - 7
    let scale = Scale(duration: duration, columns: columns)
    var lines: [String] = []
    var above: String?
    for (uid, track) in labels {
      let name = above == uid ? "" : shortened(printable(uid), uidWidth, marks)
      above = uid
      let padding = String(repeating: " ", count: max(0, uidWidth - name.count))
      lines.append("\(name)\(padding) \(track.kind.rawValue) \(scale.row(track, marks))")
    }
    let margin = String(repeating: " ", count: uidWidth + 7)
    return lines + scale.axis(marks).map { (margin + $0).trimmedEnd }
  }

  /// What would move the cursor or colour the terminal is shown as `?`.
  private func printable(_ uid: String) -> String {
    let scalars = uid.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "?"
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }

  private func shortened(_ text: String, _ width: Int, _ marks: Marks) -> String {
    text.count <= width ? text : text.prefix(max(0, width - 1)) + String(marks.more)
  }
}

/// The characters of a drawing.
private struct Marks {
  var media: Character
  var gap: Character
  var line: Character
  var tick: Character
  var more: Character

  static let plain = Marks(media: "=", gap: ".", line: "-", tick: "+", more: "~")
  static let boxes = Marks(media: "█", gap: "·", line: "─", tick: "┴", more: "…")
}

/// Columns for times.
private struct Scale {
  var duration: MediaTime
  var columns: Int

  /// Every run and every gap shows, however short, unless both are in one column.
  func row(_ track: Track, _ marks: Marks) -> String {
    var cells = Array(repeating: marks.gap, count: columns)
    let runs = track.runs.map { run in
      let first = min(column(run.start), columns - 1)
      return first...max(first, column(run.end) - 1)
    }
    for run in runs {
      for cell in run { cells[cell] = marks.media }
    }
    for gap in track.gaps { cells[min(column(gap.start), columns - 1)] = marks.gap }
    for run in runs where run.count == 1 { cells[run.lowerBound] = marks.media }
    return String(cells)
  }

  /// A line with a tick for each round time, and the times below it.
  func axis(_ marks: Marks) -> [String] {
    // Times such as 1:23:45 need seven columns and one between them.
    let steps: [Int64] = [
      1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
    ]
    let fitting = steps.first { column(MediaTime(milliseconds: $0 * 1000)) >= 8 }
    let step = MediaTime(milliseconds: (fitting ?? steps[steps.count - 1]) * 1000)
    var line = Array(repeating: marks.line, count: columns)
    var times = ""
    var time = MediaTime.zero
    while time <= duration {
      let cell = min(column(time), columns - 1)
      let text = clock(time)
      if times.count + (times.isEmpty ? 0 : 1) > cell || cell + text.count > columns { break }
      line[cell] = marks.tick
      times += String(repeating: " ", count: cell - times.count) + text
      time += step
    }
    return [String(line), times]
  }

  private func column(_ time: MediaTime) -> Int {
    let cell = (time.seconds / duration.seconds * Double(columns)).rounded()
    return cell.isFinite ? Int(min(max(0, cell), Double(columns))) : 0
  }

  /// As `0:15`, `12:00` or `1:02:03`.
  private func clock(_ time: MediaTime) -> String {
    let seconds = time.milliseconds / 1000
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let tail = two(seconds % 60)
    guard seconds >= 3600 else { return "\(seconds / 60):\(tail)" }
    return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(tail)"
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = Substring(self)
    while text.last == " " { text = text.dropLast() }
    return String(text)
  }
}
