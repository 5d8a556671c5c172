import Basics

extension SliceName {
  /// Reads a file name (no path); nil when it has none of the two shapes.
  ///
  /// A session's own file is only known by a sid of 32 hex digits (Agora) or of 20 characters
  /// of 0–9 and a–v (Kingsoft). Its channel name may end in what looks like a tail: `reading`
  /// tells how to read it again once the channel names are known.
  package init?(parsing name: some StringProtocol) {
    var rest = Substring(name)
    backup = Self.takeBackup(&rest)
    guard rest.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && $0 != 0 }) else { return nil }
    if let end = rest.lastRange(of: Self.uidEnd),
      let start = rest[..<end.lowerBound].lastRange(of: Self.uidStart)
    {
      guard
        let underscore = rest[..<start.lowerBound].utf8.firstIndex(of: UInt8(ascii: "_")),
        let stem = Self.split(rest[end.upperBound...])
      else { return nil }
      sid = String(rest[..<underscore])
      cname = String(rest[rest.utf8.index(after: underscore)..<start.lowerBound])
      uid = String(rest[start.upperBound..<end.lowerBound])
      ext = stem.ext
      guard let read = Self.readTail(stem.words), read.used == stem.words.count else { return nil }
      content = read.content
      tail = read.tail
      guard content != nil || tail != .none else { return nil }
    } else {
      guard let underscore = rest.firstIndex(of: "_"), Self.isSessionID(rest[..<underscore]),
        let dot = rest.lastIndex(of: "."), dot > underscore
      else { return nil }
      sid = String(rest[..<underscore])
      uid = nil
      ext = String(rest[rest.index(after: dot)...])
      let words = rest[rest.index(after: underscore)..<dot]
        .split(separator: "_", omittingEmptySubsequences: false)
      let read = Self.readEnd(words, isIndex: ext == "m3u8" || ext == "mpd")
      content = read.content
      tail = read.tail
      cname = words.dropLast(read.used).joined(separator: "_")
    }
    guard !sid.isEmpty, !cname.isEmpty, uid != "", Self.isExtension(ext), text == name else {
      return nil
    }
  }

  /// The name read again as one of the channel `cname`; nil when it cannot be that.
  ///
  /// Only names of a whole session are ambiguous.
  package func reading(asChannel cname: String) -> SliceName? {
    if self.cname == cname { return self }
    guard uid == nil, text.hasPrefix(prefix(cname)) else { return nil }
    let end = text.dropFirst(prefix(cname).count).dropLast(ext.count + 1)
    var name = SliceName(backup: backup, sid: sid, cname: cname, ext: ext)
    if !end.isEmpty {
      guard end.first == "_" else { return nil }
      let words = end.dropFirst().split(separator: "_", omittingEmptySubsequences: false)
      guard let read = Self.readTail(words), read.used == words.count else { return nil }
      name.content = read.content
      name.tail = read.tail
    }
    return name.text == text ? name : nil
  }

  private func prefix(_ cname: String) -> String {
    (backup.map { "bak\($0)_" } ?? "") + "\(sid)_\(cname)"
  }

  private static func takeBackup(_ text: inout Substring) -> Int? {
    guard text.hasPrefix("bak"), let underscore = text.firstIndex(of: "_"),
      let number = number(text[..<underscore].dropFirst(3), digits: 1...3)
    else { return nil }
    text = text[text.index(after: underscore)...]
    return number
  }

  /// Parts `words_words.ext`, where no word holds a dot.
  private static func split(_ text: Substring) -> (words: [Substring], ext: String)? {
    guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return nil }
    let words = text[..<dot].utf8
      .split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    return (words.map { Substring($0) }, String(text[text.utf8.index(after: dot)...]))
  }

  private typealias End = (content: Content?, tail: Tail, used: Int)

  /// Reads a content and a tail from the front of `words`.
  private static func readTail(_ words: [Substring]) -> End? {
    let content = words.first.flatMap { Content(rawValue: String($0)) }
    let rest = words.dropFirst(content == nil ? 0 : 1)
    let used = words.count
    switch rest.count {
    case 0: return (content, .none, used)
    case 1:
      let word = rest[rest.startIndex]
      if let utc = stamp(word) { return (content, .utc(utc), used) }
      return number(word, digits: 1...9).map { (content, .index($0), used) }
    case 2:
      guard let tick = number(rest[rest.startIndex], digits: 1...18),
        let index = number(rest[rest.startIndex + 1], digits: 1...9)
      else { return nil }
      return (content, .update(tick: tick, index: index), used)
    default: return nil
    }
  }

  /// Finds the content and tail at the end of `words`, the likeliest reading where several are
  /// possible: numbers of backup uploads have six digits or more, indexes of files up to three.
  private static func readEnd(_ words: [Substring], isIndex: Bool) -> End {
    var words = words
    var tail = Tail.none
    if words.count > 1, let last = words.last {
      if let utc = stamp(last) {
        tail = .utc(utc)
        words.removeLast()
      } else if isIndex, words.count > 2, let index = number(last, digits: 1...9),
        let tick = number(words[words.count - 2], digits: 6...18)
      {
        tail = .update(tick: tick, index: index)
        words.removeLast(2)
      } else if !isIndex, let index = number(last, digits: 1...3) {
        tail = .index(index)
        words.removeLast()
      }
    }
    let used =
      switch tail {
      case .none: 0
      case .update: 2
      default: 1
      }
    if words.count > 1, let content = words.last.flatMap({ Content(rawValue: String($0)) }) {
      return (content, tail, used + 1)
    }
    return (nil, tail, used)
  }

  private static func stamp(_ word: Substring) -> UTCTime? {
    word.utf8.count == 17 ? UTCTime(stamp: word) : nil
  }

  /// A decimal number without superfluous zeros.
  private static func number(_ word: Substring, digits: ClosedRange<Int>) -> Int? {
    guard digits.contains(word.utf8.count), word.utf8.allSatisfy({ (48...57).contains($0) }),
      word.utf8.count == 1 || word.utf8.first != 48
    else { return nil }
    return Int(word)
  }

  private static func isSessionID(_ text: Substring) -> Bool {
    switch text.utf8.count {
    case 32: text.utf8.allSatisfy { isHexDigit($0) }
    case 20: text.utf8.allSatisfy { (48...57).contains($0) || (97...118).contains($0) }
    default: false
    }
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
  }

  private static func isExtension(_ text: String) -> Bool {
    (1...5).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0)
      }
  }
}

extension Substring {
  /// Where `marker`, which is ASCII, occurs last.
  fileprivate func lastRange(of marker: String) -> Range<Index>? {
    let bytes = Array(marker.utf8)
    var position = utf8.endIndex
    while position > utf8.startIndex {
      position = utf8.index(before: position)
      if utf8[position...].starts(with: bytes) {
        return position..<utf8.index(position, offsetBy: bytes.count)
      }
    }
    return nil
  }
}
