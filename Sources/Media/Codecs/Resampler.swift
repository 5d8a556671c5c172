package import Basics
import CLibav

/// Brings decoded sound of any format to planar Float of one rate and number of channels, and
/// stretches it a little where its clock runs otherwise.
package struct Resampler: ~Copyable {
  private var raw: OpaquePointer?
  private let rate: Int
  private let channels: Int
  private let name: String
  private var from: (rate: Int32, format: Int32, channels: Int32) = (0, 0, 0)

  /// `rate`: samples per second of what comes out.
  package init(rate: Int, channels: Int, subject: String) {
    self.rate = rate
    self.channels = channels
    name = subject
  }

  deinit {
    var raw = raw
    swr_free(&raw)
  }

  /// Input samples held back, in samples of the output.
  package var delay: Int { raw.map { Int(swr_get_delay($0, Int64(rate))) } ?? 0 }

  /// Adds `delta` output samples, or drops them, evenly over the next `distance`.
  package mutating func compensate(_ delta: Int, over distance: Int) throws(Failure) {
    guard let raw else { return }
    try check(
      swr_set_compensation(raw, Int32(clamping: delta), Int32(clamping: distance)), name,
      cannot: "resample")
  }

  /// Converts one block; what its filter holds back comes with the next.
  ///
  /// `body` receives each channel's new samples. A block of another format than the one before
  /// drops what was held back: call `drain` first.
  package mutating func convert(
    _ frame: borrowing Frame, _ body: ([UnsafeBufferPointer<Float>]) -> Void
  ) throws(Failure) {
    try open(for: frame.raw)
    let expected = Int(swr_get_out_samples(raw, frame.raw.pointee.nb_samples))
    let data = UnsafeMutableRawPointer(frame.raw.pointee.extended_data)?
      .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
    try produce(expected, data, frame.raw.pointee.nb_samples, body)
  }

  /// Whether a block has the format of the one before it.
  package func suits(_ frame: borrowing Frame) -> Bool {
    from.rate == 0
      || from == (
        frame.raw.pointee.sample_rate, frame.raw.pointee.format,
        frame.raw.pointee.ch_layout.nb_channels
      )
  }

  /// Gives what was held back, and forgets the stream.
  package mutating func drain(_ body: ([UnsafeBufferPointer<Float>]) -> Void) throws(Failure) {
    guard raw != nil else { return }
    try produce(Int(swr_get_out_samples(raw, 0)) + 64, nil, 0, body)
    swr_free(&raw)
    from = (0, 0, 0)
  }

  private mutating func open(for frame: UnsafeMutablePointer<AVFrame>) throws(Failure) {
    let now = (
      frame.pointee.sample_rate, frame.pointee.format, frame.pointee.ch_layout.nb_channels
    )
    guard raw == nil || from != now else { return }
    swr_free(&raw)
    var target = AVChannelLayout()
    av_channel_layout_default(&target, Int32(clamping: channels))
    defer { av_channel_layout_uninit(&target) }
    var source = AVChannelLayout()
    defer { av_channel_layout_uninit(&source) }
    if frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
      av_channel_layout_default(&source, frame.pointee.ch_layout.nb_channels)
    } else {
      av_channel_layout_copy(&source, &frame.pointee.ch_layout)
    }
    try check(
      swr_alloc_set_opts2(
        &raw, &target, AV_SAMPLE_FMT_FLTP, Int32(clamping: rate), &source,
        AVSampleFormat(frame.pointee.format), frame.pointee.sample_rate, 0, nil),
      name, cannot: "resample")
    try check(swr_init(raw), name, cannot: "resample")
    from = now
  }

  private func produce(
    _ capacity: Int, _ data: UnsafeMutablePointer<UnsafePointer<UInt8>?>?, _ count: Int32,
    _ body: ([UnsafeBufferPointer<Float>]) -> Void
  ) throws(Failure) {
    guard let raw, capacity > 0 else { return }
    let space = UnsafeMutablePointer<Float>.allocate(capacity: capacity * channels)
    defer { space.deallocate() }
    var planes: [UnsafeMutablePointer<UInt8>?] = (0..<channels).map {
      UnsafeMutableRawPointer(space + $0 * capacity).assumingMemoryBound(to: UInt8.self)
    }
    let made = swr_convert(raw, &planes, Int32(clamping: capacity), data, count)
    try check(made, name, cannot: "resample")
    guard made > 0 else { return }
    body((0..<channels).map { UnsafeBufferPointer(start: space + $0 * capacity, count: Int(made)) })
  }
}

// Sound: one owner at a time.
extension Resampler: @unchecked Sendable {}
