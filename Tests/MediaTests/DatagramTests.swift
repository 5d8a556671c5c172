import Basics
import Posix
import TestSupport
import Testing

@testable import Media

@Suite(.serialized) struct DatagramTests {
  @Test(arguments: [
    ("udp://127.0.0.1:5000", true), ("udp://:5000", true), ("udp://@:5000", true),
    ("UDP://0.0.0.0:5000?pkt_size=1316&fifo_size=100", true), ("udp://@239.1.2.3:5000/", true),
    ("udp://127.0.0.1:5000?reuse=1", true), ("udp://127.0.0.1", false), ("udp://:0", false),
    ("udp://:70000", false), ("udp://[::1]:5000", false), ("udp://localhost:5000", false),
    ("udp://239.1.2.3:5000?localaddr=10.0.0.1", false), ("udp://:5000?timeout=9", false),
    ("rtp://127.0.0.1:5000", false),
  ])
  func `Only addresses that need no help of libavformat are received`(url: String, isOurs: Bool) {
    #expect((DatagramAddress(url: url) != nil) == isOurs)
  }

  @Test func `Groups are joined, and their ports shared`() throws {
    let group = try #require(DatagramAddress(url: "udp://@239.1.2.3:5000"))
    #expect(group.group.map { UInt32(bigEndian: $0) } == 0xEF01_0203)
    #expect(group.isShared)
    let plain = try #require(DatagramAddress(url: "udp://127.0.0.1:5000"))
    #expect(plain.group == nil)
    #expect(!plain.isShared)
    #expect(DatagramAddress(url: "udp://:5000?reuse=1")?.isShared == true)
    #expect(DatagramAddress(url: "udp://:5000?reuse=0")?.isShared == false)
  }

  @Test func `Bytes come in order, and with the time at which they came`() throws {
    let (reader, port) = try makeReader()
    let bytes = (0..<5000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    // The kernel begins to stamp a moment after it is asked to.
    Wait.seconds(0.3)
    let sent = UTCTime.now
    try RawSocket.sendDatagrams(bytes, to: port)
    Wait.seconds(0.4)
    var got: [UInt8] = []
    // Less than a datagram at a time.
    while got.count < bytes.count { got += try #require(read(reader, 500)) }
    #expect(got == bytes)
    let arrival = try #require(reader.arrival)
    #expect(abs((arrival - sent).seconds) < 0.2, "\(arrival), not \(sent)")
  }

  @Test func `What finds no room is counted`() throws {
    let interrupt = Interrupt()
    let (reader, port) = try makeReader(interrupt)
    let sent = 16_000
    try RawSocket.sendDatagrams([UInt8](repeating: 7, count: sent * 1316), to: port)
    interrupt.limit(to: MediaTime(milliseconds: 500))
    var received = 0
    while read(reader, 2000) != nil { received += 1 }
    interrupt.limit(to: nil)
    try RawSocket.sendDatagrams([1], to: port)
    #expect(read(reader, 2000) == [1])
    #expect(reader.lost > 0)
    #expect(received + Int(reader.lost) == sent)
  }

  @Test func `An interrupt ends the wait`() throws {
    let interrupt = Interrupt()
    let (reader, _) = try makeReader(interrupt)
    let start = steadyNow()
    let asker = Thread {
      Wait.seconds(0.2)
      interrupt.ask()
    }
    #expect(read(reader, 100) == nil)
    #expect((steadyNow() - start).seconds < 1)
    asker.join()
  }

  @Test func `A port that is taken is named`() throws {
    let (reader, port) = try makeReader()
    let address = try #require(DatagramAddress(url: "udp://:\(port)"))
    #expect {
      try DatagramReader(address, name: "udp://:\(port)", interrupt: Interrupt())
    } throws: { error in
      "\(error)" == "udp://:\(port): cannot open: Address already in use"
        && (error as? Failure)?.code == .unavailable
    }
    withExtendedLifetime(reader) {}
  }

  private func makeReader(_ interrupt: Interrupt = Interrupt()) throws -> (DatagramReader, Int) {
    let port = try Ports.free()
    let address = try #require(DatagramAddress(url: "udp://127.0.0.1:\(port)"))
    return (try DatagramReader(address, name: "udp", interrupt: interrupt), port)
  }

  /// What one call gives; nil when it is interrupted.
  private func read(_ reader: DatagramReader, _ count: Int) -> [UInt8]? {
    var space = [UInt8](repeating: 0, count: count)
    let got = space.withUnsafeMutableBufferPointer { space in
      space.baseAddress.map { reader.read($0, Int32(count)) } ?? -1
    }
    return got > 0 ? Array(space.prefix(Int(got))) : nil
  }
}

@Suite struct ParameterSetTests {
  @Test(arguments: [
    ("h264", [0, 0, 0, 1, 9, 16, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x65, 3], true),
    ("h264", [0, 0, 0, 1, 9, 16, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x41, 3], true),
    ("h264", [0, 0, 0, 1, 9, 16, 0, 0, 1, 6, 5, 0, 0, 1, 0x41, 3], false),
    // After the picture there are none: these bytes are something else.
    ("h264", [0, 0, 1, 0x41, 3, 0, 0, 1, 0x67, 1], false),
    ("hevc", [0, 0, 0, 1, 70, 1, 80, 0, 0, 1, 64, 1, 12, 0, 0, 1, 38, 1], true),
    ("hevc", [0, 0, 0, 1, 70, 1, 80, 0, 0, 1, 2, 1, 0xD0], false),
    ("h264", [0, 0, 1], false), ("h264", [], false),
  ])
  func `The first bytes tell`(codec: String, bytes: [UInt8], areThere: Bool) {
    var packet = Packet()
    packet.prepend(bytes)
    #expect(packet.hasParameterSets(codec) == areThere)
  }
}
