import Basics
import Media
import Plan

/// How libavcodec is to encode what a recipe wants.
///
/// `codec`: libav's name.
///
/// Throws when the linked libavcodec has no encoder for it.
func videoEncoding(
  _ codec: String, _ wanted: VideoOptions, size: PixelSize, timeBase: TimeBase,
  frameRate: Double, in container: Container, subject: String
) throws(Failure) -> VideoEncoding {
  let encoders: [String: [String]] = [
    "h264": ["libx264"], "hevc": ["libx265"], "vp8": ["libvpx"], "vp9": ["libvpx-vp9"],
    "av1": ["libsvtav1", "libaom-av1"],
  ]
  let candidates = encoders[codec] ?? []
  guard let encoder = candidates.first(where: { Encoder.exists($0) }) else {
    throw Failure(
      subject, cannot: "encode", "the linked libavcodec has no encoder for '\(codec)'",
      .unavailable)
  }
  var encoding = VideoEncoding(
    encoder: encoder, size: size, timeBase: timeBase, frameRate: frameRate)
  encoding.gop = wanted.gop
  encoding.bitrate = wanted.bitrate.map { $0 * 1000 }
  encoding.isGlobalHeader = container != .ts && container != .hls
  let preset = wanted.preset ?? .medium
  switch encoder {
  case "libx264":
    encoding.options = ["preset": preset.rawValue]
    if let profile = wanted.profile { encoding.options["profile"] = profile.rawValue }
  case "libx265":
    // Its own pool of threads would not be this run's.
    encoding.options = [
      "preset": preset.rawValue, "x265-params": "pools=none:frame-threads=1:log-level=error",
    ]
  case "libsvtav1":
    encoding.options = ["preset": "\(4 + preset.speed)", "svtav1-params": "lp=1"]
  case "libaom-av1":
    encoding.options = ["cpu-used": "\(min(8, 2 + preset.speed))"]
  default:
    encoding.options = ["deadline": "good", "cpu-used": "\(min(5, preset.speed))"]
  }
  if let ceiling = wanted.ceiling, encoder.hasPrefix("libx26") || encoder.hasPrefix("libvpx") {
    encoding.options["maxrate"] = "\(ceiling)k"
    // A second's worth, which every part of a file may take on top.
    encoding.options["bufsize"] = "\(ceiling)k"
  }
  if wanted.bitrate == nil { constantQuality(&encoding, wanted.crf, frameRate) }
  return encoding
}

/// The same quality all the time, at the encoder's own usual value where nobody says which.
private func constantQuality(_ encoding: inout VideoEncoding, _ crf: Int?, _ frameRate: Double) {
  switch encoding.encoder {
  case "libx264", "libx265":
    if let crf { encoding.options["crf"] = "\(crf)" }
  case "libvpx":
    // It knows a quality only below a bit rate: one that does not bind.
    let pixels = Double(encoding.size.width * encoding.size.height)
    encoding.bitrate = Int(min(1e8, pixels * frameRate / 2))
    encoding.options["crf"] = "\(min(63, crf ?? 10))"
  default:
    encoding.bitrate = 0
    encoding.options["crf"] = "\(min(63, crf ?? 32))"
  }
}

extension VideoOptions.Preset {
  /// 0 for the slowest, 8 for the fastest.
  fileprivate var speed: Int {
    let all = VideoOptions.Preset.allCases
    return all.count - 1 - (all.firstIndex(of: self) ?? 0)
  }
}
