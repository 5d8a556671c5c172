import Basics
import CLibav
import Posix

/// An MP4, MOV or M4A file with its index in front, in memory that does not grow with it.
///
/// libavformat keeps some sixty bytes of each packet until the end. Here it writes fragments of a
/// second (ISO 14496-12 §8.8): what they hold is passed on, and what they say of it goes into
/// tables on the disk, of which the index of an ordinary file is made in the end.
final class MovieFile: MuxerFile {
  /// How libavformat's muxer is to write; times are of no account, for it is told none.
  static let options = [
    "movflags": "+frag_custom+empty_moov+default_base_moof+skip_trailer", "use_editlist": "0",
  ]

  private let path: String
  /// Bytes kept free for the index.
  private let room: Int64
  private(set) var tracks: [SampleTable] = []
  /// Samples of each track that are in no fragment yet.
  private var pending: [UInt32]
  private var pendingBytes = 0
  private var fragmentStart: MediaTime?
  private var parser = BoxReader()
  private(set) var head: [Box] = []
  /// The last fragment's own box, and the bytes that it takes.
  private var fragment: (box: Box, size: Int)?
  private var written: Int64 = 0
  private var isDamaged = false

  /// Whether the index of such streams is known here.
  static func canHold(_ streams: [Muxer.Stream]) -> Bool {
    streams.allSatisfy {
      switch $0.parameters.codec {
      case "h264", "hevc", "av1", "aac": !$0.parameters.extradata.isEmpty
      case "vp9", "opus", "mp3": true
      default: false
      }
    }
  }

  init(creating path: String, _ streams: [Muxer.Stream], room: Int) throws(Failure) {
    self.path = path
    self.room = Int64(room)
    let folder = splitPath(path).folder
    tracks = streams.map { SampleTable($0.parameters.raw.pointee, in: folder) }
    pending = streams.map { _ in 0 }
    try super.init(creating: path, isSeekable: false)
  }

  /// Whether a fragment ought to end before a packet that is decoded at `time`.
  func isFull(at time: MediaTime) -> Bool {
    guard let fragmentStart else { return false }
    return pendingBytes >= Self.mostBytes || time - fragmentStart >= Self.longest
  }

  private static let mostBytes = 4 << 20
  private static let longest = MediaTime(milliseconds: 1000)

  /// Takes the times of the packet that libavformat gets next, and puts a number in their place.
  func takeTimes(of packet: inout Packet, stream: Int, at time: MediaTime) {
    if fragmentStart == nil { fragmentStart = time }
    let raw = packet.raw
    let number = Int64(tracks[stream].count)
    tracks[stream].append(
      dts: raw.pointee.dts, pts: raw.pointee.pts, duration: raw.pointee.duration,
      isKey: packet.isKey)
    pending[stream] += 1
    pendingBytes += packet.size
    (raw.pointee.pts, raw.pointee.dts, raw.pointee.duration) = (number, number, 1)
  }

  /// Why something has been lost that libavformat knows nothing of.
  var failure: Failure? {
    isDamaged
      ? Failure(path, cannot: "write", "libavformat's fragments are not understood", .software)
      : tracks.lazy.compactMap(\.failure).first.map {
        Failure(path, cannot: "write", $0.reason, $0.code)
      }
  }

  /// Takes what libavformat writes.
  override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch parser.next(&rest) {
      case .more: continue
      case .damaged: isDamaged = true
      case .box(let box, let size): take(box, size)
      case .dataBegin: startData()
      case .data(let data):
        let error = super.write(UnsafeBufferPointer(rebasing: data))
        guard error >= 0 else { return error }
        written += Int64(data.count)
      }
    }
    return 0
  }

  private func take(_ box: Box, _ size: Int) {
    switch box.name {
    case "moof": fragment = (box, size)
    case "ftyp", "moov":
      head.append(box.name == "ftyp" ? box.withoutFragments : box)
      // The data begin behind the room for the index.
      if box.name == "moov" { move(to: dataStart) }
    default: isDamaged = true
    }
  }

  private var typeSize: Int64 { Int64(head.first?.size ?? 0) }
  /// Where the data stand as long as the file is being written.
  private var dataStart: Int64 { typeSize + room + Self.dataHead }
  /// A box that is empty and the head of the data, or the head of more than 4 GiB.
  private static let dataHead: Int64 = 16

  /// The data of a fragment begin: now it is known where its samples lie.
  private func startData() {
    guard let (box, size) = fragment else { return isDamaged = true }
    fragment = nil
    for track in box.children where track.name == "traf" {
      guard let header = track["tfhd"]?.bytes, header.count >= 8 else { return isDamaged = true }
      let stream = Int(header.number(at: 4, bytes: 4)) - 1
      guard tracks.indices.contains(stream) else { return isDamaged = true }
      for run in track.children where run.name == "trun" {
        guard let samples = SampleRun(run.bytes, header: header),
          samples.sizes.count <= pending[stream]
        else { return isDamaged = true }
        tracks[stream].appendChunk(
          at: written + Int64(samples.offset - size - 8), sizes: samples.sizes)
        pending[stream] -= UInt32(samples.sizes.count)
      }
    }
    if pending.contains(where: { $0 > 0 }) { isDamaged = true }
    pendingBytes = 0
    fragmentStart = nil
  }

  /// Writes the index; nothing comes from libavformat any more.
  override func finish() -> Int32 {
    avio_flush(context)
    for index in tracks.indices { tracks[index].close() }
    guard head.count == 2, !isDamaged, pending.allSatisfy({ $0 == 0 }) else {
      isDamaged = true
      return shim_AVERROR_INVALIDDATA
    }
    // What the index takes does not depend on where the data are, once they are near or far.
    let most = dataStart + Int64(index(from: 0, isLong: true).size)
    let isLong = most + written > Int64(UInt32.max)
    let size = Int64(index(from: 0, isLong: isLong).size)
    let fits = size == room || size + 8 <= room
    let distance = fits ? 0 : size - room
    var error = drain()
    if error >= 0, distance > 0 {
      error = moveBytes(of: path, from: dataStart, count: written, by: distance)
    }
    guard error >= 0 else { return error }
    let start = dataStart + distance
    move(to: 0)
    for box in [head[0], index(from: start, isLong: isLong)] { put(box) }
    if fits, size < room { put(bigEndian(UInt32(room - size)) + Array("free".utf8)) }
    move(to: start - Self.dataHead)
    let data = Array("mdat".utf8)
    put(
      written + 8 > Int64(UInt32.max)
        ? bigEndian(UInt32(1)) + data + bigEndian(written + Self.dataHead)
        : bigEndian(UInt32(8)) + Array("free".utf8) + bigEndian(UInt32(written + 8)) + data)
    return super.finish()
  }

  private func put(_ box: Box) {
    box.write { bytes in _ = super.write(bytes.assumingMemoryBound(to: UInt8.self)) }
  }

  private func put(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { _ = super.write($0) }
  }
}
