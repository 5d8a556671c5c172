import Basics
import Media
import Slices

/// One compressed picture.
final class EncodedPacket: Sendable {
  let packet: Packet
  /// When it is shown, on the output's clock.
  let time: MediaTime

  init(_ packet: consuming Packet, at time: MediaTime) {
    self.packet = packet
    self.time = time
  }
}

/// One encoded part of an output.
struct EncodedChunk: Sendable {
  /// In the order of decoding.
  let packets: [EncodedPacket]
  /// How often it is shown, one after the other.
  let count: Int
  /// How long it is shown each time.
  let length: MediaTime
  let parameters: StreamParameters
  /// How many pictures at most are decoded before one that is shown before them.
  let reordering: Int
  let decoded: Int
  let encoded: Int
  let problems: [SessionProblem]
}

/// Gives decoding times to pictures that only know when they are shown.
///
/// The `n`th picture is decoded when the one `reordering` places before it in the order of showing
/// is shown, so that the times rise steadily across the joints of chunks.
struct DecodingOrder {
  /// The times of the last pictures, one for each that may be decoded ahead.
  private var recent: [MediaTime] = []
  private let reordering: Int
  /// What lies between the pictures, before the first of which no time is known.
  private let frame: MediaTime

  init(reordering: Int, frame: MediaTime) {
    self.reordering = reordering
    self.frame = frame
  }

  /// `shown`: the times of a closed group of pictures, in any order.
  mutating func times(for shown: [MediaTime]) -> [MediaTime] {
    let sorted = shown.sorted()
    guard let first = sorted.first else { return [] }
    if recent.isEmpty {
      recent = (0..<reordering).map { place in
        first - MediaTime(flicks: frame.flicks * Int64(reordering - place))
      }
    }
    let all = recent + sorted
    recent = Array(all.suffix(reordering))
    return Array(all.prefix(shown.count))
  }
}
