import CLibav

extension MovieFile {
  /// The index of the whole file, whose data begin at `start`.
  func index(from start: Int64, isLong: Bool) -> Box {
    guard let movie = head.last?["mvhd"]?.bytes else { return .parent("moov", []) }
    let scale = Int64(movie.number(at: 12, bytes: 4))
    var number = 0
    var longest: Int64 = 0
    var boxes: [Box] = []
    for box in head[1].children where box.name != "mvex" {
      guard box.name == "trak" else {
        boxes.append(box)
        continue
      }
      let table = tracks[number]
      number += 1
      guard table.count > 0 else { continue }
      let (track, length) = table.track(box, scale: scale, from: start, isLong: isLong)
      boxes.append(track)
      longest = max(longest, length)
    }
    return .parent(
      "moov", boxes.map { $0.name == "mvhd" ? $0.lasting(longest, at: 16) : $0 })
  }
}

extension SampleTable {
  /// libavformat's box of a track without samples, with all that is known of them, and how long it
  /// lasts in ticks of the file.
  fileprivate func track(_ box: Box, scale: Int64, from start: Int64, isLong: Bool) -> (
    Box, length: Int64
  ) {
    let own = Int64(box["mdia"]?["mdhd"]?.bytes.number(at: 12, bytes: 4) ?? 1)
    let length = av_rescale_rnd(ending, scale, max(1, own), AV_ROUND_UP)
    let children = box.children.flatMap { child -> [Box] in
      switch child.name {
      case "tkhd": [child.lasting(length, at: 20), edits(scale: scale, own: max(1, own))]
      case "mdia":
        [
          child.mapped { media in
            switch media.name {
            case "mdhd": media.lasting(self.length, at: 16)
            case "minf":
              media.mapped { info in
                guard info.name == "stbl", let description = info["stsd"] else { return info }
                return boxes(description, from: start, isLong: isLong)
              }
            default: media
            }
          }
        ]
      default: [child]
      }
    }
    return (.parent("trak", children), length)
  }
}

extension Box {
  fileprivate func mapped(_ change: (Box) -> Box) -> Box {
    .parent(name, children.map(change))
  }

  /// The head of a file, a track or its media, with a length that stands behind `offset` bytes of
  /// a box whose numbers are short.
  fileprivate func lasting(_ length: Int64, at offset: Int) -> Box {
    let bytes = bytes
    guard bytes.count >= offset + 4 else { return self }
    if length <= Int32.max {
      return .leaf(
        name, bytes[..<offset] + bigEndian(UInt32(max(0, length))) + bytes[(offset + 4)...])
    }
    // The two dates get longer as well, and are zero.
    let dates = [UInt8](repeating: 0, count: 16)
    return .leaf(
      name,
      [1] + bytes[1..<4] + dates + bytes[12..<offset] + bigEndian(length) + bytes[(offset + 4)...])
  }

  /// The type of a file, said to have no fragments.
  var withoutFragments: Box {
    let brands = stride(from: 0, to: bytes.count, by: 4).map {
      String(decoding: bytes[$0...].prefix(4), as: UTF8.self)
    }
    guard brands.first == "iso5" else { return self }
    let kept = brands.dropFirst(2).filter { !["iso5", "iso6"].contains($0) }
    let names = ["isom", "iso2"] + kept
    return .leaf(
      name, Array("isom".utf8) + bigEndian(UInt32(512)) + names.flatMap { Array($0.utf8) })
  }
}
