import Basics
import Media

/// Copies a file packet by packet.
///
/// `finish`: false drops the muxer in the end.
func copy(
  _ source: String, to path: String, format: String, finish: Bool = true, isLarge: Bool = false,
  indexRoom: Int = 0
) throws {
  var demuxer = try Demuxer.open(source)
  var muxer = try Muxer.create(
    path, format: format,
    streams: (0..<demuxer.streamCount).map {
      Muxer.Stream(demuxer.parameters(of: $0), timeBase: demuxer.timeBase(of: $0))
    }, isLarge: isLarge, indexRoom: indexRoom)
  var packet = Packet()
  while try demuxer.read(into: &packet) {
    let stream = packet.stream
    let timeBase = demuxer.timeBase(of: stream)
    func time(_ ticks: Int64?) -> MediaTime? { ticks.map { MediaTime(ticks: $0, of: timeBase) } }
    try muxer.write(
      &packet, stream: stream, pts: time(packet.pts) ?? .zero, dts: time(packet.dts) ?? .zero,
      duration: time(packet.duration))
  }
  if finish { try muxer.finish() }
}
