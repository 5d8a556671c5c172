import Basics
import Media
import Posix

/// An open connection to one sender: packets as sent, with what is known of their streams.
///
/// Everything that can be recorded comes through this; each call is made on the source's own thread
/// and may wait.
protocol Ingest: AnyObject {
  /// Reads the next packet; false at the end.
  func read(into packet: inout Packet) throws(Failure) -> Bool
  /// What is known of a stream now.
  func parameters(of stream: Int) -> StreamParameters
  func timeBase(of stream: Int) -> TimeBase
  /// Whether the timestamps of different streams have nothing to do with each other until the
  /// sender's clock is known, as in RTP.
  var hasClockPerStream: Bool { get }
  /// When the newest packet arrived, by the machine's clock; nil where it has arrived just now.
  var arrival: UTCTime? { get }
  /// Datagrams that came and found no room, since this connection began.
  var lostDatagrams: Int { get }
}

/// What libavformat opens.
final class LibavIngest: Ingest {
  private var demuxer: Demuxer
  // The demuxer reads from it.
  private let pipe: PipeInput?
  private let datagrams: DatagramReader?
  let hasClockPerStream: Bool

  /// `beforePause`: is called, where packets come in bursts, after each.
  init(_ address: SourceAddress, interrupt: Interrupt, beforePause: @escaping () -> Void)
    throws(Failure)
  {
    // No probing: it costs memory, starts decoders, and loses a picture whose first key frame is
    // late. Streams and their parameters are taken as packets bring them.
    hasClockPerStream = address.isRTP
    if let place = address.datagrams, let format = address.format {
      let reader = try DatagramReader(
        place, name: address.url, interrupt: interrupt, beforePause: beforePause)
      (pipe, datagrams) = (nil, reader)
      demuxer = try Demuxer.open(
        reader, name: address.url, format: format, options: address.options, interrupt: interrupt)
      return
    }
    datagrams = nil
    pipe = try Self.openPipe(of: address, interrupt)
    let location = pipe.map { "pipe:\($0.descriptor)" } ?? address.location
    demuxer = try Demuxer.open(
      location, name: address.url, format: address.format, options: address.options,
      interrupt: interrupt, probing: false)
    // libavformat takes whoever calls, and only says so.
    if address.isListener, Log.lines().contains(where: { $0.hasPrefix("Unexpected stream ") }) {
      throw Failure(address.url, cannot: "record", "the sender gave a wrong stream key", .data)
    }
  }

  /// The source's pipe once somebody writes into it; nil for a source that is none.
  ///
  /// libavformat waits in the system for a pipe's writer, where no interrupt reaches it.
  private static func openPipe(of address: SourceAddress, _ interrupt: Interrupt) throws(Failure)
    -> PipeInput?
  {
    guard let path = address.pipePath, let pipe = try PipeInput.open(path) else { return nil }
    // Standard input has its writer, or had one: what follows tells.
    while path != PipeInput.standardInput,
      !pipe.isReady(within: MediaTime(milliseconds: 100))
    {
      guard !interrupt.wasAsked else {
        throw Failure(address.url, cannot: "record", "nobody has written into it", .noInput)
      }
    }
    return pipe
  }

  func read(into packet: inout Packet) throws(Failure) -> Bool { try demuxer.read(into: &packet) }
  var arrival: UTCTime? { datagrams?.arrival }
  var lostDatagrams: Int { Int(datagrams?.lost ?? 0) }
  func parameters(of stream: Int) -> StreamParameters { demuxer.parameters(of: stream) }
  func timeBase(of stream: Int) -> TimeBase { demuxer.timeBase(of: stream) }
}
