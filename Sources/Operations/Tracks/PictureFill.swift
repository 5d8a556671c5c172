import Archive
import Basics
import Media
import Plan
import Slices

/// The pictures that show in the gaps of a track of pictures, each of them encoded once.
final class PictureFill {
  /// A picture, and where in the file it begins.
  private struct Filling {
    let begin: MediaTime
    let isImage: Bool
  }

  private var fillings: ArraySlice<Filling> = []
  private var black: Packet?
  private var image: Packet?
  /// Pictures that went into an encoder.
  private(set) var encoded = 0

  /// Throws when a picture cannot be read, or there is no encoder for the track.
  init(
    _ fill: Fill, _ track: Track, in output: Output, _ clock: FileClock, as target: PictureTarget
  ) throws(Failure) {
    let stretch = output.stretch
    // Players show black where a file has no picture yet, but for `black` it is to be one.
    let starts =
      [stretch.start]
      + track.runs.map(\.end).filter { $0 > stretch.start && $0 < stretch.end }
    let ends = track.runs.map(\.start)
    let gaps = starts.compactMap { start -> Stretch? in
      let end = min(ends.first { $0 >= start } ?? stretch.end, stretch.end)
      return end - start > MediaTime(milliseconds: 100) ? Stretch(start: start, end: end) : nil
    }
    switch fill {
    case .hold, .cut: return
    case .black:
      fillings = gaps.map { Filling(begin: clock.position(of: $0.start), isImage: false) }[...]
    case .image(let path):
      fillings =
        gaps.flatMap { gap -> [Filling] in
          let isFirst = gap.start == stretch.start
          let first = isFirst ? [Filling(begin: clock.position(of: gap.start), isImage: false)] : []
          let begin = gap.start + Fill.imageDelay
          guard begin < gap.end else { return first }
          return first + [Filling(begin: clock.position(of: begin), isImage: true)]
        }[...]
      if fillings.contains(where: \.isImage) {
        let picture = try decodedPicture(path)
        var scaler = Scaler()
        let frame = try target.draw(picture, turn: 0, with: &scaler, subject: path)
        image = try target.still(frame, subject: path)
        encoded += 1
      }
    }
    if fillings.contains(where: { !$0.isImage }) {
      black = try target.still(.black(target.size), subject: output.path)
      encoded += 1
    }
  }

  /// The next picture that begins before the one at `next`; nil when there is none.
  func packet(before next: PacketPlace?, into packet: inout Packet) -> PacketPlace? {
    guard let filling = fillings.first, filling.begin < next?.dts ?? .max else { return nil }
    fillings.removeFirst()
    if filling.isImage { image?.share(with: &packet) } else { black?.share(with: &packet) }
    return PacketPlace(pts: filling.begin, dts: filling.begin, isKey: true)
  }
}

/// Decodes the first picture of an image file.
private func decodedPicture(_ path: String) throws(Failure) -> Frame {
  var demuxer = try Demuxer.open("file:\(path)", name: path)
  guard let index = (0..<demuxer.streamCount).first(where: { demuxer.parameters(of: $0).isVideo })
  else {
    throw Failure(path, cannot: "read", "it holds no picture", .data)
  }
  var decoder = try Decoder.make(for: demuxer.parameters(of: index), subject: path)
  var packet = Packet()
  var frame = Frame()
  while try demuxer.read(into: &packet) {
    guard packet.stream == index else { continue }
    try decoder.send(packet, at: .zero)
    if try decoder.receive(into: &frame) { return frame.take() }
  }
  decoder.finish()
  guard try decoder.receive(into: &frame) else {
    throw Failure(path, cannot: "read", "it holds no picture", .data)
  }
  return frame.take()
}
