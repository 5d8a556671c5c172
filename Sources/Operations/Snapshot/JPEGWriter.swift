import Basics
import Media
import Plan

/// Draws pictures onto canvases, and encodes these as JPEG files (JFIF: full range, BT.601).
struct JPEGWriter: ~Copyable {
  private let subject: String
  private let scale: Int
  private var upright = UprightPicture()
  private var encoder: Encoder?
  private var packet = Packet()
  /// Pictures encoded; the encoder wants times that grow.
  private var count: Int64 = 0

  /// `quality`: 1 to 100, as JPEG programs count.
  init(quality: Int, subject: String) {
    self.subject = subject
    scale = Self.scale(quality)
  }

  /// libavcodec's quantizer scale, 1 to 31, which makes files of about the size and sharpness that
  /// JPEG programs make at that quality.
  static func scale(_ quality: Int) -> Int {
    let percent = quality < 50 ? 5000 / max(1, quality) : 200 - 2 * min(100, quality)
    return min(31, max(1, (percent + 5) / 10))
  }

  /// The JPEG of a picture turned by `degrees` anticlockwise.
  mutating func jpeg(
    of picture: borrowing Frame, turnedBy degrees: Int, _ options: SnapshotOptions
  ) throws(Failure) -> [UInt8] {
    try upright.draw(
      picture, turnedBy: degrees, on: options.canvas(for: picture.shape.turned(by: degrees)),
      options.fit, subject: subject)
    return try jpeg(of: upright.canvas.shared())
  }

  /// The JPEG of a canvas.
  mutating func jpeg(of canvas: borrowing Frame) throws(Failure) -> [UInt8] {
    if encoder?.size != canvas.size {
      var encoding = VideoEncoding(
        encoder: "mjpeg", size: canvas.size, timeBase: TimeBase(1, 1), frameRate: 1)
      encoding.isFullRange = true
      encoding.isGlobalHeader = false
      // libavcodec counts qualities in 118ths.
      encoding.options = ["flags": "+qscale", "qmin": "1", "global_quality": "\(scale * 118)"]
      encoder = try Encoder.make(encoding, subject: subject)
    }
    try encoder?.send(canvas, at: count)
    count += 1
    guard try encoder?.receive(into: &packet) == true else {
      throw Failure(subject, cannot: "encode", "the encoder gave no picture", .software)
    }
    return packet.bytes
  }
}
