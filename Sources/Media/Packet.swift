import CLibav

/// One compressed frame, or several of audio; one value is reused across reads.
package struct Packet: ~Copyable {
  let raw: UnsafeMutablePointer<AVPacket>

  package init() { raw = allocated(av_packet_alloc()) }

  deinit {
    var raw: UnsafeMutablePointer<AVPacket>? = raw
    av_packet_free(&raw)
  }

  /// One with a payload of its own.
  package init(_ bytes: ArraySlice<UInt8>) {
    self.init()
    let result = av_new_packet(raw, Int32(clamping: bytes.count))
    precondition(result >= 0, "out of memory")
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { memcpy(raw.pointee.data, base, source.count) }
    }
  }

  /// The index of its stream in the demuxer.
  package var stream: Int { Int(raw.pointee.stream_index) }
  package var size: Int { Int(raw.pointee.size) }
  /// Whether decoding can start with it.
  package var isKey: Bool { raw.pointee.flags & AV_PKT_FLAG_KEY != 0 }
  /// Whether the demuxer knows that bytes of it are missing or wrong.
  package var isCorrupt: Bool { raw.pointee.flags & AV_PKT_FLAG_CORRUPT != 0 }

  /// When it is presented, in ticks of its stream's time base.
  package var pts: Int64? {
    get { timestamp(raw.pointee.pts) }
    set { raw.pointee.pts = newValue ?? shim_AV_NOPTS_VALUE }
  }
  /// When it is decoded, in ticks of its stream's time base.
  package var dts: Int64? { timestamp(raw.pointee.dts) }
  /// How long it lasts, in ticks of its stream's time base; nil when nobody said.
  package var duration: Int64? { raw.pointee.duration > 0 ? raw.pointee.duration : nil }

  /// The sender's clock at this packet's timestamp, in microseconds of Unix time, where the sender
  /// gave one (RTCP sender reports, RFC 3550 §6.4.1).
  package var senderClock: Int64? {
    guard let data = sideData(AV_PKT_DATA_PRFT) else { return nil }
    guard data.count >= MemoryLayout<AVProducerReferenceTime>.size else { return nil }
    return UnsafeRawPointer(data.start).loadUnaligned(as: AVProducerReferenceTime.self).wallclock
  }

  /// New out-of-band parameters that take effect with this packet, if any.
  package var newExtradata: [UInt8]? {
    sideData(AV_PKT_DATA_NEW_EXTRADATA).map {
      Array(UnsafeBufferPointer(start: $0.start, count: $0.count))
    }
  }

  /// Samples at its beginning that are no sound (priming, pre-skip), where the container says so.
  package var primingSamples: Int {
    // AV_PKT_DATA_SKIP_SAMPLES begins with them, as a little-endian number of 32 bits.
    guard let data = sideData(AV_PKT_DATA_SKIP_SAMPLES), data.count >= 4 else { return 0 }
    return Int(UInt32(littleEndian: UnsafeRawPointer(data.start).loadUnaligned(as: UInt32.self)))
  }

  /// Forgets the number that a transport stream has for each of its streams, which nobody asks for,
  /// and every copy of the packet would bring along.
  mutating func dropStreamID() {
    guard raw.pointee.side_data_elems == 1, let data = raw.pointee.side_data,
      data.pointee.type == AV_PKT_DATA_MPEGTS_STREAM_ID
    else { return }
    dropSideData()
  }

  /// Forgets everything but the payload and its times.
  package mutating func dropSideData() { av_packet_free_side_data(raw) }

  /// Runs `body` with the payload.
  package func withBytes<Result, E: Error>(_ body: (RawSpan) throws(E) -> Result) throws(E)
    -> Result
  {
    try body(UnsafeRawBufferPointer(start: raw.pointee.data, count: size).bytes)
  }

  /// Appends the payload to `bytes`.
  package func append(to bytes: inout [UInt8]) {
    bytes += UnsafeBufferPointer(start: raw.pointee.data, count: size)
  }

  /// A copy of the payload.
  package var bytes: [UInt8] {
    Array(UnsafeBufferPointer(start: raw.pointee.data, count: size))
  }

  /// Puts `bytes` in front of the payload.
  package mutating func prepend(_ bytes: [UInt8]) {
    let old = size
    guard !bytes.isEmpty, av_grow_packet(raw, Int32(bytes.count)) == 0,
      av_packet_make_writable(raw) == 0, let data = raw.pointee.data
    else { return }
    memmove(data + bytes.count, data, old)
    bytes.withUnsafeBytes { source in
      if let base = source.baseAddress { memcpy(data, base, source.count) }
    }
  }

  /// Moves the packet out, leaving this one blank.
  package mutating func take() -> Packet {
    let other = Packet()
    av_packet_move_ref(other.raw, raw)
    return other
  }

  /// Another reference to the same payload, which neither may change any more.
  package func shared() -> Packet {
    let other = Packet()
    let result = av_packet_ref(other.raw, raw)
    precondition(result >= 0, "out of memory")
    return other
  }

  /// Takes over what `other` holds, leaving it blank.
  package mutating func move(from other: inout Packet) {
    av_packet_unref(raw)
    av_packet_move_ref(raw, other.raw)
  }

  /// Makes `other` another reference to the same payload.
  package func share(with other: inout Packet) {
    other.clear()
    let result = av_packet_ref(other.raw, raw)
    precondition(result >= 0, "out of memory")
  }

  /// Lets go of the payload.
  package mutating func clear() { av_packet_unref(raw) }

  private func sideData(_ kind: AVPacketSideDataType) -> (
    start: UnsafeMutablePointer<UInt8>, count: Int
  )? {
    var count = 0
    guard let start = av_packet_get_side_data(raw, kind, &count) else { return nil }
    return (start, count)
  }
}

// Sound: one owner at a time, and libav counts references to the payload atomically.
extension Packet: @unchecked Sendable {}
