package import Basics

/// The options of a `transcode` step; the defaults are those of recipes.
package struct TranscodeOptions: Hashable, Sendable {
  package var video = VideoOptions()
  package var audio = AudioOptions()
  package var fit = Fit.contain
  package var fill = Fill.hold
  package var align = Alignment.session
  package var tracks = TrackSelection.both

  package init() {}
}

/// What the pictures of a file are to be.
package struct VideoOptions: Hashable, Sendable {
  /// A codec, or a way to choose one.
  package enum Codec: String, Hashable, Sendable, CaseIterable {
    /// The slices' own where they already are what is wanted, else the container's usual one.
    case auto
    /// The slices' own, or an error.
    case copy
    case h264, h265, vp8, vp9, av1

    /// libav's name; nil for a way to choose.
    package var libavName: String? {
      switch self {
      case .auto, .copy: nil
      case .h265: "hevc"
      default: rawValue
      }
    }
  }

  /// A set of tools that decoders may be without.
  package enum Profile: String, Hashable, Sendable, CaseIterable {
    case baseline, main, high
  }

  /// How much time the encoder takes to make the picture better.
  package enum Preset: String, Hashable, Sendable, CaseIterable {
    case ultrafast, superfast, veryfast, faster, fast, medium, slow, slower, veryslow
  }

  package var codec = Codec.auto
  /// In pixels; nil is the width that the pictures have for most of the time, or the one that keeps
  /// their shape where a height is wanted.
  package var width: Int?
  package var height: Int?
  /// Pictures per second; nil leaves each at its time.
  package var fps: Double?
  /// In kbit/s.
  package var bitrate: Int?
  /// The encoder's own scale of quality.
  package var crf: Int?
  /// What no stretch of some seconds may be above, in kbit/s, so that files stay below a size.
  package var ceiling: Int?
  /// In pictures.
  package var gop: Int?
  package var profile: Profile?
  package var preset: Preset?

  package init() {}

  /// Whether anything but the codec and the size is wanted, which only encoding gives.
  package var wantsEncoding: Bool {
    fps != nil || bitrate != nil || crf != nil || gop != nil || profile != nil || preset != nil
  }
}

/// What the sound of a file is to be.
package struct AudioOptions: Hashable, Sendable {
  /// A codec, or a way to choose one.
  package enum Codec: String, Hashable, Sendable, CaseIterable {
    /// The slices' own where they already are what is wanted, else the container's usual one.
    case auto
    /// The slices' own, or an error.
    case copy
    case aac, mp3, opus

    /// libav's name; nil for a way to choose.
    package var libavName: String? { self == .auto || self == .copy ? nil : rawValue }
  }

  /// A set of AAC's tools.
  package enum Profile: String, Hashable, Sendable, CaseIterable {
    case lc, he
    case heV2 = "he-v2"
  }

  package var codec = Codec.auto
  /// In samples per second.
  package var sampleRate: Int?
  /// In kbit/s.
  package var bitrate: Int?
  package var channels: Int?
  package var profile: Profile?

  package init() {}
}

/// A steady number of pictures per second.
package struct FrameRate: Hashable, Sendable {
  /// The length of one picture.
  package let frame: TimeBase

  /// `perSecond`: a number near one of NTSC's, as 29.97, is taken for that.
  package init(perSecond: Double) {
    let ntsc = (perSecond * 1.001).rounded()
    if perSecond == perSecond.rounded() {
      frame = TimeBase(1, Int32(max(1, min(perSecond, 1000))))
    } else if ntsc >= 1, ntsc <= 1000, abs(perSecond * 1.001 - ntsc) < 0.01 {
      frame = TimeBase(1001, Int32(ntsc) * 1000)
    } else {
      frame = TimeBase(1000, Int32(max(1, (min(perSecond, 1000) * 1000).rounded())))
    }
  }

  package var perSecond: Double { Double(frame.denominator) / Double(frame.numerator) }

  /// When a picture is shown.
  package func time(of picture: Int) -> MediaTime { MediaTime(ticks: Int64(picture), of: frame) }

  /// The picture that begins nearest to `time`.
  package func picture(at time: MediaTime) -> Int { Int(clamping: time.ticks(of: frame)) }
}
