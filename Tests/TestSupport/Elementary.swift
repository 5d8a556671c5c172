import Basics

/// The coded media of one track without what carries it, for the question "is it as sent?".
///
/// Two tracks are the same media when their units are equal, whatever files or protocols they
/// came through. A unit is a NAL unit of H.264 or H.265, without access unit delimiters and
/// parameter sets; a raw data block of AAC; a packet of all other codecs.
package struct Elementary: Hashable, Sendable {
  /// One fingerprint a unit, in decoding order.
  package let units: [String]

  package enum Kind: String, Sendable { case video = "v", audio = "a" }

  /// Reads the first track of a kind from files that follow each other, such as a track's slices.
  package init(_ kind: Kind, of paths: [String], options: [String] = []) throws {
    var units: [String] = []
    for path in paths { units += try Self.units(kind, path, options) }
    self.units = units
  }

  package init(_ kind: Kind, of path: String, options: [String] = []) throws {
    try self.init(kind, of: [path], options: options)
  }

  /// Where these units lie in the other's, without a hole; nil when they do not.
  package func place(in whole: Elementary) -> Range<Int>? {
    guard let first = units.first else { return nil }
    return whole.units.indices.lazy.filter { whole.units[$0] == first }
      .map { $0..<$0 + units.count }
      .first { $0.upperBound <= whole.units.count && whole.units[$0].elementsEqual(units) }
  }

  /// A sentence on why these units are no contiguous part of the other's; nil when they are.
  package func difference(from whole: Elementary) -> String? {
    if units.isEmpty { return "there are no units" }
    if place(in: whole) != nil { return nil }
    let starts = whole.units.indices.filter { whole.units[$0] == units[0] }
    if starts.isEmpty { return "the first of \(units.count) units is none of what was sent" }
    let same = starts.map { start in
      zip(whole.units[start...], units).prefix { $0 == $1 }.count
    }
    let most = same.max() ?? 0
    return "unit \(most) of \(units.count) differs from what was sent (\(whole.units.count) units)"
  }

  private static func units(
    _ kind: Kind, _ path: String, _ options: [String]
  ) throws -> [String] {
    let codec = try Probe(path, options: options).codec(kind == .video ? "video" : "audio")
    // -copyinkf: pictures before the first key frame too.
    let input =
      ["-nostdin", "-v", "error", "-copyts"] + options + ["-i", path]
      + ["-map", "0:\(kind.rawValue):0", "-c", "copy", "-copyinkf"]
    switch codec {
    case "h264":
      return nalUnits(try stream(input + ["-bsf:v", "h264_mp4toannexb", "-f", "h264"])) {
        // Access unit delimiter, SPS, PPS, SPS extension (H.264 table 7-1).
        [7, 8, 9, 13].contains($0 & 0x1f)
      }
    case "hevc":
      return nalUnits(try stream(input + ["-bsf:v", "hevc_mp4toannexb", "-f", "hevc"])) {
        // VPS, SPS, PPS, access unit delimiter (H.265 table 7-1).
        (32...35).contains($0 >> 1 & 0x3f)
      }
    case "aac":
      return rawDataBlocks(try stream(input + ["-f", "adts"]))
    case nil:
      return []
    default:
      return framehashes(
        try output(of: "ffmpeg", input + ["-f", "framehash", "-hash", "md5", "-"]))
    }
  }

  private static func stream(_ arguments: [String]) throws(Failure) -> [UInt8] {
    let child = try ChildProcess("ffmpeg", arguments + ["pipe:1"])
    let end = try child.wait(seconds: 120)
    guard end.isSuccess else {
      throw Failure(child.command, cannot: "succeed", child.standardError, .software)
    }
    return child.standardOutputBytes
  }

  /// Splits a byte stream (H.264 annex B) at its start codes.
  static func nalUnits(_ bytes: [UInt8], isDropped: (UInt8) -> Bool) -> [String] {
    var units: [String] = []
    var begin: Int?
    func close(at end: Int) {
      guard let begin else { return }
      var end = end
      // Zeros before a start code belong to none of the units.
      while end > begin, bytes[end - 1] == 0 { end -= 1 }
      guard end > begin, !isDropped(bytes[begin]) else { return }
      units.append(fingerprint(bytes[begin..<end]))
    }
    var index = 0
    while index + 2 < bytes.count {
      if bytes[index] == 0, bytes[index + 1] == 0, bytes[index + 2] == 1 {
        close(at: index)
        begin = index + 3
        index += 3
      } else {
        index += 1
      }
    }
    close(at: bytes.count)
    return units
  }

  /// Takes the headers off ADTS frames (ISO 14496-3 table 1.A.5).
  static func rawDataBlocks(_ bytes: [UInt8]) -> [String] {
    var units: [String] = []
    var index = 0
    while index + 7 <= bytes.count, bytes[index] == 0xff, bytes[index + 1] & 0xf6 == 0xf0 {
      let header = bytes[index + 1] & 1 == 1 ? 7 : 9
      let length =
        Int(bytes[index + 3] & 3) << 11 | Int(bytes[index + 4]) << 3 | Int(bytes[index + 5]) >> 5
      guard length >= header, index + length <= bytes.count else { break }
      units.append(fingerprint(bytes[index + header..<index + length]))
      index += length
    }
    return units
  }

  /// The sixth column of each line that is no comment; what stands after it are side data.
  private static func framehashes(_ text: String) -> [String] {
    text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
      let columns = line.split(separator: ",")
      return columns.count > 5 ? String(columns[5].drop { $0 == " " }) : nil
    }
  }

  /// FNV-1a of 64 bits, and the length.
  private static func fingerprint(_ bytes: ArraySlice<UInt8>) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return "\(String(hash, radix: 16))/\(bytes.count)"
  }
}
