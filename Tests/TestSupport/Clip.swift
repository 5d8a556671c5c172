package import Basics
import Posix
import Synchronization

package enum VideoCodec: String, CaseIterable, Sendable {
  case h264, h265, vp8, vp9, av1

  fileprivate func encoder(gop: Int, bFrames: Int) -> [String] {
    let lavc = ["-g", "\(gop)", "-keyint_min", "\(gop)"]
    // A flash is a change of scene, at which the encoders would like to set a key frame.
    return switch self {
    case .h264:
      ["libx264", "-preset", "ultrafast", "-sc_threshold", "0", "-bf", "\(bFrames)"] + lavc
    case .h265:
      ["libx265", "-preset", "ultrafast", "-x265-params"]
        + ["log-level=none:scenecut=0:keyint=\(gop):min-keyint=\(gop):bframes=\(bFrames)"]
    case .vp8: ["libvpx", "-deadline", "realtime", "-cpu-used", "8"] + lavc
    case .vp9: ["libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1"] + lavc
    case .av1: ["libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-row-mt", "1"] + lavc
    }
  }
}

package enum AudioCodec: String, CaseIterable, Sendable {
  case aac, mp3, opus, vorbis
  case pcmMuLaw = "pcm_mulaw"
  case pcmALaw = "pcm_alaw"
  case g722 = "adpcm_g722"

  package var sampleRate: Int {
    switch self {
    case .aac, .mp3, .opus, .vorbis: 48_000
    case .pcmMuLaw, .pcmALaw: 8_000
    case .g722: 16_000
    }
  }

  /// The encoder's name in the `ffmpeg` program.
  fileprivate var encoder: String {
    switch self {
    case .mp3: "libmp3lame"
    case .opus: "libopus"
    case .vorbis: "libvorbis"
    case .aac, .pcmMuLaw, .pcmALaw, .g722: rawValue
    }
  }
}

/// A test signal: at each full second a white flash on black and a beep, both of 100 ms.
///
/// Flash and beep start together, in the frame and at the sample of the full second. Below the
/// part that flashes a strip with a moving pattern and a counter makes every picture another one.
package struct Clip: Hashable, Sendable {
  package var video: VideoCodec?
  package var audio: AudioCodec?
  package var width = 320
  package var height = 176
  /// Frames a second; a multiple of 10 lets the flash last 100 ms exactly.
  package var frameRate = 30
  /// Frames from one key frame to the next.
  package var gop = 30
  package var bFrames = 0
  /// In kbit/s; nil leaves it to the encoder.
  package var videoBitrate: Int?
  package var audioBitrate = 64
  /// Milliseconds of a packet of Opus: 2.5, 5, 10, 20, 40, 60, 80, 100 or 120.
  package var opusPacket = 20.0
  package var seconds: Double
  /// Seconds by which the beep comes after the flash: 0 but to test the measurement itself.
  package var beepDelay: Double = 0

  package init(_ video: VideoCodec? = .h264, _ audio: AudioCodec? = .aac, seconds: Double = 10) {
    self.video = video
    self.audio = audio
    self.seconds = seconds
  }

  /// The ending of a file that can hold the codecs with exact timestamps.
  package var fileEnding: String {
    let isMPEG4 =
      [nil, .h264, .h265].contains(video) && [nil, .aac, .mp3].contains(audio)
    return isMPEG4 ? "mp4" : "mkv"
  }

  /// Encodes the signal into a new file of the folder and returns its path.
  ///
  /// Encoding costs time; a sender of the file, which copies, costs next to none.
  package func make(in folder: String, name: String = "clip") throws(Failure) -> String {
    let path = "\(folder)/\(name).\(fileEnding)"
    try make(at: path)
    return path
  }

  package func make(at path: String) throws(Failure) {
    let known = Known(clip: self, ending: pathExtension(path))
    if let bytes = Self.made.withLock({ $0[known] }) { return try writeFile(path, bytes) }
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-y"] + inputs + encoding + ["-t", "\(seconds)", path])
    let bytes = try readFile(path)
    if bytes.count <= Self.largestKept { Self.made.withLock { $0[known] = bytes } }
  }

  /// A clip in a container.
  private struct Known: Hashable {
    let clip: Clip
    let ending: String
  }

  /// Files of clips that many tests want.
  private static let made = Mutex<[Known: [UInt8]]>([:])
  private static let largestKept = 1 << 20

  /// Options of the `ffmpeg` program that make the raw signal.
  package var inputs: [String] {
    var inputs: [String] = []
    if video != nil {
      let strip = max(16, height / 64 * 16)
      let size = "s=\(width)x\(height - strip):r=\(frameRate):d=\(seconds)"
      // A flash ends half a frame before its 100 ms are over, so that rounding cannot add one.
      let flash = "drawbox=c=white:t=fill:enable='lt(mod(t,1),\(0.1 - 0.5 / Double(frameRate)))'"
      let moving = "testsrc2=s=\(width)x\(strip):r=\(frameRate):d=\(seconds)"
      inputs += ["-f", "lavfi", "-i"]
      inputs += ["color=black:\(size),\(flash)[a];\(moving)[b];[a][b]vstack,format=yuv420p"]
    }
    if let audio {
      let gate = "gte(t,\(beepDelay))*lt(mod(t-\(beepDelay),1),0.1)"
      let source = "aevalsrc='0.5*sin(2*PI*1000*(t-\(beepDelay)))*\(gate)':s=\(audio.sampleRate)"
      inputs += ["-f", "lavfi", "-i", "\(source):d=\(seconds)"]
    }
    return inputs
  }

  /// Options of the `ffmpeg` program that encode the signal.
  package var encoding: [String] {
    var options: [String] = []
    if let video {
      options += ["-c:v"] + video.encoder(gop: gop, bFrames: bFrames)
      if let rate = videoBitrate.map({ "\($0)k" }) {
        options += ["-b:v", rate, "-maxrate", rate, "-bufsize", rate]
      }
    }
    if let audio {
      options += ["-c:a", audio.encoder]
      if [.aac, .mp3, .opus, .vorbis].contains(audio) { options += ["-b:a", "\(audioBitrate)k"] }
      if audio == .opus, opusPacket != 20 { options += ["-frame_duration", "\(opusPacket)"] }
    }
    return options
  }
}
