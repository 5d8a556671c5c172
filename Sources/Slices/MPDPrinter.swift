import Basics

extension MPD {
  /// The file in canonical form: static, an adaptation set for each track, and in it a SegmentList
  /// for each set of parameters.
  ///
  /// What DASH has no words for stands in a namespace of our own, which players ignore.
  package var text: String {
    var out = XMLText()
    let end = representations.flatMap(\.segments).map { $0.start + ($0.duration ?? .zero) }.max()
    let minBuffer = representations.flatMap(\.segments).compactMap(\.duration).max() ?? .zero
    out.open(
      "MPD",
      [
        ("xmlns", "urn:mpeg:dash:schema:mpd:2011"), ("xmlns:rushes", XMLElement.namespace),
        ("profiles", "urn:mpeg:dash:profile:full:2011"), ("type", "static"),
        ("mediaPresentationDuration", iso(duration ?? end ?? .zero)),
        ("minBufferTime", iso(minBuffer)),
      ])
    // Some players take paths for those of their own folder without it.
    out.line("<BaseURL>./</BaseURL>")
    for period in Set(representations.map(\.period)).sorted() {
      let members = representations.filter { $0.period == period }
      out.open(
        "Period", [("id", "\(period)"), ("start", iso(members.first?.periodStart ?? .zero))])
      for set in Set(members.map(\.set)).sorted() {
        let members = members.filter { $0.set == set }
        out.open(
          "AdaptationSet", [("id", "\(set)"), ("contentType", members.first?.kind?.rawValue)])
        for member in members { member.print(to: &out) }
        out.close("AdaptationSet")
      }
      out.close("Period")
    }
    out.close("MPD")
    return out.text
  }
}

extension MPD.Representation {
  fileprivate func print(to out: inout XMLText) {
    let clock = TimeBase(1, Int32(clamping: max(1, timescale)))
    out.open(
      "Representation",
      [
        ("id", id), ("mimeType", mimeType.isEmpty ? nil : mimeType),
        ("codecs", codecs.isEmpty ? nil : codecs), ("bandwidth", "\(bandwidth)"),
        ("width", width.map(String.init)), ("height", height.map(String.init)),
        ("audioSamplingRate", sampleRate.map(String.init)),
      ])
    if let channels {
      out.single(
        "AudioChannelConfiguration",
        [
          ("schemeIdUri", "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"),
          ("value", "\(channels)"),
        ])
    }
    for tag in rotations {
      out.single(
        "rushes:Rotation",
        [
          ("width", "\(tag.width)"), ("height", "\(tag.height)"), ("rotate", "\(tag.degrees)"),
          ("time", tag.time.digits),
        ])
    }
    out.open(
      "SegmentList",
      [
        ("timescale", "\(clock.denominator)"),
        ("presentationTimeOffset", "\(max(0, presentationTimeOffset.ticks(of: clock)))"),
      ])
    if let initialization {
      out.single(
        "Initialization",
        [("sourceURL", initialization.uri), ("range", initialization.bytes.map(text))])
    }
    out.open("SegmentTimeline")
    for segment in segments {
      let time = segment.start - periodStart + presentationTimeOffset
      out.single(
        "S",
        [
          ("t", "\(max(0, time.ticks(of: clock)))"),
          ("d", "\(max(0, (segment.duration ?? .zero).ticks(of: clock)))"),
        ])
    }
    out.close("SegmentTimeline")
    for segment in segments {
      out.single(
        "SegmentURL",
        [
          ("media", segment.media.uri), ("mediaRange", segment.media.bytes.map(text)),
          ("rushes:utc", segment.utc?.description),
          ("rushes:discontinuity", segment.isDiscontinuous ? "true" : nil),
        ])
    }
    out.close("SegmentList")
    out.close("Representation")
  }

  /// Both ends included, as in HTTP.
  private func text(_ bytes: Range<Int64>) -> String {
    "\(bytes.lowerBound)-\(max(bytes.lowerBound, bytes.upperBound - 1))"
  }
}

/// XML Schema's `duration`, to the millisecond.
private func iso(_ duration: MediaTime) -> String { "PT\(max(.zero, duration))S" }

/// Writes elements one a line, two spaces a level.
private struct XMLText {
  private(set) var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
  private var depth = 0

  typealias Attributes = [(name: String, value: String?)]

  mutating func open(_ name: String, _ attributes: Attributes = []) {
    line("<\(name)\(Self.print(attributes))>")
    depth += 1
  }

  mutating func single(_ name: String, _ attributes: Attributes) {
    line("<\(name)\(Self.print(attributes))/>")
  }

  mutating func close(_ name: String) {
    depth -= 1
    line("</\(name)>")
  }

  mutating func line(_ line: String) {
    text += String(repeating: "  ", count: depth) + line + "\n"
  }

  private static func print(_ attributes: Attributes) -> String {
    attributes.map { attribute in
      attribute.value.map { " \(attribute.name)=\"\(escape($0))\"" } ?? ""
    }.joined()
  }

  /// Characters that XML cannot hold at all are left out.
  private static func escape(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out.append(contentsOf: "&amp;".unicodeScalars)
      case "<": out.append(contentsOf: "&lt;".unicodeScalars)
      case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
      case "\t", "\n", "\r": out.append(contentsOf: "&#\(scalar.value);".unicodeScalars)
      case "\u{0}"..<" ", "\u{fffe}", "\u{ffff}": break
      default: out.append(scalar)
      }
    }
    return String(out)
  }
}
