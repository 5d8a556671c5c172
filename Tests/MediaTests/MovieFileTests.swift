import Basics
import Posix
import TestSupport
import Testing

@testable import Media

/// The index of an MP4 file that is made of libavformat's fragments.
@Suite struct MovieFileTests {
  /// What players see of a file: every packet of each stream with its times, and how long all is.
  private func facts(_ path: String) throws -> [String] {
    let packets = try ["v", "a"].map { kind in
      try output(
        of: "ffprobe",
        ["-v", "error", "-select_streams", kind, "-show_data_hash", "md5", "-of", "csv"]
          + ["-show_entries", "packet=pts,dts,duration,size,flags,data_hash"]
          + ["-show_entries", "stream=start_pts,duration_ts,nb_frames,time_base", path])
    }
    let whole = try output(
      of: "ffprobe", ["-v", "error", "-show_entries", "format=duration", "-of", "csv", path])
    return packets + [whole]
  }

  /// With pictures out of order and sound that begins before zero, as libavformat itself writes it.
  @Test(arguments: [
    ("libx264", "aac", "mp4"), ("libx264", "aac", "mov"), ("libx265", "aac", "mp4"),
    ("libx264", "libopus", "mp4"), ("libvpx-vp9", "libopus", "mp4"),
    ("libx264", "libmp3lame", "mp4"),
  ])
  func itSaysWhatLibavformatSays(_ video: String, _ audio: String, _ format: String) throws {
    let folder = try TemporaryFolder()
    let source = folder.path("source.\(format)")
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=128x96:r=25:d=5.2"]
        + ["-f", "lavfi", "-i", "sine=440:r=48000:d=5", "-c:v", video, "-g", "30"]
        + (video == "libx265" ? ["-x265-params", "log-level=none"] : [])
        + ["-c:a", audio, "-movflags", "+faststart", source])
    let whole = try facts(source)
    #expect(whole[0].split(separator: "\n").count == 131)
    for room in [0, 100, 20_000] {
      let path = folder.path("own.\(format)")
      try copy(source, to: path, format: format, indexRoom: room)
      #expect(try facts(path) == whole)
      #expect(try Content(path).complaints.isEmpty)
    }
  }

  /// One that decoders need packets before may be alone.
  @Test(arguments: ["libopus", "aac"]) func aTrackMayHaveOnePacket(codec: String) throws {
    let folder = try TemporaryFolder()
    let source = folder.path("source.mka")
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=440:r=48000:d=1", "-c:a", codec]
        + ["-frames:a", "1", source])
    let path = folder.path("one.mp4")
    try copy(source, to: path, format: "mp4")
    #expect(try PacketTimes(.audio, of: path).times.count == 1)
  }

  /// Whatever pieces the bytes come in.
  @Test func boxesAreFoundInPieces() throws {
    var random = Seeded(seed: 7)
    var stream: [UInt8] = []
    var wanted: [String] = []
    for number in 0..<40 {
      let size = Int.random(in: 0..<200, using: &random)
      let isData = number % 2 == 1
      stream += Media.bigEndian(UInt32(size + 8)) + Array((isData ? "mdat" : "moof").utf8)
      let body = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
      // What is no box inside of a parent is left out.
      stream += isData ? body : body.map { _ in 0 }
      wanted.append(isData ? "data \(body)" : "moof \(size + 8)")
    }
    for _ in 0..<50 {
      var reader = BoxReader()
      var found: [String] = []
      var data: [UInt8]?
      var position = 0
      while position < stream.count {
        let end = min(stream.count, position + Int.random(in: 1..<90, using: &random))
        stream[position..<end].withUnsafeBufferPointer { piece in
          var rest = piece[...]
          while !rest.isEmpty {
            switch reader.next(&rest) {
            case .more: continue
            case .damaged: Issue.record("damaged at \(position)")
            case .box(let box, let size):
              if let data { found.append("data \(data)") }
              data = nil
              found.append("\(box.name) \(size)")
            case .dataBegin: data = []
            case .data(let bytes): data?.append(contentsOf: bytes)
            }
          }
        }
        position = end
      }
      if let data { found.append("data \(data)") }
      #expect(found == wanted)
    }
  }

  /// No box is shorter than its head.
  @Test func aBoxWithoutRoomForItsHeadIsDamaged() {
    var reader = BoxReader()
    let bytes: [UInt8] = [0, 0, 0, 4, 102, 114, 101, 101, 9]
    bytes.withUnsafeBufferPointer { bytes in
      var rest = bytes[...]
      if case .damaged = reader.next(&rest) {} else { Issue.record("it was taken") }
      #expect(rest.count == 1)
    }
  }

  @Test func entriesBeyondMemoryComeBackInOrder() throws {
    let folder = try TemporaryFolder()
    let entries = EntryList(in: folder.path)
    for number in 0..<50_000 as Range<UInt32> { entries.append(number, number ^ 0xffff_ffff) }
    #expect(entries.count == 50_000)
    #expect(entries.size == 400_000)
    var bytes: [UInt8] = []
    entries.forEachStretch { bytes += $0 }
    #expect(bytes.count == 400_000)
    for number in 0..<50_000 as Range<UInt64> {
      let entry = bytes[(Int(number) * 8)...]
      guard entry.number(at: 0, bytes: 4) == number,
        entry.number(at: 4, bytes: 4) == number ^ 0xffff_ffff
      else {
        Issue.record("entry \(number) is another")
        break
      }
    }
    #expect(entries.failure == nil)
    // Nothing is left beside the output.
    #expect(try listFolder(folder.path).isEmpty)
  }

  @Test func entriesThatFindNoRoomAreAFailure() {
    let entries = EntryList(in: "/nowhere/at/all")
    for number in 0..<8191 as Range<UInt32> { entries.append(number) }
    #expect(entries.failure == nil)
    entries.append(0)
    #expect(entries.failure?.code == .cannotCreate)
  }

  /// Chunks of a file of more than 4 GiB need 64 bits, which no test can write.
  @Test func chunksMayLieFarAway() throws {
    let folder = try TemporaryFolder()
    let entries = EntryList(in: folder.path)
    entries.append(0, 7)
    entries.append(1, 9)
    func bytes(_ box: Box) -> [UInt8] {
      var bytes: [UInt8] = []
      box.write { bytes += $0 }
      #expect(bytes.count == box.size)
      return bytes
    }
    let far = bytes(.offsets(entries, from: 100, areLong: true))
    #expect(String(decoding: far[4..<8], as: UTF8.self) == "co64")
    #expect(far.number(at: 12, bytes: 4) == 2)
    #expect(far.number(at: 16, bytes: 8) == 107)
    #expect(far.number(at: 24, bytes: 8) == 1 << 32 + 109)
  }

  /// A day in ticks of 90 kHz is more than 32 bits hold.
  @Test(arguments: [1, 3600]) func longTracksHaveLongTimes(_ seconds: Int64) throws {
    let folder = try TemporaryFolder()
    let source = try Clip(.h264, nil, seconds: 1).make(in: folder.path)
    var demuxer = try Demuxer.open(source)
    let path = folder.path("long.mp4")
    var muxer = try Muxer.create(
      path, format: "mp4",
      streams: [Muxer.Stream(demuxer.parameters(of: 0), timeBase: .mpeg)])
    var packet = Packet()
    var number: Int64 = 0
    while try demuxer.read(into: &packet) {
      let time = MediaTime(milliseconds: number * seconds * 1000)
      number += 1
      try muxer.write(
        &packet, stream: 0, pts: time, dts: time,
        duration: MediaTime(milliseconds: seconds * 1000))
    }
    try muxer.finish()
    #expect(number > 10)
    #expect(abs(try Probe(path).duration - Double(number * seconds)) < 0.01)
    let times = try PacketTimes(.video, of: path).times
    #expect(times == (0..<number).map { Double($0 * seconds) })
  }
}
