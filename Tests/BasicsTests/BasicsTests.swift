import Basics
import Testing

@Suite struct MediaTimeTests {
  @Test(arguments: [
    (Int64(90_000), TimeBase.mpeg, 1.0), (1, TimeBase(1, 25), 0.04),
    (1024, TimeBase(1, 48_000), 0.0213333),
    (-3003, .mpeg, -0.0333667), (1 << 33, .mpeg, 95_443.717689),
  ])
  func ticksBecomeSecondsAndBack(ticks: Int64, timeBase: TimeBase, seconds: Double) {
    let time = MediaTime(ticks: ticks, of: timeBase)
    #expect(abs(time.seconds - seconds) < 1e-6)
    #expect(time.ticks(of: timeBase) == ticks)
  }

  @Test func sumsOfAudioFramesNeverDrift() {
    let frame = MediaTime(ticks: 1024, of: TimeBase(1, 44_100))
    let sum = (0..<10_000_000).reduce(Int64(0)) { sum, _ in sum + frame.flicks }
    #expect(MediaTime(flicks: sum).ticks(of: TimeBase(1, 44_100)) == 10_240_000_000)
  }

  @Test func halvesAreRoundedAwayFromZero() {
    #expect(MediaTime(ticks: 45, of: .mpeg).milliseconds == 1)
    #expect(MediaTime(ticks: -45, of: .mpeg).milliseconds == -1)
    #expect(MediaTime(ticks: 44, of: .mpeg).milliseconds == 0)
  }

  @Test func whatIsTooLargeSaturates() {
    #expect(MediaTime(seconds: 1e30) == .max)
    #expect(MediaTime(seconds: .nan) == .max)
    #expect(MediaTime.max + MediaTime(milliseconds: 1) == .max)
    #expect(MediaTime(ticks: .max, of: TimeBase(1, 1)) == .max)
  }

  @Test(arguments: [(0.0, "0.000"), (12.3456, "12.346"), (-0.5, "-0.500"), (3600, "3600.000")])
  func printsSecondsWithThreeDecimals(seconds: Double, text: String) {
    #expect(MediaTime(seconds: seconds).description == text)
  }
}

@Suite struct UTCTimeTests {
  @Test(arguments: [
    ("20190920125142485", "2019-09-20T12:51:42.485Z", Int64(1_568_983_902_485)),
    ("20000229235959999", "2000-02-29T23:59:59.999Z", 951_868_799_999),
    ("19691231235959999", "1969-12-31T23:59:59.999Z", -1),
  ])
  func stampsAndTextsAgree(digits: String, text: String, milliseconds: Int64) throws {
    let time = try #require(UTCTime(stamp: digits))
    #expect(time.milliseconds == milliseconds)
    #expect(time.digits == digits)
    #expect(time.description == text)
    #expect(UTCTime(iso: text) == time)
  }

  @Test func unixMillisecondsAreAStampToo() {
    #expect(UTCTime(stamp: "1568597779021")?.milliseconds == 1_568_597_779_021)
  }

  @Test(arguments: [
    "2019092012514248", "201909201251424855", "20191320125142485", "20190231125142485",
    "2019092025514248x", "",
  ])
  func otherStampsAreRefused(digits: String) { #expect(UTCTime(stamp: digits) == nil) }

  @Test(arguments: [
    ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00.000Z"),
    ("2026-03-01T09:30:00.5+01:00", "2026-03-01T08:30:00.500Z"),
    ("2026-03-01 09:30:00.123456-0230", "2026-03-01T12:00:00.123Z"),
    ("2026-03-01T09:30:00+02", "2026-03-01T07:30:00.000Z"),
  ])
  func offsetsAreTakenIntoAccount(text: String, utc: String) {
    #expect(UTCTime(iso: text)?.description == utc)
  }

  @Test(arguments: [
    "2026-03-01", "2026-03-01T09:30", "2026-03-01T09:30:00.Z", "x", "2026-02-29T00:00:00Z",
  ])
  func otherTextsAreRefused(text: String) { #expect(UTCTime(iso: text) == nil) }
}

@Suite struct TextTests {
  @Test func failuresSayWhatWhyAndOnWhat() {
    let failure = Failure("a.ts", cannot: "open", "No such file or directory", .noInput)
    #expect("\(failure)" == "a.ts: cannot open: No such file or directory")
  }

  @Test(arguments: [
    ("sampleRat", "sampleRate"), ("smapleRate", "sampleRate"), ("BITRATE", "bitrate"),
    ("chanels", "channels"), ("zzz", nil), ("", nil),
  ])
  func theNearestNameIsFound(word: String, name: String?) {
    #expect(nearestName(to: word, in: ["sampleRate", "bitrate", "channels"]) == name)
  }

  @Test func jsonIsPrintedInOrderAndQuoted() {
    let value: JSONValue = [
      "b": 1, "a": .array([.null, .bool(true), .number(0.5), .number(.infinity), .number(3)]),
      "text": "a\"\\\n\u{1}é😀", "none": .object([]),
    ]
    #expect(
      value.line
        == #"{"b":1,"a":[null,true,0.5,null,3],"text":"a\"\\\n\u0001é😀","none":{}}"#)
    #expect(JSONValue.array([1, "x"]).pretty == "[\n  1,\n  \"x\"\n]\n")
    for outer in [value, .array([value, value]), ["in": value]] {
      #expect(JSONValue.printed(outer.line).pretty == outer.pretty)
      #expect(JSONValue.array([.printed(outer.line)]).pretty == JSONValue.array([outer]).pretty)
    }
  }
}
