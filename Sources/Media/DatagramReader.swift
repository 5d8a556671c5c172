package import Basics
import CLibav
import Glibc

/// Where UDP datagrams are received.
package struct DatagramAddress: Hashable, Sendable {
  let port: UInt16
  /// The multicast group to join, in the order of the network; nil takes what is sent to the machine.
  let group: UInt32?
  let isShared: Bool

  /// Reads a `udp:` URL; nil where only libavformat knows what it means.
  ///
  /// Like libavformat, it takes any sender: the host only tells whether there is a group to join.
  package init?(url: String) {
    guard url.lowercased().hasPrefix("udp://") else { return nil }
    let parts = url.dropFirst(6).split(
      separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var place = parts[0]
    if place.first == "@" { place.removeFirst() }
    if place.last == "/" { place.removeLast() }
    guard let colon = place.lastIndex(of: ":"),
      let port = UInt16(place[place.index(after: colon)...]), port > 0
    else { return nil }
    let host = String(place[..<colon])
    var address = in_addr()
    guard host.isEmpty || inet_pton(AF_INET, host, &address) == 1 else { return nil }
    var isShared = false
    for option in parts.dropFirst().joined().split(separator: "&") {
      switch option.split(separator: "=").first {
      // Of the sending side, or of libavformat's own buffer.
      case "pkt_size", "fifo_size", "overrun_nonfatal": break
      case "reuse": isShared = option != "reuse=0"
      default: return nil
      }
    }
    // 224.0.0.0/4 (RFC 5771).
    let isGroup = UInt32(bigEndian: address.s_addr) >> 28 == 0xE
    self.port = port
    self.isShared = isShared || isGroup
    group = isGroup ? address.s_addr : nil
  }
}

/// Receives UDP datagrams for a demuxer.
///
/// They gather in the socket's buffer and are taken out together, since waking up for each of them
/// costs more than all the rest; the kernel's stamps tell when each arrived.
package final class DatagramReader: ByteReader {
  /// Seconds of an ordinary sender, for when the disk holds the reader up.
  private static let wishedRoom: Int32 = 4 << 20
  /// How long datagrams gather, in milliseconds; an interrupt is seen as soon.
  private static let longestPause: Int32 = 400
  /// What the kernel counts for a datagram beside its bytes, about.
  private static let overhead = 1024
  /// The largest one there is.
  private static let largest = 1 << 16
  /// Room for what the kernel says of a datagram.
  private static let largestControl = 128
  /// How many are taken out of the socket at once.
  private static let batch = 16

  private let socket: Int32
  private let interrupt: Interrupt
  private let beforePause: () -> Void
  /// The kernel's measure of the socket's buffer, in bytes.
  private let room: Int
  /// Places for the datagrams of a batch; of each, no more memory is used than it fills.
  private let space: UnsafeMutableRawBufferPointer
  private let control: UnsafeMutableRawBufferPointer
  private let pieces: UnsafeMutablePointer<iovec>
  private let datagrams: UnsafeMutablePointer<shim_datagram>
  /// The datagrams of the batch that have not been read.
  private var waiting = 0..<0
  /// The part of `space` with what has not been read of the datagram before them.
  private var rest = 0..<0
  /// What has been taken out of the socket's buffer since the last pause.
  private var gathered = 0
  private var pause = longestPause

  /// When the datagram that was read last arrived, by the machine's clock.
  package private(set) var arrival: UTCTime?
  /// How many datagrams the kernel has dropped, since nobody took them in time.
  package private(set) var lost: UInt32 = 0

  /// `beforePause`: is called when everything has been read that had arrived.
  ///
  /// - Throws: when the port is taken, or the group cannot be joined.
  package init(
    _ address: DatagramAddress, name: String, interrupt: Interrupt,
    beforePause: @escaping () -> Void = {}
  ) throws(Failure) {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if socket < 0 { try check(shim_AVERROR(errno), name, cannot: "open", .unavailable) }
    // Beyond what everybody may have where we may, else as much as we may.
    if !set(socket, SOL_SOCKET, SO_RCVBUFFORCE, Self.wishedRoom) {
      _ = set(socket, SOL_SOCKET, SO_RCVBUF, Self.wishedRoom)
    }
    _ = set(socket, SOL_SOCKET, SO_TIMESTAMPNS, Int32(1))
    _ = set(socket, SOL_SOCKET, SO_RXQ_OVFL, Int32(1))
    if address.isShared { _ = set(socket, SOL_SOCKET, SO_REUSEADDR, Int32(1)) }
    if !bound(socket, to: address) || !joined(socket, address.group) {
      let error = errno
      close(socket)
      try check(shim_AVERROR(error), name, cannot: "open", .unavailable)
    }
    var size = Int32(0)
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, &length)
    room = Int(size)
    self.socket = socket
    self.interrupt = interrupt
    self.beforePause = beforePause
    // Only now, when nothing can fail any more that would leave them behind.
    space = .allocate(byteCount: Self.batch * Self.largest, alignment: 16)
    control = .allocate(byteCount: Self.batch * Self.largestControl, alignment: 16)
    pieces = .allocate(capacity: Self.batch)
    datagrams = .allocate(capacity: Self.batch)
    for index in 0..<Self.batch {
      (pieces + index).initialize(
        to: iovec(
          iov_base: space.baseAddress.map { $0 + index * Self.largest }, iov_len: Self.largest))
      var datagram = shim_datagram()
      datagram.head.msg_iov = pieces + index
      datagram.head.msg_iovlen = 1
      datagram.head.msg_control = control.baseAddress.map { $0 + index * Self.largestControl }
      (datagrams + index).initialize(to: datagram)
    }
    super.init(isSeekable: false)
  }

  deinit {
    close(socket)
    space.deallocate()
    control.deallocate()
    pieces.deallocate()
    datagrams.deallocate()
  }

  override func read(_ space: UnsafeMutablePointer<UInt8>, _ count: Int32) -> Int32 {
    while rest.isEmpty {
      if let next = waiting.popFirst() {
        let start = next * Self.largest
        rest = start..<start + Int(datagrams[next].size)
        note(next)
        continue
      }
      guard !interrupt.wasAsked, !interrupt.isLate else { return shim_AVERROR_EXIT }
      let got = receive()
      if got >= 0 {
        waiting = 0..<got
      } else if errno == EAGAIN {
        waitForMore()
      } else if errno != EINTR {
        return shim_AVERROR(errno)
      }
    }
    let part = rest.prefix(Int(count))
    UnsafeMutableRawBufferPointer(start: space, count: part.count)
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: self.space[part]))
    rest.removeFirst(part.count)
    return Int32(part.count)
  }

  /// Takes what is there out of the socket, a batch at most; gives how many datagrams, or -1 and
  /// `errno`.
  private func receive() -> Int {
    for index in 0..<Self.batch { datagrams[index].head.msg_controllen = Self.largestControl }
    let got = Int(shim_receive(socket, datagrams, UInt32(Self.batch)))
    for index in 0..<max(0, got) { gathered += Int(datagrams[index].size) + Self.overhead }
    return got
  }

  /// Reads what the kernel says of a datagram (`man 3 cmsg`).
  private func note(_ index: Int) {
    let control = UnsafeRawBufferPointer(control)
      .dropFirst(index * Self.largestControl)
      .prefix(Int(datagrams[index].head.msg_controllen))
    let head = MemoryLayout<cmsghdr>.size
    var start = control.startIndex
    while start + head <= control.endIndex {
      let bytes = UnsafeRawBufferPointer(rebasing: control[start...])
      let message = bytes.loadUnaligned(as: cmsghdr.self)
      let length = Int(message.cmsg_len)
      guard length >= head, length <= bytes.count, message.cmsg_level == SOL_SOCKET else { return }
      let size = length - head
      if message.cmsg_type == SO_TIMESTAMPNS, size >= MemoryLayout<timespec>.size {
        let time = bytes.loadUnaligned(fromByteOffset: head, as: timespec.self)
        arrival = UTCTime(
          milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
      } else if message.cmsg_type == SO_RXQ_OVFL, size >= MemoryLayout<UInt32>.size {
        lost = bytes.loadUnaligned(fromByteOffset: head, as: UInt32.self)
      }
      // The next one is aligned like a pointer.
      start += (length + 7) & ~7
    }
  }

  /// Lets datagrams gather where some came just now, else waits for the next one.
  private func waitForMore() {
    guard gathered > 0 else {
      var event = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
      poll(&event, 1, Self.longestPause)
      return
    }
    beforePause()
    // Even a burst of several times what is usual must find room.
    pause = gathered > room / 4 ? max(1, pause / 2) : min(Self.longestPause, pause + 5)
    gathered = 0
    poll(nil, 0, pause)
  }
}

private func set<Value>(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Value) -> Bool {
  withUnsafePointer(to: value) {
    setsockopt(socket, level, option, $0, socklen_t(MemoryLayout<Value>.size)) == 0
  }
}

private func bound(_ socket: Int32, to address: DatagramAddress) -> Bool {
  var name = sockaddr_in()
  name.sin_family = sa_family_t(AF_INET)
  name.sin_port = address.port.bigEndian
  // Bound to the group, a socket is spared what other groups send to the port.
  name.sin_addr.s_addr = address.group ?? 0
  return withUnsafePointer(to: name) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
}

private func joined(_ socket: Int32, _ group: UInt32?) -> Bool {
  guard let group else { return true }
  let membership = ip_mreq(
    imr_multiaddr: in_addr(s_addr: group), imr_interface: in_addr(s_addr: 0))
  return set(socket, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, membership)
}
