import Basics

/// The list of a made track's slices, as its index tells them.
struct SliceList {
  private let isVideo: Bool
  private var lines: [String]
  /// The same for an MPD in the shape that Agora's own script reads: an element a line.
  private var elements: [String] = []

  init(isVideo: Bool, longest: Int) {
    self.isVideo = isVideo
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:\(longest)"]
  }

  var kind: String { isVideo ? "video" : "audio" }

  mutating func turn(_ size: (width: Int, height: Int), _ degrees: Int, at utc: UTCTime) {
    lines.append(
      "#EXT-X-AGORA-ROTATE:WIDTH=\(size.width),HEIGHT=\(size.height),ROTATE=\(degrees),"
        + "TIME=\(utc.digits)")
    elements.append(
      "<Rotate width=\"\(size.width)\" height=\"\(size.height)\" rotate=\"\(degrees)\" "
        + "time=\"\(utc.digits)\"/>")
  }

  /// The track begins, or begins again.
  mutating func begin(at utc: UTCTime) {
    lines += [
      "#EXT-X-DISCONTINUITY",
      "#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=\(kind.uppercased()),TIME=\(utc.digits)",
    ]
    elements.append("<ExtDiscontinuity time=\"\(utc.digits)\"/>")
  }

  mutating func date(_ utc: UTCTime) { lines.append("#EXT-X-PROGRAM-DATE-TIME:\(utc)") }

  mutating func add(_ name: String, seconds: Double) {
    // Agora writes no comma.
    lines += ["#EXTINF:\(Self.micros(seconds))", name]
    elements.append("<SegmentURL media=\"\(name)\"/>")
  }

  var playlist: String { lines.joined(separator: "\n") + "\n#EXT-X-ENDLIST\n" }

  static func presentation(_ lists: [SliceList]) -> String {
    let sets = lists.flatMap { list in
      ["<AdaptationSet contentType=\"\(list.kind)\">"] + list.elements + ["</AdaptationSet>"]
    }
    return
      (["<?xml version=\"1.0\"?>", "<MPD type=\"static\">", "<Period>"] + sets
      + ["</Period>", "</MPD>", ""]).joined(separator: "\n")
  }

  private static func micros(_ seconds: Double) -> String {
    let all = Int((seconds * 1e6).rounded())
    return "\(all / 1_000_000)." + String(1_000_000 + all % 1_000_000).dropFirst()
  }
}
