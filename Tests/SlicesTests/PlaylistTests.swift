import Basics
import Testing

@testable import Slices

@Suite("Playlists")
struct PlaylistTests {
  /// As in Agora's documents: no comma after EXTINF, tags of a slice in any order.
  static let agora = """
    #EXTM3U
    #EXT-X-VERSION:3
    #EXT-X-MEDIA-SEQUENCE:0
    #EXT-X-ALLOW-CACHE:YES
    #EXT-X-TARGETDURATION:34
    #EXT-X-DISCONTINUITY
    #EXT-X-AGORA-ROTATE:WIDTH=640,HEIGHT=480,ROTATE=0,TIME=20190920125142485
    #EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME=20190920125142485
    #EXTINF:6.332000
    a_20190920125142485.ts
    #EXT-X-AGORA-ROTATE:WIDTH=1280,HEIGHT=720,ROTATE=90,TIME=20190920125149174
    #EXT-X-AGORA-ROTATE:WIDTH=1280,HEIGHT=720,ROTATE=270,TIME=1568983910000
    #EXT-X-DISCONTINUITY
    #EXTINF:17.442000
    a_20190920125149174.ts
    #EXT-X-ENDLIST

    """
  static let windows =
    "\u{feff}" + agora.split(separator: "\n").map { $0 + "\r\n" }.joined()
  static let start = UTCTime(milliseconds: 1_568_983_902_485)
  static let second = UTCTime(milliseconds: 1_568_983_909_174)

  static func media(_ text: String) -> (MediaPlaylist?, [IndexProblem]) {
    let read = Playlist.parse(text)
    guard case .media(let playlist) = read.playlist else { return (nil, read.problems) }
    return (playlist, read.problems)
  }

