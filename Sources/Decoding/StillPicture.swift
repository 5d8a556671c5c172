package import Basics
package import Media

/// A picture file of the user's, decoded.
package final class StillPicture: Sendable {
  package let frame: Frame
  /// The turn anticlockwise that sets it upright: 0, 90, 180 or 270.
  package let degrees: Int

  /// Throws when there is no picture that libavcodec can decode at `path`.
  package init(at path: String) throws(Failure) {
    var demuxer = try Demuxer.open(
      "file:\(path)", name: path, format: "image2", options: ["pattern_type": "none"])
    var packet = Packet()
    var frame = Frame()
    guard demuxer.streamCount > 0, try demuxer.read(into: &packet) else {
      throw Failure(path, cannot: "decode", "there is no picture in it", .data)
    }
    var decoder = try Decoder.make(for: demuxer.parameters(of: 0), subject: path)
    try decoder.send(packet, at: .zero)
    decoder.finish()
    guard try decoder.receive(into: &frame) else {
      throw Failure(path, cannot: "decode", "there is no picture in it", .data)
    }
    degrees = frame.ownRotation ?? 0
    self.frame = frame
  }
}
