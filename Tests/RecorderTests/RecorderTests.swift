import Basics
import Media
import Plan
import Slices
import Testing

@testable import Recorder

@Suite struct SourceClockTests {
  private func utc(_ ms: Int64) -> UTCTime { UTCTime(milliseconds: 1_700_000_000_000 + ms) }
  private func at(_ ms: Int64) -> MediaTime { MediaTime(milliseconds: ms) }

  @Test func theSmallestDelayCounts() {
    var clock = SourceClock(isPerStream: false)
    clock.note(stream: 0, position: at(0), arrival: utc(50), senderClock: nil)
    clock.note(stream: 1, position: at(20), arrival: utc(25), senderClock: nil)
    clock.note(stream: 0, position: at(40), arrival: utc(90), senderClock: nil)
    #expect(clock.utc(stream: 0, position: at(1000)) == utc(1005))
  }

  @Test func aDriftingSenderIsFollowedAndAJumpIsNot() throws {
    var clock = SourceClock(isPerStream: false)
    // 100 ppm slow, jitter of up to 30 ms, for ten minutes.
    for index in 0..<Int64(30_000) {
      let position = index * 20
      clock.note(
        stream: 0, position: at(position),
        arrival: utc(position + position / 10_000 + (index * 7919) % 31), senderClock: nil)
    }
    let end = try #require(clock.utc(stream: 0, position: at(600_000)))
    #expect(abs((end - utc(600_060)).seconds) < 0.012)
    // A late burst moves nothing.
    clock.note(stream: 0, position: at(600_020), arrival: utc(600_900), senderClock: nil)
    #expect(clock.utc(stream: 0, position: at(600_000)) == end)
  }

  @Test func slicesThatStartTogetherAreStampedAlike() throws {
    var clock = SourceClock(isPerStream: false)
    clock.note(stream: 0, position: at(0), arrival: utc(90), senderClock: nil)
    #expect(clock.start(stream: 0, position: at(0)) == utc(90))
    // The estimate falls before the pictures begin.
    clock.note(stream: 1, position: at(30), arrival: utc(35), senderClock: nil)
    #expect(clock.utc(stream: 1, position: at(30)) == utc(35))
    #expect(clock.start(stream: 1, position: at(30)) == utc(120))
    #expect(clock.start(stream: 1, position: at(3000)) == utc(3005))
    // The first final stamp holds it.
    #expect(clock.stamp(stream: 0, position: at(0)) == utc(5))
    clock.note(stream: 0, position: at(3500), arrival: utc(3440), senderClock: nil)
    #expect(clock.stamp(stream: 1, position: at(30)) == utc(35))
  }

  @Test func theSendersClockWinsWhereItIsNear() {
    var clock = SourceClock(isPerStream: true)
    let near = utc(-300).milliseconds * 1000
    clock.note(stream: 0, position: at(0), arrival: utc(0), senderClock: near)
    #expect(clock.utc(stream: 0, position: at(0)) == utc(-300))
    #expect(clock.isFromSender(stream: 0))
    let far = utc(-3_600_000).milliseconds * 1000
    clock.note(stream: 1, position: at(0), arrival: utc(5), senderClock: far)
    #expect(clock.utc(stream: 1, position: at(0)) == utc(5))
    #expect(clock.utc(stream: 2, position: at(0)) == nil)
  }
}

@Suite struct DecodeTimesTests {
  @Test func withoutReorderingTheyAreThePresentationTimes() {
    var times = DecodeTimes()
    for index in 0..<10 {
      let pts = MediaTime(milliseconds: Int64(index) * 40)
      #expect(times.next(pts: pts, depth: 0, interval: MediaTime(milliseconds: 40)) == pts)
    }
  }

  @Test func withReorderingTheyRiseAndComeFirst() {
    // I P B B P B B, shown 0 3 1 2 6 4 5.
    let shown: [Int64] = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]
    var times = DecodeTimes()
    var last: MediaTime?
    for place in shown {
      let pts = MediaTime(milliseconds: place * 40)
      let dts = times.next(pts: pts, depth: 1, interval: MediaTime(milliseconds: 40))
      #expect(dts <= pts)
      if let last { #expect(dts > last) }
      last = dts
    }
  }
}

