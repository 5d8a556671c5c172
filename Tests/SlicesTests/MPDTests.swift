import Basics
import Testing

@testable import Slices

@Suite("MPDs")
struct MPDTests {
  static let utc = UTCTime(milliseconds: 1_772_357_400_000)  // 2026-03-01T09:30:00Z

  static func ms(_ milliseconds: Int64) -> MediaTime { MediaTime(milliseconds: milliseconds) }

  static func read(_ text: String) throws -> MPD {
    let (mpd, problems) = MPD.parse(text)
    #expect(problems == [])
    return try #require(mpd)
  }

  /// The body in a period in an MPD.
  static func mpd(_ period: String, _ attributes: String = "duration=\"PT10S\"") throws -> MPD {
    try read(
      "<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period \(attributes)>\(period)</Period></MPD>")
  }

  /// `uri start duration` of each segment, in milliseconds.
  static func lines(_ it: MPD.Representation) -> [String] {
    it.segments.map {
      "\($0.media.uri) \($0.start.milliseconds) \($0.duration?.milliseconds ?? -1)"
    }
  }

  static let value = MPD(
    duration: ms(30_500),
    representations: [
      .init(
        id: "a&b", set: 0, kind: .audio, mimeType: "audio/webm", codecs: "opus", sampleRate: 48_000,
        channels: 2, bandwidth: 64_000, presentationTimeOffset: ms(7000),
        segments: [
          .init(
            media: .init(uri: "a \"1\"<.webm"), start: ms(0), duration: ms(15_000), utc: utc,
            isDiscontinuous: true),
          .init(
            media: .init(uri: "a2.webm", bytes: 300..<900), start: ms(15_000),
            duration: ms(15_500)),
        ]),
      .init(
        id: "v1", set: 1, kind: .video, mimeType: "video/webm", codecs: "vp8", width: 640,
        height: 360, bandwidth: 1_000_000, initialization: .init(uri: "v1.webm", bytes: 0..<300),
        segments: [.init(media: .init(uri: "v1.webm"), start: ms(120), duration: ms(9000))],
        rotations: [RotationTag(width: 640, height: 360, degrees: 90, time: utc)]),
      .init(
        id: "v2", set: 1, kind: .video, mimeType: "video/webm", codecs: "vp8", width: 1280,
        height: 720, bandwidth: 2_000_000,
        segments: [.init(media: .init(uri: "v2.webm"), start: ms(9120), duration: ms(6000))]),
    ])

  static let text = """
    <?xml version="1.0" encoding="UTF-8"?>
    <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" xmlns:rushes="urn:rushes:2026" \
    profiles="urn:mpeg:dash:profile:full:2011" type="static" mediaPresentationDuration="PT30.500S" \
    minBufferTime="PT15.500S">
      <BaseURL>./</BaseURL>
      <Period id="0" start="PT0.000S">
        <AdaptationSet id="0" contentType="audio">
          <Representation id="a&amp;b" mimeType="audio/webm" codecs="opus" bandwidth="64000" \
    audioSamplingRate="48000">
            <AudioChannelConfiguration \
    schemeIdUri="urn:mpeg:dash:23003:3:audio_channel_configuration:2011" value="2"/>
            <SegmentList timescale="1000" presentationTimeOffset="7000">
              <SegmentTimeline>
                <S t="7000" d="15000"/>
                <S t="22000" d="15500"/>
              </SegmentTimeline>
              <SegmentURL media="a &quot;1&quot;&lt;.webm" rushes:utc="2026-03-01T09:30:00.000Z" \
    rushes:discontinuity="true"/>
              <SegmentURL media="a2.webm" mediaRange="300-899"/>
            </SegmentList>
          </Representation>
        </AdaptationSet>
        <AdaptationSet id="1" contentType="video">
          <Representation id="v1" mimeType="video/webm" codecs="vp8" bandwidth="1000000" \
    width="640" height="360">
            <rushes:Rotation width="640" height="360" rotate="90" time="20260301093000000"/>
            <SegmentList timescale="1000" presentationTimeOffset="0">
              <Initialization sourceURL="v1.webm" range="0-299"/>
              <SegmentTimeline>
                <S t="120" d="9000"/>
              </SegmentTimeline>
              <SegmentURL media="v1.webm"/>
            </SegmentList>
          </Representation>
          <Representation id="v2" mimeType="video/webm" codecs="vp8" bandwidth="2000000" \
    width="1280" height="720">
            <SegmentList timescale="1000" presentationTimeOffset="0">
              <SegmentTimeline>
                <S t="9120" d="6000"/>
              </SegmentTimeline>
              <SegmentURL media="v2.webm"/>
            </SegmentList>
          </Representation>
        </AdaptationSet>
      </Period>
    </MPD>

    """

  @Test("are read and written the same way")
  func roundTrip() throws {
    #expect(Self.value.text == Self.text)
    #expect(try Self.read(Self.text) == Self.value)
  }

