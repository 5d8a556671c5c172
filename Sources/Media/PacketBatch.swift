import CLibav

/// Packets in the order in which they came, handed from one thread to another; used again and again.
package final class PacketBatch: @unchecked Sendable {
  // Sound: one thread has it at a time, and libav counts references to the payload atomically.
  private var slots: [UnsafeMutablePointer<AVPacket>] = []
  private var count = 0
  private var next = 0
  /// How many bytes of payload went in since it was emptied.
  package private(set) var size = 0

  package init() {}

  deinit {
    for slot in slots {
      var slot: UnsafeMutablePointer<AVPacket>? = slot
      av_packet_free(&slot)
    }
  }

  /// Takes over what `packet` holds, leaving it blank.
  package func append(_ packet: inout Packet) {
    if count == slots.count { slots.append(allocated(av_packet_alloc())) }
    size += packet.size
    av_packet_move_ref(slots[count], packet.raw)
    count += 1
  }

  /// Moves the next one into `packet`; false when there is none.
  package func take(into packet: inout Packet) -> Bool {
    guard next < count else { return false }
    packet.clear()
    av_packet_move_ref(packet.raw, slots[next])
    next += 1
    return true
  }

  /// Lets go of all packets.
  package func empty() {
    for slot in slots[..<count] { av_packet_unref(slot) }
    (count, next, size) = (0, 0, 0)
  }
}
