import Basics
import Executor
import Foundation
import Plan
import Slices
import Synchronization
import Testing

@testable import Commands
@testable import Recorder

private func seconds(_ value: Double) -> MediaTime { MediaTime(seconds: value) }

private func slice(_ name: String, _ start: Double, _ end: Double, _ format: Format) -> PlacedSlice
{
  PlacedSlice(
    slice: Slice(
      resource: MediaResource(path: name), utc: nil, first: .zero, duration: seconds(end - start),
      format: format), start: seconds(start))
}

private let session = Session(
  sid: "38f8e3cfdc474cd56fc1ceba380d7e1a", cname: "class", name: "archive",
  start: UTCTime(milliseconds: 1_772_357_400_000), duration: seconds(60),
  participants: [
    Participant(
      uid: "7",
      audio: Track(
        kind: .audio,
        runs: [
          Run(slices: [slice("a0.ts", 0, 15, Format(codec: "aac"))]),
          Run(slices: [slice("a1.ts", 20.5, 60, Format(codec: "opus"))]),
        ], driftPpm: 12.34),
      video: Track(
        kind: .video,
        runs: [
          Run(slices: [
            slice("v0.ts", 1, 30, Format(codec: "h264", width: 640, height: 480)),
            slice("v1.ts", 30, 60, Format(codec: "h264", width: 1280, height: 720)),
          ])
        ], rotations: [Rotation(time: UTCTime(milliseconds: 1_772_357_402_000), degrees: 90)]))
  ], problems: [SessionProblem(path: "x.ts", message: "it is empty")])

