import Basics
import Posix
import TestSupport

/// Records three live senders, runs a recipe over the session, and checks what it made.
func runDemo() -> Never {
  ChildProcess.killAllOnSignal()
  do {
    try Demo().run()
    endProcess(ExitCode.done.rawValue)
  } catch {
    ChildProcess.killAll()
    OutputStream.error.write("\ndemo failed: \(error)\n")
    endProcess(1)
  }
}

private struct Demo {
  let folder = Repository.path("demo-output")
  let began = steadyNow()
  /// How long the senders send, and when one of them leaves and comes back, in seconds.
  let seconds = 30.0
  let leaves = 10.0
  let returns = 15.0

  func run() throws {
    Files.removeAll(folder)
    try makeFolder("\(folder)/senders")

    say("making what the senders send: a flash and a beep at each full second")
    let h264 = try clip(.h264, .aac).make(in: "\(folder)/senders", name: "h264-aac")
    let vp8 = try clip(.vp8, .opus).make(in: "\(folder)/senders", name: "vp8-opus")

    let archive = try record(h264: h264, vp8: vp8)

    say("the session, as `rushes inspect \(short(archive))` shows it:\n")
    show(try output(of: Products.rushes, ["inspect", archive]))

    let recipe = Repository.path("recipes/after-session.yaml")
    let files = "\(folder)/files"
    say(
      "running `rushes run \(short(recipe)) --session \(short(archive)) --output \(short(files))`")
    try output(of: Products.rushes, ["run", recipe, "--session", archive, "--output", files])

    let checks = [
      Check(uid: "101", seconds: seconds, absence: nil),
      Check(uid: "102", seconds: seconds, absence: (start: leaves, length: returns - leaves)),
      Check(uid: "103", seconds: seconds, absence: nil),
    ]
    say("looking at and listening to what it made\n")
    var made: [Made] = []
    for check in checks { made.append(try check.made(in: files)) }
    for file in made { show(describe(file)) }
    show(
      "\nEverything is as it should be. To look at it:\n  ffplay \(short(made[0].path))\n"
        + "or open the files of \(short(files)) in a browser.")
  }

  private func clip(_ video: VideoCodec, _ audio: AudioCodec) -> Clip {
    var clip = Clip(video, audio, seconds: seconds)
    (clip.width, clip.height) = (640, 352)
    clip.videoBitrate = 800
    return clip
  }

  /// Records three senders, of which 102 leaves and comes back; returns the session's folder.
  private func record(h264: String, vp8: String) throws -> String {
    let (srt, rtmp, rtp) = (try Ports.free(), try Ports.free(), try Ports.freeForRTP())
    let description = "\(folder)/senders/103.sdp"
    try Sender.describe(vp8, port: rtp, at: description)
    let recorder = try ChildProcess(
      Products.rushes,
      [
        "record", "--channel", "demo",
        "--source", "101=srt://127.0.0.1:\(srt)?mode=listener",
        "--source", "102=rtmp://127.0.0.1:\(rtmp)/live/key?listen=1",
        "--source", "103=\(description)",
        "-o", "\(folder)/archive",
      ])
    say("recording with\n  \(short(recorder.command))")
    do {
      for port in [srt, rtmp, rtp, rtp + 2] { try Ports.waitForListener(on: port) }
    } catch {
      throw failure(of: recorder, error.reason)
    }

    let start = steadyNow()
    say("101 sends H.264 and AAC over SRT, 102 the same over RTMP, 103 VP8 and Opus over RTP")
    let first = try Sender(h264, to: .srt(port: srt))
    let second = try Sender(h264, to: .rtmp(port: rtmp, key: "key"))
    let third = try Sender(vp8, to: .rtp(port: rtp))

    sleep(for: start + MediaTime(seconds: leaves) - steadyNow())
    try second.leave()
    say("102 has left")
    sleep(for: start + MediaTime(seconds: returns) - steadyNow())
    try Ports.waitForListener(on: rtmp)
    let again = try Sender(h264, to: .rtmp(port: rtmp, key: "key"), start: returns)
    say("102 is back")

    for (uid, sender) in [("101", first), ("102", again), ("103", third)] {
      let end = try sender.process.wait(seconds: 2 * seconds)
      guard end.isSuccess else {
        throw Failure(uid, cannot: "send", "\(end): \(sender.process.standardError)", .software)
      }
    }
    guard recorder.isRunning else { throw failure(of: recorder, "it ended by itself") }
    say("all have sent; Ctrl-C for the recorder")
    recorder.send(2)
    let end = try recorder.wait(seconds: 20)
    guard end.isSuccess else { throw failure(of: recorder, "\(end)") }
    guard let path = recorder.standardOutput.split(separator: "\n").last.map(String.init),
      isFolder(path)
    else { throw failure(of: recorder, "it printed no folder") }
    return path
  }

  private func failure(of recorder: ChildProcess, _ reason: String) -> Failure {
    Failure(
      "the recorder", cannot: "record",
      "\(reason)\n\(recorder.standardOutput)\(recorder.standardError)", .software)
  }

  private func describe(_ file: Made) -> String {
    let offset = Int((file.largestOffset * 1000).rounded(.up))
    return "  \(short(file.path))\n    \(MediaTime(seconds: file.duration)) s, \(file.codecs); "
      + "\(file.pairs) flashes with their beeps, at most \(offset) ms apart\(file.remark)"
  }

  private func show(_ text: String) { OutputStream.standard.write(text + "\n") }

  private func say(_ text: String) {
    let time = (steadyNow() - began).milliseconds / 1000
    show("[\(time) s] \(text)")
  }

  /// The text with paths as somebody who stands in the checkout would type them.
  private func short(_ text: String) -> String {
    text.replacing(Products.rushes, with: "rushes").replacing(Repository.root + "/", with: "")
  }
}