  @Test("of Agora are read", arguments: [agora, windows])
  func readsAgora(text: String) throws {
    let (read, problems) = Self.media(text)
    let playlist = try #require(read)
    #expect(problems == [])
    #expect(playlist.targetDuration == 34 && playlist.isEnded && playlist.mediaSequence == 0)
    #expect(
      playlist.entries == [
        .init(
          media: .init(uri: "a_20190920125142485.ts"), duration: MediaTime(milliseconds: 6332),
          isDiscontinuous: true, starts: [TrackStart(kind: .video, time: Self.start)],
          rotations: [RotationTag(width: 640, height: 480, degrees: 0, time: Self.start)]),
        .init(
          media: .init(uri: "a_20190920125149174.ts"), duration: MediaTime(milliseconds: 17442),
          isDiscontinuous: true,
          rotations: [
            RotationTag(width: 1280, height: 720, degrees: 90, time: Self.second),
            RotationTag(
              width: 1280, height: 720, degrees: 270,
              time: UTCTime(milliseconds: 1_568_983_910_000)),
          ]),
      ])
  }

  static let canonical = """
    #EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-TARGETDURATION:16
    #EXT-X-MEDIA-SEQUENCE:7
    #EXT-X-PLAYLIST-TYPE:EVENT
    #EXT-X-DISCONTINUITY
    #EXT-X-PROGRAM-DATE-TIME:2019-09-20T12:51:42.485Z
    #EXT-X-MAP:URI="init.mp4",BYTERANGE="600@0"
    #EXT-X-BYTERANGE:1000@600
    #EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=AUDIO,TIME=20190920125142485
    #EXT-X-AGORA-ROTATE:WIDTH=640,HEIGHT=480,ROTATE=180,TIME=20190920125142485
    #EXTINF:15.019000,
    a.mp4
    #EXT-X-BYTERANGE:500@1600
    #EXTINF:15.500001,second
    a.mp4
    #EXT-X-MAP:URI="init2.mp4"
    #EXT-X-KEY:METHOD=AES-128,URI="k,1"
    #EXT-X-GAP
    #EXTINF:0.000000,
    b.mp4
    #EXT-X-KEY:METHOD=NONE
    #EXTINF:1.000000,
    c.mp4
    #EXT-X-ENDLIST

    """

  @Test("are read and written the same way")
  func roundTrip() throws {
    let (read, problems) = Self.media(Self.canonical)
    let playlist = try #require(read)
    #expect(problems == [])
    #expect(playlist.text == Self.canonical)
    #expect(
      playlist.entries.map(\.media.bytes) == [600..<1600, 1600..<2100, nil, nil])
    #expect(playlist.entries.map(\.map?.uri) == ["init.mp4", "init.mp4", "init2.mp4", "init2.mp4"])
    #expect(playlist.entries.map(\.isEncrypted) == [false, false, true, false])
    #expect(playlist.entries.map(\.isGap) == [false, false, true, false])
  }

  @Test("can be written piece by piece")
  func pieces() throws {
    let playlist = try #require(Self.media(Self.canonical).0)
    var text = MediaPlaylist.head(
      targetDuration: 16, mediaSequence: 7, type: "EVENT", version: 6)
    var previous: MediaPlaylist.Entry?
    for entry in playlist.entries {
      text += entry.text(after: previous)
      previous = entry
    }
    #expect(text + MediaPlaylist.end == Self.canonical)
  }

  @Test("name no length that an entry exceeds")
  func targetDuration() {
    let entry = MediaPlaylist.Entry(
      media: .init(uri: "a.ts"), duration: MediaTime(milliseconds: 15_500))
    let short = MediaPlaylist(entries: [entry], targetDuration: 3, isEnded: false)
    #expect(
      short.text == """
        #EXTM3U
        #EXT-X-VERSION:3
        #EXT-X-TARGETDURATION:16
        #EXT-X-MEDIA-SEQUENCE:0
        #EXTINF:15.500000,
        a.ts

        """)
  }

  @Test("carry byte ranges on")
  func byteRanges() throws {
    let (read, problems) = Self.media(
      """
      #EXTM3U
      #EXTINF:1,
      #EXT-X-BYTERANGE:10
      a.ts
      #EXTINF:1,
      #EXT-X-BYTERANGE:20
      a.ts
      #EXTINF:1,
      #EXT-X-BYTERANGE:30
      b.ts
      """)
    #expect(problems == [])
    #expect(try #require(read).entries.map(\.media.bytes) == [0..<10, 10..<30, 0..<30])
  }

  @Test("of playlists are read and written the same way")
  func multivariant() {
    let text = """
      #EXTM3U
      #EXT-X-VERSION:4
      #EXT-X-INDEPENDENT-SEGMENTS
      #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="123",DEFAULT=YES,AUTOSELECT=YES,URI="x_audio.m3u8"
      #EXT-X-STREAM-INF:BANDWIDTH=1500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="a"
      x_video.m3u8

      """
    let playlist = MultivariantPlaylist(
      renditions: [.init(type: "AUDIO", group: "a", name: "123", uri: "x_audio.m3u8")],
      variants: [
        .init(
          uri: "x_video.m3u8", bandwidth: 1_500_000, codecs: "avc1.64001f,mp4a.40.2", width: 1280,
          height: 720, audioGroup: "a")
      ])
    let read = Playlist.parse(text)
    #expect(read.playlist == .multivariant(playlist))
    #expect(read.problems == [])
    #expect(playlist.text == text)
  }

  @Test("that are damaged say so, line by line")
  func problems() throws {
    let (read, problems) = Self.media(
      """
      #EXTM3U
      #EXT-X-TARGETDURATION:x
      #EXT-X-MEDIA-SEQUENCE:-1
      #EXT-X-PROGRAM-DATE-TIME:yesterday
      #EXTINF:nan,
      a.ts
      b.ts
      #EXT-X-AGORA-ROTATE:WIDTH=1,ROTATE=45,TIME=20190920125142485
      #EXT-X-AGORA-TRACK-EVENT:EVENT=STOP,TRACK_TYPE=VIDEO,TIME=20190920125142485
      #EXT-X-AGORA-TRACK-EVENT:EVENT=START,TRACK_TYPE=VIDEO,TIME=2019
      #EXT-X-BYTERANGE:9223372036854775807@9223372036854775807
      #EXTINF:-1,
      c.ts
      #EXTINF:2.5
      """)
    #expect(try #require(read).entries.map(\.media.uri) == ["a.ts", "b.ts", "c.ts"])
    #expect(
      problems == [
        IndexProblem(line: 2, "TARGETDURATION 'x' is no number"),
        IndexProblem(line: 3, "MEDIA-SEQUENCE '-1' is no number"),
        IndexProblem(line: 4, "PROGRAM-DATE-TIME 'yesterday' is no date and time"),
        IndexProblem(line: 5, "EXTINF 'nan' is no length"),
        IndexProblem(line: 7, "no EXTINF for 'b.ts'"),
        IndexProblem(
          line: 8,
          "ROTATE 'WIDTH=1,ROTATE=45,TIME=20190920125142485' has no ROTATE or TIME that counts"),
        IndexProblem(line: 9, "TRACK-EVENT 'STOP' is unknown"),
        IndexProblem(
          line: 10,
          "TRACK-EVENT 'EVENT=START,TRACK_TYPE=VIDEO,TIME=2019' has no TRACK_TYPE or TIME that "
            + "counts"),
        IndexProblem(line: 12, "EXTINF '-1' is no length"),
        IndexProblem(line: 13, "BYTERANGE is beyond any file"),
        IndexProblem(line: 14, "EXTINF without a file"),
      ])
  }

  @Test("are nothing else", arguments: ["", "\n#EXTM3U\n", "<MPD/>", "a.ts\n"])
  func refused(text: String) {
    let read = Playlist.parse(text)
    #expect(read.playlist == nil)
    #expect(
      read.problems == [IndexProblem(line: 1, "no playlist: it does not begin with '#EXTM3U'")])
  }

  @Test(
    "name files as they are, or encoded",
    arguments: [
      ("a b.ts", ["/x/a b.ts"]),
      (
        "a%20b%.ts?t=1#2",
        [
          "/x/a%20b%.ts?t=1#2", "/x/a b%.ts?t=1#2", "/x/a b%.ts",
        ]
      ), ("/y/100%25.ts", ["/y/100%25.ts", "/y/100%.ts"]), ("file:///y/a.ts", ["/y/a.ts"]),
      ("", []), ("%00", ["/x/%00"]), ("a:b.ts", ["/x/a:b.ts"]),
    ])
  func paths(uri: String, paths: [String]) {
    let reference = IndexReference(uri: uri)
    #expect(reference.paths(in: "/x") == paths)
    #expect(reference.paths(in: "/x/") == paths)
    #expect(!reference.isRemote)
    #expect(IndexReference(uri: "https://example.org/\(uri)").isRemote)
  }

  @Test("give the times of names before those of tags")
  func starts() throws {
    let name = "38f8e3cfdc474cd56fc1ceba380d7e1a_c__uid_s_1__uid_e_video_20190920125142485.ts"
    let tagged = MediaPlaylist.Entry(
      media: .init(uri: "b.ts"), duration: .zero, utc: Self.second)
    let named = MediaPlaylist.Entry(
      media: .init(uri: "sub/\(name)"), duration: .zero, utc: Self.second)
    #expect(tagged.start == Self.second)
    #expect(named.start == Self.start)
  }
}
