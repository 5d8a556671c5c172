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
      for isVideo in [false, true] where isVideo ? sender.video != nil : sender.audio != nil {
        session.slices += try make(sender, isVideo: isVideo)
      }
    }
    return session
  }

  private mutating func make(_ sender: MadeSender, isVideo: Bool) throws -> [MadeSession.Slice] {
    var slices: [MadeSession.Slice] = []
    var lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:\(sender.length + 1)"]
    let rate = 1 + sender.driftPpm / 1e6
    var size = (width: sender.width, height: sender.height)
    let prefix =
      (sender.backup.map { "bak\($0)_" } ?? "") + "\(Self.sid)_\(Self.cname)__uid_s_"
      + "\(sender.uid)__uid_e_\(isVideo ? "video" : "audio")"
    for presence in sender.presences {
      var own = Double(presence.start)
      for index in 0..<presence.slices {
        let number = slices.count
        own += sender.holes[index] ?? 0
        size = sender.sizes[number] ?? size
        let template = try template(
          .init(sender, isVideo: isVideo, size: size, isSecondHalf: number % 2 == 1))
        let timestamp = sender.restarts ? 0 : sender.firstTimestamp + own
        let place = own * rate
        let stamp = place + Double.random(in: -1...1, using: &generator) * sender.jitter
        let utc = Self.start + MediaTime(seconds: stamp)
        let damage = sender.damage[number]
        let name =
          switch style {
          case .agora, .lost: "\(prefix)_\(utc.digits).\(template.ending)"
          case .hls: "\(sender.uid)-\(isVideo ? "v" : "a")\(number).\(template.ending)"
          }
        let path = "\(folder)/\(name)"
        try write(template.bytes(from: timestamp), to: path, damage)
        if let degrees = sender.rotations[number], isVideo {
          lines.append(
            "#EXT-X-AGORA-ROTATE:WIDTH=\(size.width),HEIGHT=\(size.height),ROTATE=\(degrees),"
              + "TIME=\(utc.digits)")
        }
        if index == 0 {
          lines += [
            "#EXT-X-DISCONTINUITY",
            "#EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=\(isVideo ? "VIDEO" : "AUDIO"),"
              + "TIME=\(utc.digits)",
          ]
        }
        if case .hls(true) = style { lines.append("#EXT-X-PROGRAM-DATE-TIME:\(utc)") }
        // Agora writes no comma.
        lines += ["#EXTINF:\(micros(template.seconds))", name]
        slices.append(
          .init(
            path: path, uid: sender.uid, isVideo: isVideo, timestamp: timestamp, place: place,
            seconds: template.seconds, marks: template.marks.map { place + $0 * rate },
            damage: damage))
        own += template.seconds
      }
    }
    lines.append("#EXT-X-ENDLIST")
    let text = lines.joined(separator: "\n") + "\n"
    switch style {
    case .agora: try writeFile("\(folder)/\(prefix).m3u8", text.utf8)
    case .hls:
      try writeFile("\(folder)/\(sender.uid)-\(isVideo ? "video" : "audio").m3u8", text.utf8)
    case .lost: break
    }
    return slices
  }

  private func micros(_ seconds: Double) -> String {
    let all = Int((seconds * 1e6).rounded())
    return "\(all / 1_000_000)." + String(1_000_000 + all % 1_000_000).dropFirst()
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
