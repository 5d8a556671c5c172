import Basics
import Testing

@testable import Media

/// Pictures through the codecs and the scaler.
@Suite struct CodecTests {
  /// A grey picture whose four corners differ.
  private func corners(_ size: PixelSize) -> Frame {
    let frame = Frame.black(size)
    let half = (size.width / 2, size.height / 2)
    for (index, luma) in [50, 100, 150, 200].enumerated() {
      let (x, y) = (index % 2 * half.0, index / 2 * half.1)
      frame.fill(Rect(x: x, y: y, width: half.0, height: half.1), luma: UInt8(luma))
    }
    return frame
  }

  private func luma(_ frame: borrowing Frame) -> [Int] {
    guard let (base, stride) = frame.plane(0) else { return [] }
    let (w, h) = (frame.size.width, frame.size.height)
    return [(8, 8), (w - 9, 8), (8, h - 9), (w - 9, h - 9)].map { Int(base[$0.1 * stride + $0.0]) }
  }

  @Test(arguments: [
    (0, [50, 100, 150, 200]), (90, [100, 200, 50, 150]), (180, [200, 150, 100, 50]),
    (270, [150, 50, 200, 100]),
  ])
  func turnsAnticlockwise(degrees: Int, expected: [Int]) throws {
    let picture = corners(PixelSize(width: 160, height: 96))
    let size = PixelSize(width: 320, height: 200).turned(by: degrees)
    var canvas = Frame.black(size)
    var scaler = Scaler()
    try scaler.draw(picture, turnedBy: degrees, into: Rect(size), of: &canvas, subject: "picture")
    #expect(luma(canvas) == expected)
  }

  @Test func cropsInTheUprightPicture() throws {
    let picture = corners(PixelSize(width: 160, height: 96))
    let size = PixelSize(width: 48, height: 80)
    var canvas = Frame.black(size)
    var scaler = Scaler()
    // The top left quarter of the picture turned by 90 degrees is its top right one.
    try scaler.draw(
      picture, turnedBy: 90, crop: Rect(width: 48, height: 80), into: Rect(size), of: &canvas,
      subject: "picture")
    #expect(luma(canvas) == [100, 100, 100, 100])
  }

  @Test func encodesAndDecodesEveryPicture() throws {
    let size = PixelSize(width: 160, height: 96)
    var settings = VideoEncoding(
      encoder: "libx264", size: size, timeBase: TimeBase(1, 30), frameRate: 30)
    settings.isGlobalHeader = false
    var encoder = try Encoder.make(settings, subject: "test")
    var decoder = try Decoder.make(for: encoder.parameters, subject: "test")
    var times: [MediaTime] = []
    func decode(_ encoder: inout Encoder, _ decoder: inout Decoder) throws {
      var packet = Packet()
      while try encoder.receive(into: &packet) {
        let time = MediaTime(ticks: packet.pts ?? 0, of: encoder.timeBase)
        try decoder.send(packet, at: time)
        var frame = Frame()
        while try decoder.receive(into: &frame) { times.append(frame.time ?? .max) }
      }
    }
    for index in 0..<30 {
      try encoder.send(corners(size), at: Int64(index))
      try decode(&encoder, &decoder)
    }
    try encoder.finish()
    try decode(&encoder, &decoder)
    decoder.finish()
    var frame = Frame()
    while try decoder.receive(into: &frame) { times.append(frame.time ?? .max) }
    #expect(times == (0..<30).map { MediaTime(ticks: $0, of: TimeBase(1, 30)) })
    #expect(decoder.skip == .nothing)
  }

  @Test func saysWhatItHasNoEncoderFor() {
    #expect(throws: Failure.self) {
      _ = try Encoder.make(
        AudioEncoding(encoder: "libnothing", sampleRate: 48_000, channels: 2), subject: "x.m4a")
    }
  }
}
