package import Basics
import Posix

/// Writes archives of sessions that nobody held, quickly: a few seconds are encoded once for each
/// kind of track, and every slice is a copy of them with other timestamps.
package struct SessionMaker {
  private let folder: String
  private let style: SessionStyle
  private var generator: Seeded
  private var templates: [SliceTemplate.Wish: SliceTemplate] = [:]
  private let work: TemporaryFolder

  /// The session, without its folder.
  package static let sid = "5ca1ab1e0ddba11c0ffee0fab1e5eed5"
  package static let cname = "made_up"
  package static let start = UTCTime(milliseconds: 1_772_357_400_000)

  /// Writes the archive of a session into a folder.
  ///
  /// The same description and seed give the same session.
  package static func make(
    _ senders: [MadeSender], in folder: String, style: SessionStyle = .agora, seed: UInt64 = 1
  ) throws -> MadeSession {
    var maker = SessionMaker(
      folder: folder, style: style, generator: Seeded(seed: seed), work: try TemporaryFolder())
    return try maker.make(senders)
  }

  private init(folder: String, style: SessionStyle, generator: Seeded, work: TemporaryFolder) {
    self.folder = folder
    self.style = style
    self.generator = generator
    self.work = work
  }

  private mutating func make(_ senders: [MadeSender]) throws -> MadeSession {
    try makeFolder(folder)
    var session = MadeSession(
      folder: folder, sid: Self.sid, cname: Self.cname, start: Self.start)
    for sender in senders {
      var lists: [SliceList] = []
      for isVideo in [false, true] where isVideo ? sender.video != nil : sender.audio != nil {
        let made = try make(sender, isVideo: isVideo)
        session.slices += made.slices
        lists.append(made.list)
      }
      try write(lists, of: sender)
    }
    return session
  }

  private mutating func make(_ sender: MadeSender, isVideo: Bool) throws -> (
    slices: [MadeSession.Slice], list: SliceList
  ) {
    var slices: [MadeSession.Slice] = []
    var list = SliceList(isVideo: isVideo, longest: sender.length + 1)
    let soundPacket = isVideo ? nil : sender.soundPacket
    let rate = 1 + sender.driftPpm / 1e6
    var size = (width: sender.width, height: sender.height)
    let prefix =
      (sender.backup.map { "bak\($0)_" } ?? "") + "\(Self.sid)_\(Self.cname)__uid_s_"
      + "\(sender.uid)__uid_e_\(isVideo ? "video" : "audio")"
    for presence in sender.presences {
      var hole = 0.0
      for index in 0..<presence.slices {
        let number = slices.count
        hole += sender.holes[index] ?? 0
        // Slices are cut where packets of sound begin.
        func cut(_ index: Int) -> (seconds: Double, packets: Int?) {
          let wished = Double(index * sender.length)
          guard let soundPacket else { return (wished, nil) }
          let packets = (wished / soundPacket).rounded()
          return (packets * soundPacket, Int(packets))
        }
        let own = Double(presence.start) + sender.delay + hole + cut(index).seconds
        let packets = cut(index + 1).packets.map { $0 - (cut(index).packets ?? 0) }
        size = sender.sizes[number] ?? size
        let template = try template(
          .init(
            sender, isVideo: isVideo, size: size, isSecondHalf: number % 2 == 1, packets: packets))
        let timestamp = sender.restarts || sender.distinct != nil ? 0 : sender.firstTimestamp + own
        let place = own * rate
        let stamp = place + Double.random(in: -1...1, using: &generator) * sender.jitter
        let utc = Self.start + MediaTime(seconds: stamp)
        let damage = sender.damage[number]
        let name =
          switch style {
          case .agora, .agoraMPD, .lost: "\(prefix)_\(utc.digits).\(template.ending)"
          case .hls:
            "\(sender.uid)-\(isVideo ? "v" : "a")\(number % (sender.distinct ?? .max))"
              + ".\(template.ending)"
          }
        let path = "\(folder)/\(name)"
        if number < sender.distinct ?? .max {
          try write(template.bytes(from: timestamp), to: path, damage)
        }
        if let degrees = sender.rotations[number], isVideo { list.turn(size, degrees, at: utc) }
        if index == 0 { list.begin(at: utc) }
        if case .hls(true) = style { list.date(utc) }
        list.add(name, seconds: template.seconds)
        slices.append(
          .init(
            path: path, uid: sender.uid, isVideo: isVideo, timestamp: timestamp, place: place,
            seconds: template.seconds, marks: template.marks.map { place + $0 * rate },
            damage: damage))
      }
    }
    return (slices, list)
  }

  private func write(_ lists: [SliceList], of sender: MadeSender) throws {
    let stem =
      (sender.backup.map { "bak\($0)_" } ?? "") + "\(Self.sid)_\(Self.cname)__uid_s_"
      + "\(sender.uid)__uid_e_"
    switch style {
    case .agora:
      for list in lists { try writeFile("\(folder)/\(stem)\(list.kind).m3u8", list.playlist.utf8) }
    case .agoraMPD:
      try writeFile("\(folder)/\(stem)av.mpd", SliceList.presentation(lists).utf8)
    case .hls:
      let names = lists.map { "\(sender.uid)-\($0.kind).m3u8" }
      for (name, list) in zip(names, lists) {
        try writeFile("\(folder)/\(name)", list.playlist.utf8)
      }
      guard names.count == 2 else { return }
      try writeFile(
        "\(folder)/\(sender.uid).m3u8",
        """
        #EXTM3U
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",DEFAULT=YES,URI="\(names[0])"
        #EXT-X-STREAM-INF:BANDWIDTH=100000,AUDIO="a"
        \(names[1])

        """.utf8)
    case .lost: break
    }
  }

  private mutating func write(_ bytes: [UInt8], to path: String, _ damage: MadeSender.Damage?)
    throws
  {
    switch damage {
    case nil: try writeFile(path, bytes)
    case .missing: break
    case .empty: try writeFile(path, [])
    case .truncated: try writeFile(path, bytes.prefix(bytes.count / 2 + 7))
    case .noise:
      try writeFile(path, bytes.map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
  }

  private mutating func template(_ wish: SliceTemplate.Wish) throws -> SliceTemplate {
    if let known = templates[wish] { return known }
    let made = try SliceTemplate.make(wish, in: work.path, name: "template\(templates.count)")
    templates[wish] = made
    return made
  }
}