@Suite struct SubscriptionTests {
  private func kinds(_ change: (inout RecordOptions) -> Void) -> [String] {
    var options = RecordOptions(channel: "c", sources: [])
    change(&options)
    return options.kinds(of: "7").map(\.rawValue).sorted()
  }

  @Test func everybodyIsRecordedByDefault() { #expect(kinds { _ in } == ["audio", "video"]) }

  @Test func streamTypesChooseTheKind() {
    #expect(kinds { $0.streamTypes = .audio } == ["audio"])
    #expect(kinds { $0.streamTypes = .video } == ["video"])
  }

  @Test func aListOfOneKindAloneMeansNothingOfTheOther() {
    #expect(kinds { $0.subscribeAudioUids = ["7"] } == ["audio"])
    #expect(kinds { $0.subscribeVideoUids = ["#allstream#"] } == ["video"])
    #expect(kinds { $0.unsubscribeVideoUids = ["8"] } == ["video"])
  }

  @Test func listsLetInAndKeepOut() {
    #expect(
      kinds {
        $0.subscribeAudioUids = ["8"]; $0.subscribeVideoUids = ["7"]
      } == ["video"])
    #expect(
      kinds {
        $0.unsubscribeAudioUids = ["7"]; $0.unsubscribeVideoUids = []
      } == ["video"])
    #expect(kinds { $0.unsubscribeAudioUids = ["#allstream#"] } == [])
  }
}

@Suite struct SourceAddressTests {
  private func address(_ url: String, _ options: [String: String] = [:]) throws -> SourceAddress {
    try SourceAddress(RecordSource(uid: "1", url: url, options: options))
  }

  @Test func listenersAreKnownByTheirOptions() throws {
    let rtmp = try address("rtmp://127.0.0.1:1935/live/key?listen=1")
    #expect(rtmp.isListener)
    #expect(rtmp.location == "rtmp://127.0.0.1:1935/live/key")
    #expect(rtmp.options["listen"] == "1")
    #expect(rtmp.format == nil)
    let srt = try address("srt://0.0.0.0:9000?mode=listener")
    #expect(srt.isListener)
    #expect(srt.format == "mpegts")
    #expect(try address("rtmp://h/live/key", ["listen": "1"]).isListener)
    #expect(try !address("rtmp://h/live/key").isListener)
  }

  @Test func filesAndPipesEndForGood() throws {
    #expect(try address("talk.mp4").isFinite)
    #expect(try address("-").location == "pipe:0")
    #expect(try !address("talk.sdp").isFinite)
    #expect(try address("talk.sdp").isRTP)
  }

  @Test func whatLibavformatDoesNotReadIsNamed() {
    let error = #expect(throws: Failure.self) { try address("whip://host/room") }
    #expect(error?.code == .unavailable)
    #expect(error?.reason.hasPrefix("libavformat here does not read 'whip' (it reads ") == true)
  }
}

@Suite struct LossesTests {
  private func at(_ seconds: Int64) -> MediaTime { MediaTime(milliseconds: seconds * 1000) }

  @Test func theyAreToldNowAndThenAndOnce() {
    var losses = Losses()
    #expect(losses.report(at: at(0)) == nil)
    losses.note(Packet(), lostDatagrams: 1)
    #expect(
      losses.report(at: at(1))
        == "1 datagram found the socket's buffer full (net.core.rmem_max limits it)")
    losses.note(Packet(), lostDatagrams: 5)
    #expect(losses.report(at: at(10)) == nil)
    // The next connection counts from nothing.
    losses.startConnection()
    losses.note(Packet(), lostDatagrams: 2)
    #expect(
      losses.report(at: at(11))
        == "6 datagrams found the socket's buffer full (net.core.rmem_max limits it)")
    #expect(losses.report(at: at(30)) == nil)
  }
}
