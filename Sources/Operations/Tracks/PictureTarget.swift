import Basics
import Media
import Plan

/// The pictures that a file's track has: those that are not so already are made so.
struct PictureTarget {
  /// By libav's name.
  let codec: String
  /// As coded, before players turn it.
  let size: PixelSize
  /// The turn anticlockwise that the file asks players for.
  let degrees: Int
  /// An estimate.
  let frameRate: Double

  /// Encoded pictures stand among copied ones: each key frame brings its own parameter sets, by
  /// numbers that senders do not use, and no picture is decoded before the one shown before it.
  func encoder(_ subject: String, isGlobalHeader: Bool = false) throws(Failure) -> Encoder {
    guard let (name, options) = Self.encoders[codec] else {
      throw Failure(
        subject, cannot: "encode", "pictures of '\(codec)' can only be copied", .unavailable)
    }
    var settings = VideoEncoding(
      encoder: name, size: size, timeBase: .mpeg, frameRate: frameRate)
    settings.options = options
    settings.isGlobalHeader = isGlobalHeader
    settings.gop = 150
    if codec == "vp8" { settings.bitrate = 4_000_000 }
    return try Encoder.make(settings, subject: subject)
  }

  /// What a file must know whose every picture is encoded.
  func parameters(_ subject: String) throws(Failure) -> StreamParameters {
    try encoder(subject, isGlobalHeader: true).parameters
  }

  /// For each codec the encoder and its options, at a quality that one does not see.
  private static let encoders: [String: (name: String, options: [String: String])] = [
    "h264": (
      "libx264",
      ["preset": "veryfast", "crf": "20", "bf": "0", "x264-params": "sps-id=31:repeat-headers=1"]
    ),
    "hevc": (
      "libx265",
      [
        "preset": "veryfast", "crf": "22",
        "x265-params": "log-level=none:bframes=0:repeat-headers=1:pools=none:frame-threads=1",
      ]
    ),
    "vp8": (
      "libvpx", ["deadline": "good", "cpu-used": "4", "crf": "8", "lag-in-frames": "0"]
    ),
    "vp9": (
      "libvpx-vp9",
      ["deadline": "good", "cpu-used": "5", "crf": "24", "b": "0", "lag-in-frames": "0"]
    ),
    "av1": (
      "libaom-av1",
      ["usage": "realtime", "cpu-used": "8", "crf": "24", "b": "0", "lag-in-frames": "0"]
    ),
  ]

  /// Draws a picture that stands upright when turned by `turn`, as large as it fits.
  func draw(
    _ picture: borrowing Frame, turn: Int, with scaler: inout Scaler, subject: String
  ) throws(Failure) -> Frame {
    let turn = (turn - degrees + 360) % 360
    var canvas = Frame.black(size)
    let place = Fit.contain.place(picture.size.turned(by: turn), on: size)
    try scaler.draw(
      picture, turnedBy: turn, crop: place.crop, into: place.rect, of: &canvas, subject: subject)
    return canvas
  }

  /// One key frame that shows `picture` for as long as nothing follows.
  func still(_ picture: borrowing Frame, subject: String) throws(Failure) -> Packet {
    var encoder = try encoder(subject)
    var packet = Packet()
    try encoder.send(picture, at: 0, isKey: true)
    try encoder.finish()
    guard try encoder.receive(into: &packet) else {
      throw Failure(subject, cannot: "encode", "the encoder gave no picture", .software)
    }
    packet.dropSideData()
    return packet
  }
}