@Suite struct DisplayTests {
  @Test func inspectForScripts() {
    #expect(
      session.json(slices: false).line
        == #"{"sid":"38f8e3cfdc474cd56fc1ceba380d7e1a","cname":"class","start":"2026-03-01T09:30:00.000Z","#
        + #""duration":60,"uids":[{"uid":"7","tracks":[{"type":"audio","codecs":["aac","opus"],"slices":2,"#
        + #""start":0,"duration":60,"changes":[{"time":20.5,"codec":"opus"}],"#
        + #""rotations":[],"gaps":[{"start":15,"duration":5.5}],"driftPpm":12.3},"#
        + #"{"type":"video","codecs":["h264"],"slices":2,"start":1,"duration":59,"width":1280,"height":720,"#
        + #""changes":[{"time":30,"codec":"h264","width":1280,"height":720}],"#
        + #""rotations":[{"time":2,"degrees":90}],"gaps":[],"driftPpm":0}]}],"#
        + #""problems":[{"path":"x.ts","message":"it is empty"}]}"#)
    #expect(
      session.json(slices: true).line.contains(
        #""files":[{"path":"a0.ts","start":0,"duration":15},{"path":"a1.ts","#))
  }

  @Test func inspectForPeople() {
    let text = session.text(slices: true, Capture().console())
    #expect(
      text.hasPrefix(
        """
        38f8e3cfdc474cd56fc1ceba380d7e1a class  2026-03-01T09:30:00.000Z  1:00

        UID  TRACK  CODECS    SIZE      SLICES  START  LENGTH       GAPS     DRIFT
        7    audio  aac,opus                 2  0.000    1:00  1 (5.5 s)  12.3 ppm
        7    video  h264      1280x720       2  1.000    0:59          0   0.0 ppm

        7 audio =
        """))
    #expect(
      text.hasSuffix(
        """

         START  LENGTH  SLICE
         0.000  15.000  a0.ts
        20.500  39.500  a1.ts
         1.000  29.000  v0.ts
        30.000  30.000  v1.ts

        x.ts: it is empty

        """))
  }

  @Test func plansForPeopleAndScripts() {
    let plan = Plan(
      folder: "/out",
      steps: [
        Step(
          id: "merge", session: session, operation: .merge(MergeOptions()),
          outputs: [
            Output(
              path: "/out/7.mp4", container: .mp4, uids: ["7"],
              stretch: Stretch(start: seconds(1), end: seconds(3601)))
          ])
      ], warnings: [Diagnostic(.warning, at: nil, "careful")])
    #expect(
      plan.table(jobs: 1) == """
        merge: merge of the session archive
        STEP   OUTPUT      UIDS  START   LENGTH  HOW   SIZE
        merge  /out/7.mp4  7     1.000  1:00:00  copy   0 B
        About 0:00 of work, 0 B of disk and 58.7 MB of memory.

        """)
    #expect(
      plan.json(jobs: 1).line
        == #"{"folder":"/out","steps":[{"id":"merge","operation":"merge","session":"archive","#
        + #""inputs":["a0.ts","a1.ts","v0.ts","v1.ts"],"outputs":"#
        + #"[{"path":"/out/7.mp4","files":[],"container":"mp4","uids":["7"],"start":1,"duration":3600,"#
        + #""copies":true,"encodes":[],"estimate":{"seconds":0,"disk":0,"memory":16777216}}]}],"#
        + #""estimate":{"seconds":0,"disk":0,"memory":58720256},"warnings":["warning: careful"]}"#)
  }

  private let events: [RunEvent] = [
    .start(steps: 1, outputs: 2), .progress(done: 0.04, speed: nil, left: nil),
    .progress(done: 0.25, speed: 31.25, left: seconds(90)),
    .progress(done: 0.26, speed: 31, left: seconds(90)),
    .output(path: "/out/a.mp4", duration: seconds(61)), .warning("odd"), .error("bad"),
    .progress(done: 7, speed: .infinity, left: .max), .done(code: .io),
  ]

  @Test func aRunInPlainLines() {
    let capture = Capture()
    let progress = RunProgress(capture.console())
    for event in events.dropLast(2) { progress.show(event) }
    progress.show(.done(code: .io))
    #expect(capture.out == "/out/a.mp4  1:01\n")
    #expect(capture.error == "25 %, 31.3x, 1:30 left\nwarning: odd\nbad\n")
  }

  @Test(arguments: [ExitCode.interrupted, .terminated])
  func anInterruptedRunSaysHowToGoOn(_ code: ExitCode) {
    let capture = Capture()
    RunProgress(capture.console()).show(.done(code: code))
    #expect(capture.error == "interrupted; the same command goes on with what is missing\n")
    #expect(capture.out == "")
  }

  @Test func aRunOnATerminalIsOneBar() {
    let capture = Capture()
    let progress = RunProgress(capture.console(width: 60))
    for event in events { progress.show(event) }
    let bars = capture.error.split(separator: "\n").filter { $0.contains("░") || $0.contains("█") }
    // It is there from the start, and moves on below each line.
    #expect(bars.count == 8)
    #expect(bars[0].hasSuffix("░░░  0 %"))
    #expect(capture.out == "/out/a.mp4  1:01\n")
    #expect(
      bars[2].hasSuffix("████████" + String(repeating: "░", count: 24) + "  25 %  31.3x  1:30 left")
    )
    #expect(capture.error.split(separator: "\n").allSatisfy { $0.count < 66 })
    // Every bar but the first replaces the one before, and nothing of it stays.
    #expect(
      capture.error.split(separator: "\u{1B}[1F\u{1B}[J", omittingEmptySubsequences: false).count
        == 9)
    #expect(capture.error.hasSuffix("\u{1B}[1F\u{1B}[J"))
  }

  @Test func aTerminalThatBecomesNarrowerIsClearedWhole() {
    let width = Mutex(60)
    let text = Mutex("")
    let console = Console(width: width.withLock { $0 }) { _, written in
      text.withLock { $0 += written }
      return true
    }
    console.show([String(repeating: "x", count: 50)])
    width.withLock { $0 = 20 }
    console.show(["y"])
    #expect(
      text.withLock { $0 } == String(repeating: "x", count: 50) + "\n\u{1B}[3F\u{1B}[Jy\n")
  }

  @Test func aRunAsEvents() throws {
    let capture = Capture()
    let console = capture.console()
    console.isJSON = true
    let progress = RunProgress(console)
    for event in events { progress.show(event) }
    #expect(
      capture.out == """
        {"event":"start","steps":1,"outputs":2}
        {"event":"progress","done":0.04,"speed":null,"left":null}
        {"event":"progress","done":0.25,"speed":31.3,"left":90}
        {"event":"progress","done":0.26,"speed":31,"left":90}
        {"event":"output","path":"/out/a.mp4","duration":61}
        {"event":"warning","message":"odd"}
        {"event":"error","message":"bad"}
        {"event":"progress","done":1,"speed":null,"left":13071672387.833}
        {"event":"done","code":74}

        """)
    #expect(capture.error.isEmpty)
  }

  @Test func aRecordingInPlainLinesAndEvents() {
    let events: [RecordEvent] = [
      .started(sid: "s", path: "/a/s"), .joined(uid: "7", url: "srt://x"),
      .track(uid: "7", kind: .video, format: Format(codec: "h264", width: 640, height: 480)),
      .track(uid: "7", kind: .audio, format: Format(codec: "aac", sampleRate: 48000, channels: 1)),
      .slice(
        uid: "7", kind: .audio, name: "a.ts", start: UTCTime(milliseconds: 0), duration: seconds(15)
      ),
      .left(uid: "7", url: "srt://x", reason: "it ended", retryIn: seconds(2.5)),
      .failed(uid: "8", url: "y", reason: "nobody\u{1B}[2J there", retryIn: nil),
      .status([
        SourceStatus(
          uid: "7", url: "srt://x", state: .sending, codecs: ["aac", "h264"],
          bitsPerSecond: 1_234_567, slices: 3, gaps: 1)
      ]), .ended,
    ]
    let plain = Capture()
    for event in events { RecordDisplay(plain.console()).show(event) }
    #expect(
      plain.error == """
        recording into /a/s
        7: joined from srt://x
        7: video h264 640x480
        7: audio aac 48000 Hz 1 channel
        7: left srt://x: it ended; trying again in 2.5 s
        8: cannot record y: nobody [2J there

        """)
    let json = Capture()
    let console = json.console()
    console.isJSON = true
    for event in events { RecordDisplay(console).show(event) }
    #expect(
      json.out == """
        {"event":"start","sid":"s","path":"/a/s"}
        {"event":"progress","uid":"7","url":"srt://x","state":"joined"}
        {"event":"progress","uid":"7","type":"video","codec":"h264"}
        {"event":"progress","uid":"7","type":"audio","codec":"aac"}
        {"event":"output","path":"a.ts","duration":15,"uid":"7","type":"audio","start":"1970-01-01T00:00:00.000Z"}
        {"event":"warning","message":"it ended","uid":"7","url":"srt://x","retryIn":2.5,"state":"left"}
        {"event":"error","message":"nobody\\u001b[2J there","uid":"8","url":"y"}
        {"event":"progress","sources":[{"uid":"7","url":"srt://x","state":"sending","codecs":["aac","h264"],"bitsPerSecond":1234567,"slices":3,"gaps":1}]}

        """)
    let terminal = Capture()
    let display = RecordDisplay(terminal.console(width: 80))
    display.show(events[7])
    display.show(events[7])
    #expect(
      terminal.error.hasPrefix(
        "UID  STATE    CODECS    KBIT/S  SLICES  GAPS\n7    sending  aac,h264    1234       3     1\n\u{1B}[2F\u{1B}[J"
      ))
  }
}
