package import Basics
package import Slices

/// What an operator hears of a recording while it runs.
package enum RecordEvent: Hashable, Sendable {
  /// The archive exists, and sources are being waited for.
  case started(sid: String, path: String)
  /// A source's first packet has arrived, at first or again.
  case joined(uid: String, url: String)
  /// A track has begun, or gone on in another format.
  case track(uid: String, kind: TrackKind, format: Format)
  /// A slice is on the disk and in its index.
  case slice(uid: String, kind: TrackKind, name: String, start: UTCTime, duration: MediaTime)
  /// A source that was sending has ended or been lost; nil is for good.
  case left(uid: String, url: String, reason: String, retryIn: MediaTime?)
  /// A source, or part of it, cannot be recorded; nil is for good.
  case failed(uid: String, url: String, reason: String, retryIn: MediaTime?)
  /// Part of what a source sent has not come whole; what has come is recorded.
  case damaged(uid: String, url: String, reason: String)
  /// Once a second.
  case status([SourceStatus])
  case ended
}

/// How a source is doing.
package struct SourceStatus: Hashable, Sendable {
  package enum State: String, Hashable, Sendable {
    case waiting, sending, ended
  }

  package var uid: String
  package var url: String
  package var state: State
  /// libav names, audio first.
  package var codecs: [String]
  /// Over the last second.
  package var bitsPerSecond: Int64
  package var slices: Int
  package var gaps: Int
}
