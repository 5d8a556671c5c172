/// A moment of Coordinated Universal Time, to the millisecond.
package struct UTCTime: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }

  package static func < (a: UTCTime, b: UTCTime) -> Bool { a.milliseconds < b.milliseconds }
  package static func - (a: UTCTime, b: UTCTime) -> MediaTime {
    MediaTime(milliseconds: a.milliseconds - b.milliseconds)
  }
  /// Rounded to the millisecond.
  package static func + (a: UTCTime, b: MediaTime) -> UTCTime {
    UTCTime(milliseconds: a.milliseconds + b.milliseconds)
  }

  /// The 17 digits `yyyyMMddHHmmssSSS` of the recording services' file names and tags.
  package var digits: String {
    let f = fields
    let date = (f.year * 100 + f.month) * 100 + f.day
    let time = (f.hour * 100 + f.minute) * 100 + f.second
    return pad((date * 1_000_000 + time) * 1000 + f.millisecond, 17)
  }

  /// RFC 3339 with milliseconds: `2026-03-01T09:30:00.123Z`.
  package var description: String {
    let f = fields
    return "\(pad(f.year, 4))-\(pad(f.month, 2))-\(pad(f.day, 2))T"
      + "\(pad(f.hour, 2)):\(pad(f.minute, 2)):\(pad(f.second, 2)).\(pad(f.millisecond, 3))Z"
  }

  /// Reads the services' stamps: 17 digits of date and time, or 13 of Unix milliseconds.
  package init?(stamp: some StringProtocol) {
    let bytes = Array(stamp.utf8)
    guard bytes.allSatisfy({ (48...57).contains($0) }) else { return nil }
    func number(_ from: Int, _ count: Int) -> Int {
      bytes[from..<from + count].reduce(0) { $0 * 10 + Int($1) - 48 }
    }
    switch bytes.count {
    case 13: self.init(milliseconds: Int64(number(0, 13)))
    case 17:
      self.init(
        year: number(0, 4), month: number(4, 2), day: number(6, 2), hour: number(8, 2),
        minute: number(10, 2), second: number(12, 2), millisecond: number(14, 3))
    default: return nil
    }
  }

  /// Reads an RFC 3339 or ISO 8601 date-time with `T` or a space, any number of decimals, and `Z`,
  /// an offset (`+01:00`, `+0100`, `+01`), or nothing (taken as UTC).
  package init?(iso text: some StringProtocol) {
    var rest = Substring(text)
    func digits(_ count: Int) -> Int? {
      let part = rest.prefix(count)
      guard part.utf8.count == count, part.utf8.allSatisfy({ (48...57).contains($0) }) else {
        return nil
      }
      rest = rest.dropFirst(count)
      return Int(part)
    }
    func skip(_ any: String) -> Bool {
      guard let first = rest.first, any.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
      skip("Tt "), let hour = digits(2), skip(":"), let minute = digits(2), skip(":"),
      let second = digits(2)
    else { return nil }
    var millisecond = 0
    if skip(".,") {
      let fraction = rest.prefix { $0.isASCII && $0.isNumber }
      guard !fraction.isEmpty else { return nil }
      rest = rest.dropFirst(fraction.count)
      let three = (fraction + "00").prefix(3)
      guard let value = Int(three) else { return nil }
      millisecond = value
    }
    var offset = 0
    if !skip("Zz"), let sign = rest.first, sign == "+" || sign == "-" {
      rest = rest.dropFirst()
      guard let hours = digits(2) else { return nil }
      _ = skip(":")
      let minutes = rest.isEmpty ? 0 : digits(2)
      guard let minutes else { return nil }
      offset = (hours * 60 + minutes) * (sign == "+" ? 60_000 : -60_000)
    }
    guard rest.isEmpty,
      let local = UTCTime(
        year: year, month: month, day: day, hour: hour, minute: minute, second: second,
        millisecond: millisecond)
    else { return nil }
    self.init(milliseconds: local.milliseconds - Int64(offset))
  }

  private init?(
    year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int
  ) {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...12).contains(month), (1...lengths[month - 1]).contains(day), hour < 24, minute < 60,
      second <= 60
    else { return nil }
    // Days from 1970-01-01 of the proleptic Gregorian calendar, in years that begin in March.
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days =
      era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second
    self.init(milliseconds: Int64(seconds) * 1000 + Int64(millisecond))
  }

  private var fields:
    (year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int)
  {
    let ms = Int(milliseconds)
    let days = Int((Double(ms) / 86_400_000).rounded(.down))
    let left = ms - days * 86_400_000
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1,
      left / 3_600_000, left / 60_000 % 60, left / 1000 % 60, left % 1000
    )
  }

  private func pad(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: Swift.max(0, width - text.utf8.count)) + text
  }
}
