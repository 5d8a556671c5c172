package import Basics
import CLibav

/// Brings decoded sound of any sample format and number of channels to planar Float of one or two
/// channels, at the rate it has.
///
/// A single channel goes into both of two; two become their mean, and more become two first.
package struct SoundConverter: ~Copyable {
  private let channels: Int
  private let name: String
  private let keepsLevels: Bool
  private var raw: OpaquePointer?
  /// The channels that libswresample gives.
  private var made = 0
  private var second = SoundBuffer(channels: 1, capacity: 1)
  private var from: (rate: Int32, format: Int32, channels: Int32) = (0, 0, 0)

  /// `keepsLevels`: of more than two channels, those in front stay as loud as they are (ITU-R
  /// BS.775), whereby all together may become louder than full scale.
  package init(channels: Int, subject: String, keepsLevels: Bool = false) {
    self.channels = channels
    self.keepsLevels = keepsLevels
    name = subject
  }

  deinit {
    var raw = raw
    swr_free(&raw)
  }

  /// Appends a frame's samples; what is not a number becomes silence.
  ///
  /// Throws when libswresample cannot convert the frame.
  package mutating func append(_ frame: borrowing Frame, to buffer: inout SoundBuffer)
    throws(Failure)
  {
    let count = frame.samples
    guard count > 0, frame.raw.pointee.extended_data != nil else { return }
    let start = buffer.count
    buffer.resize(start + count)
    if frame.raw.pointee.format == AV_SAMPLE_FMT_FLTP.rawValue, frame.channels <= 2 {
      copy(frame, to: &buffer, at: start)
    } else {
      try convert(frame, to: &buffer, at: start)
    }
    for channel in 0..<channels { clean(buffer.plane(channel) + start, count) }
  }

  private func copy(_ frame: borrowing Frame, to buffer: inout SoundBuffer, at start: Int) {
    func source(_ channel: Int) -> UnsafePointer<Float>? {
      frame.raw.pointee.extended_data[channel].map {
        UnsafeRawPointer($0).assumingMemoryBound(to: Float.self)
      }
    }
    let count = frame.samples
    guard let left = source(0) else { return }
    let right = frame.channels > 1 ? source(1) : nil
    if channels == 1, let right {
      let into = buffer.plane(0) + start
      for index in 0..<count { into[index] = (left[index] + right[index]) * 0.5 }
      return
    }
    (buffer.plane(0) + start).update(from: left, count: count)
    if channels > 1 { (buffer.plane(1) + start).update(from: right ?? left, count: count) }
  }

  private mutating func convert(
    _ frame: borrowing Frame, to buffer: inout SoundBuffer, at start: Int
  ) throws(Failure) {
    try open(for: frame.raw)
    let count = frame.samples
    let data = UnsafeMutableRawPointer(frame.raw.pointee.extended_data)?
      .assumingMemoryBound(to: UnsafePointer<UInt8>?.self)
    // Only the sample format is libswresample's matter where there are no more than two channels.
    let isDouble = made == 2 && channels == 1
    if isDouble { second.resize(count) }
    let left = buffer.plane(0) + start
    let right = isDouble ? second.plane(0) : buffer.plane(channels - 1) + start
    let done = withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>?.self, capacity: 2) {
      planes in
      planes.initializeElement(
        at: 0, to: UnsafeMutableRawPointer(left).assumingMemoryBound(to: UInt8.self))
      planes.initializeElement(
        at: 1, to: UnsafeMutableRawPointer(right).assumingMemoryBound(to: UInt8.self))
      return swr_convert(
        raw, planes.baseAddress, Int32(clamping: count), data, Int32(clamping: count))
    }
    try check(done, name, cannot: "convert")
    if isDouble {
      for index in 0..<count { left[index] = (left[index] + right[index]) * 0.5 }
    } else if made == 1, channels == 2 {
      right.update(from: left, count: count)
    }
  }

  private mutating func open(for frame: UnsafeMutablePointer<AVFrame>) throws(Failure) {
    let now = (
      frame.pointee.sample_rate, frame.pointee.format, frame.pointee.ch_layout.nb_channels
    )
    guard raw == nil || from != now else { return }
    swr_free(&raw)
    made = Int(min(2, max(1, now.2)))
    var target = AVChannelLayout()
    av_channel_layout_default(&target, Int32(clamping: made))
    var source = AVChannelLayout()
    defer { av_channel_layout_uninit(&source) }
    if frame.pointee.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC {
      av_channel_layout_default(&source, frame.pointee.ch_layout.nb_channels)
    } else {
      av_channel_layout_copy(&source, &frame.pointee.ch_layout)
    }
    try check(
      swr_alloc_set_opts2(
        &raw, &target, AV_SAMPLE_FMT_FLTP, frame.pointee.sample_rate, &source,
        AVSampleFormat(frame.pointee.format), frame.pointee.sample_rate, 0, nil),
      name, cannot: "convert")
    av_opt_set_double(
      UnsafeMutableRawPointer(raw), "rematrix_maxval", keepsLevels ? Double(Int32.max) : 1, 0)
    try check(swr_init(raw), name, cannot: "convert")
    from = now
  }

  /// Damaged packets decode to what is no number, and that would silence all that it is mixed with.
  private func clean(_ plane: UnsafeMutablePointer<Float>, _ count: Int) {
    let bytes = UnsafeRawPointer(plane)
    var sums = SIMD8<Float>.zero
    let whole = count / 8 * 8
    for index in stride(from: 0, to: whole, by: 8) {
      sums += bytes.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Float>.self) * 0
    }
    for index in whole..<count { sums[0] += plane[index] * 0 }
    guard sums.sum() != 0 else { return }
    for index in 0..<count where !plane[index].isFinite { plane[index] = 0 }
  }
}

// Sound: one owner at a time.
extension SoundConverter: @unchecked Sendable {}
