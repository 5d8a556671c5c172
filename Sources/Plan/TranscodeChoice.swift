package import Basics
package import Slices

/// What becomes of one track.
package enum TrackChoice: Hashable, Sendable {
  /// Its packets go into the file as they are, but for the stretches that cannot: what looks
  /// otherwise than the most, and what is cut inside a group of pictures.
  case copy
  /// Why it is, and libav's name of the codec.
  case encode(String, because: String)

  package var isCopy: Bool { self == .copy }
}

extension TranscodeOptions {
  /// What becomes of the pictures of an output.
  ///
  /// `stretch`: what of the session clock the output lasts.
  package func choice(
    forVideo track: Track, of session: Session, over stretch: Stretch, in container: Container
  ) -> TrackChoice {
    guard let reason = reasonToEncode(track, of: session, over: stretch, in: container) else {
      return .copy
    }
    return .encode(video.codec.libavName ?? container.usualVideoCodec, because: reason)
  }

  private func reasonToEncode(
    _ track: Track, of session: Session, over stretch: Stretch, in container: Container
  ) -> String? {
    let looks = session.looks(of: track, in: stretch)
    guard let look = session.prevailingLook(of: track, in: stretch) else { return "it is empty" }
    let format = look.format
    if let wanted = video.codec.libavName, wanted != format.codec {
      return "'\(wanted)' is wanted of '\(format.codec)'"
    }
    guard container.codecs.contains(format.codec) else {
      return "'\(container.rawValue)' cannot hold '\(format.codec)'"
    }
    if video.wantsEncoding { return "another encoding is wanted" }
    if (video.width ?? format.width) != format.width
      || (video.height ?? format.height) != format.height
    {
      return "another size is wanted"
    }
    if look.degrees != 0 { return "it is turned" }
    if looks.count > 1 {
      // Only a short stretch of another size is encoded among copied ones, and whole pictures.
      let all = looks.reduce(MediaTime.zero) { $0 + $1.length }
      let copied = looks.first { $0.look == look }?.length ?? .zero
      if fit != .contain || copied.seconds < all.seconds * Self.copiedPart {
        return "its format changes"
      }
    }
    return nil
  }

  /// Pictures are copied where so much of them can be.
  private static let copiedPart = 0.8

  /// What becomes of the sound of an output.
  package func choice(
    forAudio track: Track, over stretch: Stretch, in container: Container
  ) -> TrackChoice {
    guard let reason = reasonToEncode(track, over: stretch, in: container) else { return .copy }
    return .encode(audio.codec.libavName ?? container.usualAudioCodec, because: reason)
  }

  /// Of these codecs there is silence that stands among copied sound.
  private static let silent: Set<String> = ["aac", "opus", "mp3"]

  private func reasonToEncode(
    _ track: Track, over stretch: Stretch, in container: Container
  ) -> String? {
    let formats = track.formats
    guard let format = formats.first, formats.count == 1 else { return "its format changes" }
    if let wanted = audio.codec.libavName, wanted != format.codec {
      return "'\(wanted)' is wanted of '\(format.codec)'"
    }
    guard container.codecs.contains(format.codec) else {
      return "'\(container.rawValue)' cannot hold '\(format.codec)'"
    }
    if audio.bitrate != nil || audio.profile != nil { return "another encoding is wanted" }
    if (audio.sampleRate ?? format.sampleRate) != format.sampleRate
      || (audio.channels ?? format.channels) != format.channels
    {
      return "another encoding is wanted"
    }
    let hasHoles =
      !track.gaps.isEmpty || stretch.start < track.start || track.end < stretch.end
    return hasHoles && !Self.silent.contains(format.codec) ? "it has gaps" : nil
  }
}

extension Container {
  /// libav's name of what pictures are encoded to where nobody says.
  package var usualVideoCodec: String { self == .webm ? "vp9" : "h264" }
  /// libav's name of what sound is encoded to where nobody says.
  package var usualAudioCodec: String {
    switch self {
    case .webm, .opus: "opus"
    case .ogg: "vorbis"
    case .mp3, .flac: rawValue
    case .wav: "pcm_s16le"
    default: "aac"
    }
  }
}

extension VideoOptions {
  /// The canvas for pictures of many sizes: what is wanted, else the size that is seen for longest;
  /// even in both numbers.
  ///
  /// `seen`: upright sizes, each with how long it is seen.
  package func canvas(for seen: [(size: PixelSize, time: MediaTime)]) -> PixelSize {
    var times: [PixelSize: MediaTime] = [:]
    for (size, time) in seen where size.width > 0 && size.height > 0 {
      times[size, default: .zero] += time
    }
    let usual =
      times.max {
        ($0.value, $0.key.width * $0.key.height, $0.key.width)
          < ($1.value, $1.key.width * $1.key.height, $1.key.width)
      }?.key ?? PixelSize(width: 640, height: 360)
    let aspect = Double(usual.width) / Double(usual.height)
    func even(_ length: Double) -> Int { min(16_384, max(16, Int((length / 2).rounded()) * 2)) }
    switch (width, height) {
    case (let width?, let height?): return PixelSize(width: width, height: height)
    case (let width?, nil):
      return PixelSize(width: width, height: even(Double(width) / aspect))
    case (nil, let height?):
      return PixelSize(width: even(Double(height) * aspect), height: height)
    case (nil, nil):
      return PixelSize(width: even(Double(usual.width)), height: even(Double(usual.height)))
    }
  }
}
