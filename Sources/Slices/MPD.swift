package import Basics

/// A DASH presentation (ISO 23009-1) as a list of its representations.
package struct MPD: Hashable, Sendable {
  /// One slice.
  package struct Segment: Hashable, Sendable {
    package var media: IndexReference
    /// Where it lies in the presentation, whose zero is the start of the first period.
    package var start: MediaTime
    /// Nil when the MPD does not tell.
    package var duration: MediaTime?
    /// When it starts: our own `rushes:utc`, or the time in a file name of Agora's.
    package var utc: UTCTime?
    /// It starts after an absence: our own `rushes:discontinuity`, or Agora's `ExtDiscontinuity`.
    package var isDiscontinuous: Bool

    package init(
      media: IndexReference, start: MediaTime, duration: MediaTime?, utc: UTCTime? = nil,
      isDiscontinuous: Bool = false
    ) {
      self.media = media
      self.start = start
      self.duration = duration
      self.utc = utc
      self.isDiscontinuous = isDiscontinuous
    }
  }

  /// One track with one set of parameters, in one period.
  package struct Representation: Hashable, Sendable {
    package var id: String
    /// The number of its period, from 0.
    package var period: Int
    /// Where its period starts.
    package var periodStart: MediaTime
    /// The number of its adaptation set in the period, from 0: of one set, one is to be played.
    package var set: Int
    /// Nil when the MPD does not tell.
    package var kind: TrackKind?
    /// As `video/webm`; may be empty.
    package var mimeType: String
    /// RFC 6381, as `vp8` or `avc1.42c01e`; may be empty.
    package var codecs: String
    package var width: Int?
    package var height: Int?
    package var sampleRate: Int?
    package var channels: Int?
    /// Bits per second.
    package var bandwidth: Int
    /// What must be read before each segment.
    package var initialization: IndexReference?
    /// The timestamp in the media that lies at `periodStart`.
    package var presentationTimeOffset: MediaTime
    /// Ticks per second in which times are written.
    package var timescale: Int
    package var segments: [Segment]
    package var rotations: [RotationTag]

    package init(
      id: String, period: Int = 0, periodStart: MediaTime = .zero, set: Int = 0, kind: TrackKind?,
      mimeType: String = "", codecs: String = "", width: Int? = nil, height: Int? = nil,
      sampleRate: Int? = nil, channels: Int? = nil, bandwidth: Int = 0,
      initialization: IndexReference? = nil, presentationTimeOffset: MediaTime = .zero,
      timescale: Int = 1000, segments: [Segment], rotations: [RotationTag] = []
    ) {
      self.id = id
      self.period = period
      self.periodStart = periodStart
      self.set = set
      self.kind = kind
      self.mimeType = mimeType
      self.codecs = codecs
      self.width = width
      self.height = height
      self.sampleRate = sampleRate
      self.channels = channels
      self.bandwidth = bandwidth
      self.initialization = initialization
      self.presentationTimeOffset = presentationTimeOffset
      self.timescale = timescale
      self.segments = segments
      self.rotations = rotations
    }
  }

  /// `type="dynamic"`: more may come.
  package var isDynamic: Bool
  /// The UTC of the first period's start, in a dynamic presentation.
  package var availabilityStart: UTCTime?
  package var duration: MediaTime?
  package var representations: [Representation]

  package init(
    isDynamic: Bool = false, availabilityStart: UTCTime? = nil, duration: MediaTime? = nil,
    representations: [Representation]
  ) {
    self.isDynamic = isDynamic
    self.availabilityStart = availabilityStart
    self.duration = duration
    self.representations = representations
  }
}
