import CLibav

/// Planar Float samples of one or two channels, and room for more.
///
/// It is changed in place and reused; positions count samples per channel.
package struct SoundBuffer: ~Copyable {
  package let channels: Int
  package private(set) var capacity: Int
  /// Samples that count.
  package private(set) var count = 0
  private var space: UnsafeMutablePointer<Float>

  package init(channels: Int, capacity: Int = 8192) {
    self.channels = max(1, channels)
    self.capacity = max(1, capacity)
    space = Self.allocate(self.channels * self.capacity)
  }

  deinit { space.deallocate() }

  /// What is in the new space nobody reads before `resize` or another has filled it.
  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Float> {
    .allocate(capacity: count)
  }

  /// Makes room for `count` samples, keeping those that count.
  package mutating func reserve(_ count: Int) {
    guard count > capacity else { return }
    let larger = max(count, capacity * 2)
    let new = Self.allocate(channels * larger)
    for channel in 0..<channels {
      (new + channel * larger).update(from: space + channel * capacity, count: self.count)
    }
    space.deallocate()
    space = new
    capacity = larger
  }

  /// Says that `count` samples count; new ones are silence.
  package mutating func resize(_ count: Int) {
    reserve(count)
    if count > self.count {
      for channel in 0..<channels {
        (space + channel * capacity + self.count).update(repeating: 0, count: count - self.count)
      }
    }
    self.count = max(0, count)
  }

  /// Forgets the first `count` samples.
  package mutating func drop(_ count: Int) {
    let count = min(max(0, count), self.count)
    guard count > 0 else { return }
    for channel in 0..<channels {
      let plane = space + channel * capacity
      memmove(plane, plane + count, (self.count - count) * MemoryLayout<Float>.stride)
    }
    self.count -= count
  }

  /// Sets samples to silence; what is outside of the buffer is left out.
  package mutating func silence(_ range: Range<Int>) {
    let range = range.clamped(to: 0..<count)
    for channel in 0..<channels {
      (space + channel * capacity + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// Adds `samples` of `source` times a gain for each channel.
  ///
  /// `gains`: one for each channel of this buffer. A source of one channel goes into all.
  package mutating func add(
    _ source: borrowing SoundBuffer, _ samples: Range<Int>, at position: Int,
    gains: (Float, Float) = (1, 1)
  ) {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= source.count)
    precondition(position >= 0 && position + samples.count <= count)
    for channel in 0..<channels {
      let into = space + channel * capacity + position
      let from = source.plane(min(channel, source.channels - 1)) + samples.lowerBound
      let gain = channel == 0 ? gains.0 : gains.1
      if gain == 1 {
        for index in 0..<samples.count { into[index] += from[index] }
      } else {
        for index in 0..<samples.count { into[index] += from[index] * gain }
      }
    }
  }

  /// Appends `samples` of `source`, which has as many channels.
  package mutating func append(_ source: borrowing SoundBuffer, _ samples: Range<Int>) {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= source.count)
    precondition(source.channels == channels)
    reserve(count + samples.count)
    for channel in 0..<channels {
      (space + channel * capacity + count)
        .update(from: source.plane(channel) + samples.lowerBound, count: samples.count)
    }
    count += samples.count
  }

  /// Fades samples in from silence, or out to it; ranges outside of the buffer are cut.
  ///
  /// `length`: of the whole fade; it begins at `start`, wherever that is.
  package mutating func fade(from start: Int, length: Int, isIn: Bool) {
    guard length > 0 else { return }
    for channel in 0..<channels {
      let plane = space + channel * capacity
      for index in max(0, start)..<max(0, start, min(count, start + length)) {
        let part = (Float(index - start) + 0.5) / Float(length)
        plane[index] *= isIn ? part : 1 - part
      }
    }
  }

  /// The highest amplitude among samples.
  package func peak(_ samples: Range<Int>) -> Float {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= count)
    var peak: Float = 0
    for channel in 0..<channels { peak = max(peak, Self.peak(plane(channel), samples)) }
    return peak
  }

  /// The highest amplitude among samples of a plane.
  static func peak(_ plane: UnsafePointer<Float>, _ samples: Range<Int>) -> Float {
    var peaks = SIMD8<Float>.zero
    var index = samples.lowerBound
    while index + 8 <= samples.upperBound {
      let values = UnsafeRawPointer(plane + index).loadUnaligned(as: SIMD8<Float>.self)
      peaks.replace(with: values, where: values .> peaks)
      peaks.replace(with: -values, where: -values .> peaks)
      index += 8
    }
    var peak = peaks.max()
    for index in index..<samples.upperBound { peak = max(peak, abs(plane[index])) }
    return peak
  }

  /// The same with `channels` channels, into all of which a single one goes.
  package consuming func widened(to channels: Int) -> SoundBuffer {
    guard self.channels == 1, channels > 1 else { return self }
    var wide = SoundBuffer(channels: channels, capacity: count)
    wide.count = count
    for channel in 0..<channels { wide.plane(channel).update(from: space, count: count) }
    return wide
  }

  /// Multiplies all samples.
  package mutating func scale(_ gain: Float) {
    guard gain != 1 else { return }
    for channel in 0..<channels {
      let plane = space + channel * capacity
      for index in 0..<count { plane[index] *= gain }
    }
  }

  /// Runs `body` with the samples of a channel as they lie in memory.
  package func withBytes<Result, E: Error>(
    _ channel: Int, _ body: (RawSpan) throws(E) -> Result
  ) throws(E) -> Result {
    try body(UnsafeRawBufferPointer(UnsafeBufferPointer(start: plane(channel), count: count)).bytes)
  }

  /// Runs `body` with some samples of a channel as they lie in memory, to be replaced.
  package mutating func withMutableBytes<Result, E: Error>(
    _ channel: Int, _ samples: Range<Int>, _ body: (inout MutableRawSpan) throws(E) -> Result
  ) throws(E) -> Result {
    precondition(samples.lowerBound >= 0 && samples.upperBound <= count)
    var bytes = UnsafeMutableRawBufferPointer(
      UnsafeMutableBufferPointer(start: plane(channel) + samples.lowerBound, count: samples.count)
    ).mutableBytes
    return try body(&bytes)
  }

  /// Runs `body` with the samples of a channel.
  package mutating func withChannel<Result, E: Error>(
    _ channel: Int, _ body: (inout MutableSpan<Float>) throws(E) -> Result
  ) throws(E) -> Result {
    precondition(channel >= 0 && channel < channels)
    var span = UnsafeMutableBufferPointer(start: space + channel * capacity, count: count)
      .mutableSpan
    return try body(&span)
  }

  /// Runs `body` with the samples of a channel, which stay as they are.
  package func withSamples<Result, E: Error>(
    _ channel: Int, _ body: (Span<Float>) throws(E) -> Result
  ) throws(E) -> Result {
    try body(UnsafeBufferPointer(start: plane(channel), count: count).span)
  }

  func plane(_ channel: Int) -> UnsafeMutablePointer<Float> {
    precondition(channel >= 0 && channel < channels)
    return space + channel * capacity
  }
}

// Sound: one owner at a time.
extension SoundBuffer: @unchecked Sendable {}
