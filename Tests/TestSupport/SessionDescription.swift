package import Basics

/// One participant of a made session.
///
/// Times are in seconds; those of a sender are of its own clock,
/// which runs beside the session's: own second `s` lies at `s · (1 + driftPpm / 10⁶)`.
///
/// Each whole second of its own clock begins with a white flash and a beep.
package struct MadeSender: Sendable {
  /// A stretch in which the participant sends.
  package struct Presence: Sendable {
    /// A whole second of the sender's clock.
    package var start: Int
    package var slices: Int

    package init(start: Int, slices: Int) {
      self.start = start
      self.slices = slices
    }
  }

  package enum Damage: Sendable { case missing, empty, truncated, noise }

  package var uid: String
  package var video: VideoCodec? = .h264
  package var audio: AudioCodec? = .aac
  package var presences: [Presence]
  /// Seconds by which everything comes later than `presences` say.
  package var delay = 0.0
  /// Seconds of a slice; slices of sound are cut between packets, as near as can be.
  package var length = 16
  /// Milliseconds of a packet of Opus.
  package var opusPacket = 20.0
  /// Opus lies in transport streams too.
  package var opusInTransport = false
  /// Only so many slices of a track are written, and listed again and again, so that a day costs as
  /// little as minutes: for lists with times, of sound whose packets fill the slices.
  package var distinct: Int?
  package var width = 64
  package var height = 64
  /// Pictures a second.
  package var frameRate = 5
  /// Between pictures in the order of decoding.
  package var bFrames = 0
  package var driftPpm = 0.0
  /// Stamps are off by up to so much either way.
  package var jitter = 0.0
  /// The sender's timestamp at its second 0.
  package var firstTimestamp = 10.0
  /// Timestamps start again at zero in every slice.
  package var restarts = false
  /// Only every other slice begins with a key frame.
  package var cutsMidGOP = false
  /// Silence is not sent, but for a packet now and then: every so many seconds.
  package var dtx: Double?
  /// Seconds that are missing before a slice of a presence, by its number.
  package var holes: [Int: Double] = [:]
  /// What happened to the n-th slice of a track.
  package var damage: [Int: Damage] = [:]
  /// The size of pictures from the n-th slice on.
  package var sizes: [Int: (width: Int, height: Int)] = [:]
  /// By how many degrees pictures must be turned from the n-th slice on.
  package var rotations: [Int: Int] = [:]
  /// The number of the failover recorder.
  package var backup: Int?

  package init(_ uid: String, _ presences: [Presence]) {
    self.uid = uid
    self.presences = presences
  }

  /// Seconds of a packet of sound; nil where they differ.
  var soundPacket: Double? {
    switch audio {
    case .aac: 1024 / 48_000
    case .mp3: 1152 / 48_000
    case .opus: opusPacket / 1000
    default: nil
    }
  }
}

/// How a made session is written down.
package enum SessionStyle: Sendable {
  /// As Agora does.
  case agora
  /// As Agora does with WebM: an MPD for both tracks, without lengths.
  case agoraMPD
  /// Slices with plain names in an M3U8 per track, with or without times, and one for both.
  case hls(dates: Bool)
  /// Slices as Agora names them, without any index.
  case lost
}

/// A made session: where its files are, and the truth about them.
package struct MadeSession: Sendable {
  /// One slice as it was written.
  package struct Slice: Sendable {
    package var path: String
    package var uid: String
    package var isVideo: Bool
    /// The slice's first timestamp.
    package var timestamp: Double
    /// Where it lies on the session clock.
    package var place: Double
    package var seconds: Double
    /// Where its flashes, or the first packets of its beeps, lie on the session clock.
    package var marks: [Double]
    package var damage: MadeSender.Damage?
  }

  package var folder: String
  package var sid: String
  package var cname: String
  /// The session's zero.
  package var start: UTCTime
  package var slices: [Slice] = []

  package func slices(of uid: String, video: Bool) -> [Slice] {
    slices.filter { $0.uid == uid && $0.isVideo == video }
  }
}
