import Basics
import Media

/// Gives times to the first packets of a stream where they come without: libavformat's RTP reader
/// knows none for the first picture of H.264.
///
/// They are held until two packets with times tell the step, and are placed before the first of
/// those.
final class UntimedStart {
  private final class Held {
    var packet: Packet
    init(_ packet: consuming Packet) { self.packet = packet }
  }

  /// More than this is no start but a stream without times.
  private static let limit = 16
  private var held: [Held] = []
  private var firstTime: Int64?
  private var isOver = false
  /// Packets have come, and none of them with a time.
  private(set) var isUntimed = false

  /// Passes packets on in their order, this one or those before it; none while they are held.
  func pass(_ packet: inout Packet, to body: (inout Packet) throws(Failure) -> Void) throws(Failure)
  {
    let time = packet.pts
    if isOver || (held.isEmpty && time != nil) {
      isOver = true
      return try body(&packet)
    }
    held.append(Held(packet.take()))
    isUntimed = time == nil && firstTime == nil
    guard let time else {
      if held.count >= Self.limit { try release(to: body) }
      return
    }
    guard let firstTime else {
      firstTime = time
      return
    }
    let step = time > firstTime ? time - firstTime : 0
    let untimed = held.count - 2
    for index in 0..<max(0, untimed) {
      held[index].packet.pts = firstTime - step * Int64(untimed - index)
    }
    try release(to: body)
  }

  private func release(to body: (inout Packet) throws(Failure) -> Void) throws(Failure) {
    isOver = true
    for item in held { try body(&item.packet) }
    held = []
  }
}
