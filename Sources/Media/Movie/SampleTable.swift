import Basics
import CLibav

/// What the index of an MP4 file says of the packets of one track (ISO 14496-12 §8.6 and §8.7).
///
/// Times are in ticks of the track.
struct SampleTable {
  private let codec: AVCodecID
  private let isVideo: Bool
  private var steps: RunList
  private var delays: RunList
  private let keys: EntryList
  private let sizes: EntryList
  private let chunks: EntryList
  private let chunkLengths: EntryList
  private var chunkLength: UInt32?

  private var first: (dts: Int64, pts: Int64)?
  private var last: (dts: Int64, duration: Int64) = (0, 0)
  private var shortest = Int64.max
  private var end = Int64.min
  /// Packets whose times are known; their sizes come later.
  private(set) var count: UInt32 = 0

  /// `folder`: where the entries lie until the file is finished.
  init(_ parameters: AVCodecParameters, in folder: String) {
    codec = parameters.codec_id
    isVideo = parameters.codec_type == AVMEDIA_TYPE_VIDEO
    steps = RunList(in: folder)
    delays = RunList(in: folder)
    keys = EntryList(in: folder)
    sizes = EntryList(in: folder)
    chunks = EntryList(in: folder)
    chunkLengths = EntryList(in: folder)
  }

  /// Why something of it has been lost.
  var failure: Failure? {
    [steps.entries, delays.entries, keys, sizes, chunks, chunkLengths].lazy.compactMap(\.failure)
      .first
  }

  mutating func append(dts: Int64, pts: Int64, duration: Int64, isKey: Bool) {
    if first == nil {
      first = (dts, pts)
    } else {
      steps.append(UInt32(clamping: dts - last.dts))
      shortest = min(shortest, dts - last.dts)
    }
    last = (dts, duration)
    end = max(end, pts + duration)
    delays.append(UInt32(clamping: pts - dts))
    count += 1
    if isKey { keys.append(count) }
  }

  /// `offset`: in the data of the file.
  mutating func appendChunk(at offset: Int64, sizes found: [UInt32]) {
    for size in found { sizes.append(size) }
    chunks.append(UInt32(offset >> 32), UInt32(truncatingIfNeeded: offset))
    let length = UInt32(found.count)
    if length != chunkLength { chunkLengths.append(chunks.count, length, 1) }
    chunkLength = length
  }

  /// Nothing more comes.
  mutating func close() {
    guard count > 0 else { return }
    steps.append(UInt32(clamping: last.duration))
    steps.close()
    delays.close()
  }

  /// How long its samples last, as they are presented.
  var length: Int64 { first.map { end - $0.pts } ?? 0 }

  /// Where the last sample ends on the clock of the file.
  var ending: Int64 { first == nil ? 0 : end }

  /// Where on the clock of the file its samples lie.
  ///
  /// `scale`: ticks of the file's clock in a second, `own` those of the track's.
  func edits(scale: Int64, own: Int64) -> Box {
    let (dts, pts) = first ?? (0, 0)
    let delay = Int64(pts.multiplied(by: scale, over: own, .down))
    var length = Int64(length.multiplied(by: scale, over: own, .up))
    // What lies before the file's zero is not shown.
    var start = -min(dts, 0)
    var edits: [(length: Int64, start: Int64)] = []
    if delay > 0 {
      edits.append((delay, -1))
      start = pts - dts
    } else {
      length += delay
    }
    edits.append((length, start))
    let isLong = edits.contains { max($0.length, $0.start) > Int32.max }
    var bytes = [isLong ? 1 : 0, 0, 0, 0] + bigEndian(UInt32(edits.count))
    for edit in edits {
      bytes +=
        isLong
        ? bigEndian(edit.length) + bigEndian(edit.start)
        : bigEndian(Int32(edit.length)) + bigEndian(Int32(edit.start))
      bytes += [0, 1, 0, 0]
    }
    return .parent("edts", [.leaf("elst", bytes)])
  }

  /// The boxes that say what and where its samples are, behind `description`.
  ///
  /// `start`: where in the file its data begin. `isLong`: they may lie beyond 4 GiB.
  func boxes(_ description: Box, from start: Int64, isLong: Bool) -> Box {
    var boxes = [description, Self.table("stts", steps.entries)]
    // Without it, all are key frames.
    if isVideo, keys.count > 0, keys.count < count { boxes.append(Self.table("stss", keys)) }
    if !delays.areZero { boxes.append(Self.table("ctts", delays.entries)) }
    boxes.append(Self.table("stsc", chunkLengths))
    boxes.append(.table("stsz", [0, 0, 0, 0, 0, 0, 0, 0] + bigEndian(sizes.count), sizes))
    boxes.append(.offsets(chunks, from: start, areLong: isLong))
    return .parent("stbl", boxes + prerolls)
  }

  private static func table(_ name: String, _ entries: EntryList) -> Box {
    .table(name, [0, 0, 0, 0] + bigEndian(entries.count), entries)
  }

  /// From how many packets earlier decoding must begin so that one sounds right (§10.1).
  private var prerolls: [Box] {
    // A packet that is alone has none before it.
    guard count > 1 else { return [] }
    let distance: UInt32
    switch codec {
    case AV_CODEC_ID_AAC: distance = 1
    // 80 ms of 48 kHz.
    case AV_CODEC_ID_OPUS: distance = UInt32(clamping: (3839 + shortest) / max(1, shortest))
    default: return []
    }
    guard distance <= 32, count > distance else { return [] }
    let without: UInt32 = codec == AV_CODEC_ID_OPUS ? distance : 0
    let groups = (without > 0 ? [[without, 0]] : []) + [[count - without, 1]]
    let roll = Array("roll".utf8)
    return [
      .leaf(
        "sgpd",
        [1, 0, 0, 0] + roll + bigEndian(UInt32(2)) + bigEndian(UInt32(1))
          + bigEndian(-Int16(distance))),
      .leaf(
        "sbgp",
        [0, 0, 0, 0] + roll + bigEndian(UInt32(groups.count)) + groups.joined().flatMap(bigEndian)),
    ]
  }
}

/// Equal values that follow each other, as entries of how many and which.
private struct RunList {
  let entries: EntryList
  private var value: UInt32?
  private var length: UInt32 = 0
  private(set) var areZero = true

  init(in folder: String) { entries = EntryList(in: folder) }

  mutating func append(_ next: UInt32) {
    if value != next { close() }
    if next != 0 { areZero = false }
    value = next
    length += 1
  }

  mutating func close() {
    if let value { entries.append(length, value) }
    value = nil
    length = 0
  }
}

extension Int64 {
  fileprivate func multiplied(
    by factor: Int64, over divisor: Int64, _ rounding: FloatingPointRoundingRule
  ) -> Int64 {
    av_rescale_rnd(self, factor, divisor, rounding == .up ? AV_ROUND_UP : AV_ROUND_DOWN)
  }
}
