import Basics
import Plan
import Posix
import Slices

/// The WebVTT file (W3C) from which players such as hls.js, Shaka and Video.js take thumbnails: each
/// cue names a part of a contact sheet (`#xywh=`, Media Fragments URI 1.0).
///
/// Times count from the beginning of `stretch`, as those of a file made of it do.
func webVTT(
  of series: PictureSeries, _ files: ThumbnailFiles, without missing: Set<Int>,
  in stretch: Stretch, _ options: SnapshotOptions
) -> String {
  var text = "WEBVTT\n"
  for (number, picture) in series.pictures.enumerated() where !missing.contains(number) {
    let next = number + 1 < series.pictures.count ? series.pictures[number + 1].time : stretch.end
    let end =
      options.at == nil ? min(next, picture.time + MediaTime(seconds: options.interval)) : next
    let (sheet, rect) = files.place(of: number)
    let name = percentEncoded(splitPath(files.sheets[sheet]).name)
    text += """

      \(cueTime(picture.time - stretch.start)) --> \(cueTime(end - stretch.start))
      \(name)#xywh=\(rect.x),\(rect.y),\(rect.width),\(rect.height)

      """
  }
  return text
}

/// `snapshots.json`: the time on the session clock, the UTC, the uid and the file of each picture.
func pictureList(of all: some Sequence<(PictureSeries, Set<Int>)>, _ session: Session) -> JSONValue
{
  var items: [JSONValue] = []
  for (series, missing) in all {
    for (number, picture) in series.pictures.enumerated() where !missing.contains(number) {
      items.append([
        "time": .seconds(picture.time), "utc": .string("\(session.start + picture.time)"),
        "uid": .string(series.uid), "file": .string(splitPath(picture.path).name),
      ])
    }
  }
  return .array(items)
}

/// `01:02:03.456`.
private func cueTime(_ time: MediaTime) -> String {
  let all = max(0, time.milliseconds)
  func digits(_ value: Int64, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
  }
  return "\(digits(all / 3_600_000, 2)):\(digits(all / 60_000 % 60, 2)):"
    + "\(digits(all / 1000 % 60, 2)).\(digits(all % 1000, 3))"
}

/// A file name as a part of a URL (RFC 3986).
private func percentEncoded(_ name: String) -> String {
  var text = ""
  for byte in name.utf8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: "~"):
      text.unicodeScalars.append(Unicode.Scalar(byte))
    default:
      let hex = String(byte, radix: 16, uppercase: true)
      text += "%" + (hex.utf8.count < 2 ? "0" : "") + hex
    }
  }
  return text
}
