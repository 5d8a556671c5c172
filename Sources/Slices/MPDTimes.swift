import Basics

/// A SegmentTemplate, SegmentList or SegmentBase with those of the levels above, which complete it
/// (ISO 23009-1 §5.3.9.1).
struct SegmentInfo {
  /// The nearest first.
  var levels: [XMLElement]

  subscript(attribute: String) -> String? {
    levels.lazy.compactMap { $0[attribute] }.first
  }

  func number(_ attribute: String) -> Int64? {
    self[attribute].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil }
  }

  func child(_ name: String) -> XMLElement? {
    levels.lazy.compactMap { $0.first(name) }.first
  }

  func list(_ name: String) -> [XMLElement] {
    levels.lazy.map { $0.all(name) }.first { !$0.isEmpty } ?? []
  }
}

/// When the segments of a representation start, after the start of its period.
struct SegmentTimes {
  struct Span {
    var start: MediaTime
    var duration: MediaTime
    /// The start on the media's own clock: `$Time$`.
    var ticks: Int64
  }

  var info: SegmentInfo
  var clock: TimeBase
  /// Of the period; nil when nobody knows.
  var length: MediaTime?
  /// The presentation time offset, in ticks.
  var offset: Int64

  /// The first `limit` spans, by the SegmentTimeline or the constant duration.
  func spans(limit: Int) -> [Span] {
    if let timeline = info.child("SegmentTimeline") { return spans(timeline, limit) }
    guard let duration = info.number("duration"), duration > 0 else { return [] }
    let segment = MediaTime(ticks: duration, of: clock)
    guard segment > .zero else { return [] }
    var count = limit
    // A list names its segments; a template needs a length or a last number.
    if info.levels.first?.name == "SegmentTemplate" {
      if let length {
        count = min(limit, Int(clamping: (max(1, length.flicks) - 1) / segment.flicks + 1))
      } else if info["endNumber"] == nil {
        return []
      }
    }
    var spans: [Span] = []
    for index in 0..<max(0, count) {
      let (own, overflow) = duration.multipliedReportingOverflow(by: Int64(index))
      let (ticks, overflows) = own.addingReportingOverflow(offset)
      if overflow || overflows { break }
      let start = MediaTime(ticks: own, of: clock)
      spans.append(
        Span(start: start, duration: clipped(segment, at: start), ticks: ticks))
    }
    return spans
  }

  private func spans(_ timeline: XMLElement, _ limit: Int) -> [Span] {
    var spans: [Span] = []
    let elements = timeline.all("S")
    var next: Int64 = 0
    for (index, element) in elements.enumerated() {
      guard let duration = element["d"].flatMap({ Int64($0) }), duration >= 0 else { continue }
      next = element["t"].flatMap { Int64($0) } ?? next
      var count = max(0, element["r"].flatMap { Int64($0) } ?? 0)
      if element["r"]?.utf8.first == UInt8(ascii: "-") {
        // Repeated until the next one that says its time, or to the end of the period.
        let following = elements.dropFirst(index + 1).first?["t"].flatMap { Int64($0) }
        let end = following ?? length.map(ticks(atEndOf:))
        guard let end, duration > 0 else { continue }
        let (left, overflow) = end.subtractingReportingOverflow(next)
        count = overflow ? .max : (max(1, left) - 1) / duration
      }
      for _ in 0...min(count, Int64(limit)) {
        guard spans.count < limit else { return spans }
        spans.append(
          Span(
            start: MediaTime(ticks: next, of: clock) - MediaTime(ticks: offset, of: clock),
            duration: MediaTime(ticks: duration, of: clock), ticks: next))
        let (sum, overflow) = next.addingReportingOverflow(duration)
        if overflow { return spans }
        next = sum
      }
    }
    return spans
  }

  private func ticks(atEndOf length: MediaTime) -> Int64 {
    let (end, overflow) = length.ticks(of: clock).addingReportingOverflow(offset)
    return overflow ? .max : end
  }

  /// The last segment ends with its period.
  private func clipped(_ segment: MediaTime, at start: MediaTime) -> MediaTime {
    guard let length, length > start else { return segment }
    return min(segment, length - start)
  }
}

/// The names that a SegmentTemplate makes (ISO 23009-1 §5.3.9.4.4).
struct MPDTemplate {
  var id: String
  var bandwidth: Int

  /// Replaces `$RepresentationID$`, `$Bandwidth$`, `$Number$`, `$Time$`, the latter three also with
  /// a width as in `$Number%05d$`, and `$$`; what it does not know stays.
  func fill(_ template: String, number: Int64?, time: Int64?) -> String {
    var out = ""
    let parts = template.split(separator: "$", omittingEmptySubsequences: false)
    for (index, part) in parts.enumerated() {
      if index % 2 == 0 {
        out += part
      } else if index == parts.count - 1 {
        out += "$" + part
      } else {
        out += value(part, number, time) ?? "$\(part)$"
      }
    }
    return out
  }

  private func value(_ name: Substring, _ number: Int64?, _ time: Int64?) -> String? {
    if name.isEmpty { return "$" }
    if name == "RepresentationID" { return id }
    let parts = name.split(separator: "%", omittingEmptySubsequences: false)
    var width = 0
    if parts.count == 2, let format = parts.last {
      guard format.hasPrefix("0"), format.hasSuffix("d"),
        let digits = Int(format.dropFirst().dropLast()), (1...32).contains(digits)
      else { return nil }
      width = digits
    }
    let value: Int64? =
      switch parts.first {
      case "Number": number
      case "Time": time
      case "Bandwidth": Int64(bandwidth)
      default: nil
      }
    guard let value, parts.count <= 2 else { return nil }
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}

/// Reads XML Schema's `duration`, as `PT1H2M3.5S`; years have 365 days, months 30.
func isoDuration(_ text: String) -> MediaTime? {
  guard text.utf8.first == UInt8(ascii: "P"), text.utf8.count <= 64 else { return nil }
  var seconds = 0.0
  var number = ""
  var isTime = false
  for character in text.dropFirst() {
    switch character {
    case "T": isTime = true
    case "0"..."9", ".": number.append(character)
    default:
      let unit: Double? =
        switch (character, isTime) {
        case ("Y", false): 365 * 86_400
        case ("M", false): 30 * 86_400
        case ("D", false): 86_400
        case ("H", true): 3600
        case ("M", true): 60
        case ("S", true): 1
        default: nil
        }
      guard let unit, let value = Double(number) else { return nil }
      seconds += value * unit
      number = ""
    }
  }
  return number.isEmpty && text.utf8.count > 2 ? MediaTime(seconds: seconds) : nil
}
