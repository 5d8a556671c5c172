package import Basics
import Posix

/// An archive of one participant whose every picture shows its number in bars, so that it can be
/// told from any picture what moment of the session it is.
package struct CodedVideo: Sendable {
  package var video = VideoCodec.h264
  package var seconds = 60.0
  /// Pictures a second, before some are left out.
  package var frameRate = 10
  /// Pictures from one key frame to the next.
  package var gop = 20
  package var bFrames = 0
  /// Pictures are refreshed bit by bit instead of by key frames (H.264).
  package var refreshes = false
  /// Seconds of a slice.
  package var slice = 8.0
  /// Slices begin wherever their time is over, not at key frames.
  package var cutsMidGOP = false
  /// Pictures that a sender of variable rate leaves out, as an expression of ffmpeg's `select`.
  package var isShown = "1"
  /// Degrees anticlockwise by which the pictures must be turned to stand upright.
  package var degrees = 0
  /// Times as large from this slice on.
  package var growsAt: Int?
  /// Slices that are not there.
  package var without: Set<Int> = []

  package init() {}

  /// The size of the upright picture: a bar of 16 pixels for each bit.
  package static let width = 256
  package static let height = 64
  package static let start = UTCTime(milliseconds: 1_772_357_400_000)
  package static let stem = "5ca1ab1e0ddba11c0ffee0fab1e5eed5_coded__uid_s_7__uid_e_video"

  /// The number of the picture that shows at a time.
  package func number(at seconds: Double) -> Int {
    Int((seconds * Double(frameRate) + 1e-6).rounded(.down))
  }

  /// Writes the archive into a new folder and returns its slices' paths.
  @discardableResult
  package func make(in folder: String) throws -> [String] {
    try makeFolder(folder)
    let work = try TemporaryFolder()
    let small = try slices(in: work.path, "small", scale: 1)
    let large = growsAt == nil ? [] : try slices(in: work.path, "large", scale: 2)
    var lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:\(Int(slice) + 2)"]
    var paths: [String] = []
    var last = -1
    for (number, slice) in small.enumerated() where !without.contains(number) {
      let isLarge = growsAt.map { number >= $0 } ?? false
      let source = isLarge ? large[number].path : slice.path
      let utc = Self.start + MediaTime(seconds: slice.start)
      let name =
        "\(Self.stem)_\(utc.digits).\(splitPath(source).name.hasSuffix("ts") ? "ts" : "webm")"
      try writeFile("\(folder)/\(name)", try readFile(source))
      if number == 0, degrees != 0 {
        lines.append(
          "#EXT-X-AGORA-ROTATE:WIDTH=\(Self.width),HEIGHT=\(Self.height),ROTATE=\(degrees),"
            + "TIME=\(utc.digits)")
      }
      if number != last + 1 { lines.append("#EXT-X-DISCONTINUITY") }
      lines += ["#EXTINF:\(slice.end - slice.start)", name]
      paths.append("\(folder)/\(name)")
      last = number
    }
    let list = (lines + ["#EXT-X-ENDLIST", ""]).joined(separator: "\n")
    try writeFile("\(folder)/\(Self.stem).m3u8", list.utf8)
    return paths
  }

  private func slices(in folder: String, _ name: String, scale: Int) throws -> [(
    path: String, start: Double, end: Double
  )] {
    let isTransport = video == .h264 || video == .h265
    let turn =
      switch degrees {
      case 90: ",transpose=clock"
      case 180: ",hflip,vflip"
      case 270: ",transpose=cclock"
      default: ""
      }
    let bars = "geq=lum='if(mod(floor(N/pow(2\\,floor(X/16)))\\,2)\\,235\\,16)':cb=128:cr=128"
    let size = ",scale=iw*\(scale):ih*\(scale):flags=neighbor"
    var clip = Clip(video, nil, seconds: seconds)
    (clip.gop, clip.bFrames) = (gop, bFrames)
    let list = "\(folder)/\(name).csv"
    try output(
      of: "ffmpeg",
      [
        "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
        "color=black:s=\(Self.width)x\(Self.height):r=\(frameRate):d=\(seconds),format=yuv420p,"
          + "\(bars),select='\(isShown)'\(size)\(turn)", "-fps_mode", "passthrough",
      ] + clip.encoding
        + (refreshes ? ["-x264-params", "intra-refresh=1:keyint=\(gop)"] : []) + [
          "-f", "segment", "-segment_time", "\(slice)", "-segment_list", list,
          "-segment_list_type", "csv", "-break_non_keyframes", cutsMidGOP ? "1" : "0",
          "-segment_format", isTransport ? "mpegts" : "webm",
          "\(folder)/\(name)%05d.\(isTransport ? "ts" : "webm")",
        ], seconds: 300)
    let found = try Files.text(list).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: ",")
      return parts.count == 3 ? "\(folder)/\(parts[0])" : nil
    }
    // The list's own times are those of decoding.
    let starts = try found.map { try Probe($0).start }
    return found.indices.map { index in
      let start = starts[index] - starts[0]
      return (
        found[index], start, index + 1 < found.count ? starts[index + 1] - starts[0] : seconds
      )
    }
  }

  /// The numbers that picture files of one size show, in the order of their names; nil where the
  /// bars are not clear.
  package static func numbers(in folder: String, size: PixelSize) throws -> [String: Int?] {
    let names = try listFolder(folder).filter { $0.hasSuffix(".jpg") && !$0.hasPrefix(".") }
    guard !names.isEmpty else { return [:] }
    let child = try ChildProcess(
      "ffmpeg",
      [
        "-nostdin", "-v", "error", "-pattern_type", "glob", "-i", "\(folder)/*.jpg",
        "-pix_fmt", "gray", "-f", "rawvideo", "pipe:1",
      ])
    let end = try child.wait(seconds: 120)
    let bytes = child.standardOutputBytes
    let area = size.width * size.height
    guard end.isSuccess, bytes.count == names.count * area else {
      throw Failure(
        folder, cannot: "read",
        "\(bytes.count) bytes of \(names.count) pictures of \(size): "
          + child.standardError, .data)
    }
    var numbers: [String: Int?] = [:]
    for (index, name) in names.enumerated() {
      let row = index * area + size.height / 2 * size.width
      var number: Int? = 0
      for bit in 0..<16 {
        let luma = bytes[row + (2 * bit + 1) * size.width / 32]
        if luma > 64 && luma < 192 { number = nil }
        if luma >= 128 { number = number.map { $0 + 1 << bit } }
      }
      numbers[name] = .some(number)
    }
    return numbers
  }
}