  @Test("of several periods of whole files")
  func periods() throws {
    let mpd = try Self.read(
      """
      <?xml version="1.0"?>
      <MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">
        <BaseURL>media/</BaseURL>
        <Period duration="PT2.06874S">
          <AdaptationSet contentType="video">
            <Representation id="01" bandwidth="78658" codecs="vp9" mimeType="video/webm" width="192" height="144">
              <BaseURL>first.webm</BaseURL>
              <SegmentBase indexRange="294-312" timescale="1000000"><Initialization range="0-293"/></SegmentBase>
            </Representation>
          </AdaptationSet>
        </Period>
        <Period duration="PT1M2S">
          <BaseURL>
            second/
          </BaseURL>
          <AdaptationSet mimeType="audio/mp4">
            <Representation id="15"><BaseURL>a.mp4</BaseURL></Representation>
            <Representation id="16"><BaseURL>/b.mp4</BaseURL></Representation>
          </AdaptationSet>
        </Period>
      </MPD>
      """)
    #expect(
      mpd.representations.map(\.periodStart)
        == [.zero, Self.ms(2069), Self.ms(2069)].map {
          $0 == .zero ? $0 : MediaTime(seconds: 2.06874)
        })
    #expect(mpd.representations.map(\.kind) == [.video, .audio, .audio])
    #expect(
      mpd.representations.map(Self.lines) == [
        ["media/first.webm 0 2069"], ["media/second/a.mp4 2069 62000"], ["/b.mp4 2069 62000"],
      ])
    #expect(mpd.representations[0].width == 192 && mpd.representations[0].codecs == "vp9")
    #expect(mpd.representations[0].initialization == nil)
  }

  @Test("of templates with a constant duration")
  func templateNumbers() throws {
    let mpd = try Self.mpd(
      """
      <AdaptationSet contentType="video">
        <SegmentTemplate timescale="90000" duration="360000" startNumber="8" initialization="$RepresentationID$/init.mp4"/>
        <Representation id="hi" bandwidth="5000">
          <SegmentTemplate media="$RepresentationID$/$Bandwidth%06d$-$Number%03d$$$.m4s"/>
        </Representation>
      </AdaptationSet>
      """)
    #expect(mpd.representations[0].initialization == IndexReference(uri: "hi/init.mp4"))
    #expect(
      Self.lines(mpd.representations[0]) == [
        "hi/005000-008$.m4s 0 4000", "hi/005000-009$.m4s 4000 4000", "hi/005000-010$.m4s 8000 2000",
      ])
  }

  @Test("of templates with a timeline")
  func templateTimes() throws {
    let mpd = try Self.mpd(
      """
      <SegmentTemplate media="$Time$.m4s" timescale="1000" presentationTimeOffset="500">
        <SegmentTimeline>
          <S t="500" d="2000" r="1"/><S d="1000"/><S t="6500" d="1500" r="-1"/>
        </SegmentTimeline>
      </SegmentTemplate>
      <AdaptationSet mimeType="audio/mp4"><Representation id="a"/></AdaptationSet>
      """, "start=\"PT60S\" duration=\"PT10S\"")
    #expect(
      Self.lines(mpd.representations[0]) == [
        "500.m4s 60000 2000", "2500.m4s 62000 2000", "4500.m4s 64000 1000", "6500.m4s 66000 1500",
        "8000.m4s 67500 1500", "9500.m4s 69000 1500",
      ])
    #expect(mpd.representations[0].presentationTimeOffset == Self.ms(500))
  }

  @Test("of lists with a constant duration, and of live presentations")
  func lists() throws {
    let mpd = try Self.read(
      """
      <MPD type="dynamic" availabilityStartTime="2026-03-01T09:30:00Z"><Period start="PT0S">
      <AdaptationSet contentType="audio"><Representation id="a">
      <SegmentList duration="5"><SegmentURL media="x1.ts"/><SegmentURL mediaRange="5-9"/></SegmentList>
      <BaseURL>all.ts</BaseURL></Representation></AdaptationSet></Period></MPD>
      """)
    #expect(mpd.isDynamic && mpd.availabilityStart == Self.utc)
    #expect(Self.lines(mpd.representations[0]) == ["x1.ts 0 5000", "all.ts 5000 5000"])
    #expect(mpd.representations[0].segments[1].media.bytes == 5..<10)
  }

  @Test("whose elements have a prefix")
  func prefixes() throws {
    let mpd = try Self.read(
      """
      <m:MPD xmlns:m="urn:mpeg:dash:schema:mpd:2011" xmlns:x="urn:other"><m:Period duration="PT4S">
      <x:AdaptationSet/><m:AdaptationSet x:contentType="audio" contentType="video">
      <m:Representation id="1"><m:BaseURL>a.webm</m:BaseURL></m:Representation>
      </m:AdaptationSet></m:Period></m:MPD>
      """)
    #expect(mpd.representations.map(Self.lines) == [["a.webm 0 4000"]])
    #expect(mpd.representations.first?.kind == .video)
  }

  static let agoraNames = [
    "8b666674134ffc392685e183d4b4e11f_ckck__uid_s_44446__uid_e_video_20260301093000000.webm",
    "8b666674134ffc392685e183d4b4e11f_ckck__uid_s_44446__uid_e_video_20260301093020000.webm",
    "8b666674134ffc392685e183d4b4e11f_ckck__uid_s_44446__uid_e_audio_20260301092959000.webm",
  ]

  @Test(
    "of Agora, as far as its script tells",
    arguments: [
      ("<MPD>\n<AdaptationSet contentType=\"video\">", "</AdaptationSet>\n</MPD>"), ("", ""),
      ("<MPD><Period>", ""),
    ])
  func agora(head: String, foot: String) throws {
    let (read, _) = MPD.parse(
      """
      \(head)
      <Rotate width="640" height="480" rotate="90" time="20260301093000000"/>
      <SegmentURL media="\(Self.agoraNames[0])"/>
      <ExtDiscontinuity time="20260301093020000"/>
      <SegmentURL media="\(Self.agoraNames[1])"/>
      <AdaptationSet contentType="audio">
      <SegmentURL media="\(Self.agoraNames[2])"/>
      </AdaptationSet>
      \(foot)
      """)
    let mpd = try #require(read)
    #expect(
      mpd.representations.map(Self.lines) == [
        ["\(Self.agoraNames[2]) 0 -1"],
        ["\(Self.agoraNames[0]) 1000 -1", "\(Self.agoraNames[1]) 21000 -1"],
      ])
    #expect(mpd.representations.map(\.kind) == [.audio, .video])
    #expect(mpd.representations[1].segments.map(\.isDiscontinuous) == [false, true])
    #expect(
      mpd.representations[1].rotations == [
        RotationTag(width: 640, height: 480, degrees: 90, time: Self.utc)
      ])
  }

  @Test("of Agora with standard lists keep Agora's facts")
  func agoraStandard() throws {
    let mpd = try Self.mpd(
      """
      <AdaptationSet contentType="video"><Representation id="v">
      <Rotate width="640" height="480" rotate="270" time="20260301093000000"/>
      <SegmentList duration="20"><SegmentURL media="\(Self.agoraNames[0])"/>
      <ExtDiscontinuity time="20260301093020000"/>
      <SegmentURL media="\(Self.agoraNames[1])"/></SegmentList></Representation></AdaptationSet>
      """)
    #expect(mpd.representations[0].segments.map(\.start.milliseconds) == [0, 20_000])
    #expect(mpd.representations[0].segments.map(\.isDiscontinuous) == [false, true])
    #expect(mpd.representations[0].segments[0].utc == Self.utc)
    #expect(mpd.representations[0].rotations.map(\.degrees) == [270])
  }

  @Test(
    "that are none, or dangerous, say so",
    arguments: [
      ("", "no XML: it does not begin with '<'"), ("hello", "no XML: it does not begin with '<'"),
      ("<html/>", "no MPD"), ("<MPD/>", "no Period"),
      (
        """
        <!DOCTYPE MPD [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;">]><MPD><Period>&b;</Period></MPD>
        """, "it has a document type declaration"
      ),
      (
        "<!DOCTYPE MPD SYSTEM \"http://127.0.0.1:1/x.dtd\"><MPD/>",
        "it has a document type declaration"
      ),
    ])
  func problems(text: String, message: String) {
    let (mpd, problems) = MPD.parse(text)
    #expect(mpd?.representations ?? [] == [])
    #expect(problems.map(\.message) == [message])
  }

  @Test("that are cut off give what they have")
  func truncated() throws {
    let (mpd, problems) = MPD.parse(Self.text.prefix(1700))
    #expect(problems.count == 1)
    #expect(try #require(mpd).representations.first?.segments.count == 2)
  }

  @Test("that ask for endless segments end")
  func endless() throws {
    let (mpd, problems) = MPD.parse(
      """
      <MPD mediaPresentationDuration="P900Y"><Period><AdaptationSet contentType="audio">
      <Representation id="a"><SegmentTemplate media="$Number$" timescale="2000000000">
      <SegmentTimeline><S d="1" r="-1"/></SegmentTimeline></SegmentTemplate></Representation>
      <Representation id="b"><SegmentTemplate media="$Number$" duration="1"/></Representation>
      </AdaptationSet></Period></MPD>
      """)
    #expect(try #require(mpd).representations.map(\.segments.count) == [100_000, 0])
    #expect(problems.map(\.message) == ["too many segments; the rest is left out"])
  }

  @Test(
    "have lengths of XML Schema",
    arguments: [
      ("PT1H2M3.5S", 3_723_500), ("P1DT1S", 86_401_000), ("PT0S", 0), ("PT.5S", 500),
      ("P", nil), ("PT5", nil), ("5", nil), ("P1H", nil), ("PTS", nil), ("-PT1S", nil),
    ] as [(String, Int64?)])
  func durations(text: String, milliseconds: Int64?) {
    #expect(isoDuration(text) == milliseconds.map { Self.ms($0) })
  }
}
