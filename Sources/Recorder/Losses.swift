import Basics
import Media

/// Counts what has not come whole from a source, for a line now and then.
struct Losses {
  private static let interval = MediaTime(milliseconds: 10_000)

  private var packets = 0
  private var datagrams = 0
  /// Those of this connection that have been counted.
  private var seen = 0
  private var reported: MediaTime?

  mutating func startConnection() { seen = 0 }

  /// `lostDatagrams`: since the connection began.
  mutating func note(_ packet: borrowing Packet, lostDatagrams: Int) {
    if packet.isCorrupt { packets += 1 }
    datagrams += max(0, lostDatagrams - seen)
    seen = lostDatagrams
  }

  /// What to say at a moment of the steady clock; nil when nothing is new, or the last time is near.
  mutating func report(at now: MediaTime) -> String? {
    guard packets + datagrams > 0, reported.map({ now - $0 >= Self.interval }) ?? true else {
      return nil
    }
    defer { (packets, datagrams, reported) = (0, 0, now) }
    let incomplete =
      packets == 1 ? "1 packet came incomplete" : "\(packets) packets came incomplete"
    let lost = datagrams == 1 ? "1 datagram" : "\(datagrams) datagrams"
    let full = "\(lost) found the socket's buffer full (net.core.rmem_max limits it)"
    return [packets > 0 ? incomplete : nil, datagrams > 0 ? full : nil].compactMap { $0 }
      .joined(separator: "; ")
  }
}
