import Basics
import Media
import Slices

/// A track on its way into a file, packet after packet.
protocol PacketSource: AnyObject {
  /// When the next packet is decoded, on the file's clock; nil at the end.
  var nextDTS: MediaTime? { get }
  /// When the next packet is presented, where players can begin with it; nil where they cannot.
  var nextStart: MediaTime? { get }
  /// What of the track could not be used so far.
  var problems: [SessionProblem] { get }
  /// What the muxer must know of it.
  var stream: Muxer.Stream { get }
  /// Writes the next packet.
  ///
  /// Gives where it ends in the file.
  func write(to muxer: inout Muxer, stream: Int) throws(Failure) -> MediaTime
}

extension MergeTrack: PacketSource {
  var stream: Muxer.Stream { stream(isNamed: false) }
}
