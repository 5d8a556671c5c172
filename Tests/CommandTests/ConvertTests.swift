import Basics
import Posix
import TestSupport
import Testing

/// `rushes convert` on files of several kinds.
@Suite struct ConvertTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a", "b"] { try makeFolder(folder.path(name)) }
    var clip = Clip(.h264, .aac, seconds: 2)
    (clip.width, clip.height, clip.frameRate) = (64, 64, 10)
    try clip.make(at: folder.path("a/talk.ts"))
    clip.bFrames = 2
    try clip.make(at: folder.path("b/talk.mkv"))
    clip.video = .vp8
    clip.audio = .opus
    try clip.make(at: folder.path("web.webm"))
    _ = try folder.write("bad.ts", "no media")
  }

  private func convert(_ words: String...) throws -> (code: Int32?, error: String) {
    let result = try run(Products.rushes, ["convert"] + words, folder: folder.path)
    return (result.end.exitCode, result.standardError)
  }

  private func made(in name: String) throws -> [String] {
    try listFolder(folder.path(name)).filter { !$0.hasPrefix(".") && !$0.hasSuffix(".json") }
  }

  private func ffmpeg(_ words: String...) throws {
    try output(of: "ffmpeg", ["-nostdin", "-v", "error", "-y"] + words, folder: folder.path)
  }

  private func probed(_ file: String, _ entries: String) throws -> String {
    try output(
      of: "ffprobe", ["-v", "error", "-show_entries", entries, "-of", "csv=p=0", file],
      folder: folder.path)
  }

  @Test func everyFileGetsItsNameAndOneThatFailsStopsNoOther() throws {
    let result = try convert(
      "a/talk.ts", "bad.ts", "b/talk.mkv", "web.webm", "-o", "out", "--format", "mp4")
    #expect(result.code == 65)
    #expect(result.error.contains("bad.ts: cannot open: "))
    #expect(try made(in: "out") == ["talk.mp4", "talk_2.mp4", "web.mp4"])
    for name in try made(in: "out") {
      let content = try Content(folder.path("out/\(name)"))
      #expect(content.flashes.count == 2 && content.complaints == [], "\(name)")
      #expect(content.largestOffset.map { $0 < 0.02 } == true, "\(name)")
      #expect(content.pictures.count == 20, "\(name)")
    }
    let report = try Files.text(folder.path("out/rushes-report.json"))
    #expect(report.contains("\"picturesEncoded\": 0"))
  }

  @Test(arguments: [
    ("mp3", "libmp3lame", ["mp3"]), ("wav", "pcm_s16le", ["pcm_s16le"]), ("aac", "aac", ["aac"]),
    ("m4a", "aac", ["aac"]), ("opus", "libopus", ["opus"]), ("flac", "flac", ["flac"]),
    ("ogg", "libvorbis", ["vorbis"]), ("mp4", "aac", ["h264", "aac"]),
    ("mov", "aac", ["h264", "aac"]), ("mkv", "libvorbis", ["h264", "vorbis"]),
    ("webm", "libopus", ["vp9", "opus"]), ("ts", "libmp3lame", ["h264", "mp3"]),
    ("flv", "libmp3lame", ["h264", "mp3"]), ("gif", "aac", ["gif"]), ("jpg", "aac", ["mjpeg"]),
  ])
  func everyFormatIsMade(format: String, sound: String, codecs: [String]) throws {
    // Sound that the format holds, to be copied, and some that it does not.
    try ffmpeg("-i", "b/talk.mkv", "-c:v", "copy", "-c:a", sound, "same.mkv")
    for file in ["same.mkv", "web.webm"] {
      let result = try convert(file, "-o", "to.\(format)")
      #expect(result.code == 0, "\(result.error)")
      let probe = try Probe(folder.path("to.\(format)"))
      let isSame = file == "same.mkv"
      if isSame { #expect(probe.streams.map(\.codec) == codecs) }
      if format == "gif" || format == "jpg" { continue }
      let content = try Content(folder.path("to.\(format)"))
      let hasPictures = probe.has("video")
      #expect(content.complaints == [] && content.beeps.count == 2, "\(file)")
      // Codecs fill their last block up; files without a header have what they begin with, too.
      #expect(abs(content.audioLength - 2) < 0.08, "\(content.audioLength) s of \(file)")
      #expect(content.flashes.count == (hasPictures ? 2 : 0))
      if hasPictures { #expect(content.largestOffset.map { $0 < 0.02 } == true, "\(file)") }
    }
  }

  @Test func soundWithoutLossStaysAsItIs() throws {
    // Peaks at full scale, which nothing may limit, at a rate of its own.
    try ffmpeg("-f", "lavfi", "-i", "anoisesrc=r=44100:d=1:a=1", "-ac", "1", "noise.wav")
    #expect(try convert("noise.wav", "-o", "noise.flac").code == 0)
    #expect(try convert("noise.flac", "-o", "again.wav").code == 0)
    func samples(_ file: String) throws -> String {
      try output(
        of: "ffmpeg", ["-v", "error", "-i", file, "-f", "md5", "-"], folder: folder.path)
    }
    #expect(try samples("noise.wav") == samples("noise.flac"))
    #expect(try samples("noise.wav") == samples("again.wav"))
    #expect(try probed("noise.flac", "stream=sample_rate,channels") == "44100,1\n")
  }

  @Test func aFileKeepsItsTitleAndItsChapters() throws {
    _ = try folder.write(
      "tags.txt",
      """
      ;FFMETADATA1
      title=Öffnen
      artist=Somebody
      [CHAPTER]
      TIMEBASE=1/1000
      START=0
      END=1000
      title=One
      [CHAPTER]
      TIMEBASE=1/1000
      START=1000
      END=2000
      title=Two
      """)
    try ffmpeg(
      "-i", "b/talk.mkv", "-i", "tags.txt", "-map", "0", "-map_metadata", "1", "-map_chapters", "1",
      "-c", "copy", "tagged.mkv")
    for format in ["mp4", "m4a", "mp3", "opus", "flac", "ogg", "webm", "mkv", "mov"] {
      #expect(try convert("tagged.mkv", "-o", "to.\(format)").code == 0)
      // Ogg has tags in its stream.
      let tags = try probed("to.\(format)", "format_tags:stream_tags").lowercased()
      #expect(tags.contains("öffnen") && tags.contains("somebody"), "\(format): \(tags)")
      let chapters = try probed("to.\(format)", "chapter=start_time,end_time:chapter_tags=title")
        .split(separator: "\n").map { $0.filter { $0 != "0" && $0 != "." } }
      #expect(
        chapters.first == ",1,One" && chapters.last?.hasSuffix("Two") == true,
        "\(format): \(chapters)")
    }
  }

  @Test func theInputIsNeverReplaced() throws {
    try ffmpeg("-i", "a/talk.ts", "-c", "copy", "a/talk.mp4")
    try output(of: "ln", ["-s", "a", "link"], folder: folder.path)
    let before = try readFile(folder.path("a/talk.mp4"))
    #expect(try convert("a/talk.mp4", "-o", "a", "--format", "mp4").code == 65)
    #expect(try convert("a/talk.mp4", "-o", "a/talk.mp4").code == 65)
    let linked = try convert("link/talk.mp4", "-o", "a", "--format", "mp4")
    #expect(linked.code == 73)
    #expect(linked.error.contains("a/talk.mp4: cannot create: it is one of the inputs"))
    // The others of a batch are made.
    let batch = try convert("a/talk.mp4", "web.webm", "-o", "a", "--format", "mp4")
    #expect(batch.code == 73)
    #expect(try made(in: "a") == ["talk.mp4", "talk.ts", "web.mp4"])
    #expect(try readFile(folder.path("a/talk.mp4")) == before)
  }

  @Test func aPhonesTurnIsCopiedWherePlayersTurnAndDoneWhereNot() throws {
    try ffmpeg("-i", "b/talk.mkv", "-c", "copy", "-metadata:s:v", "rotate=90", "phone.mov")
    let turn = "stream_side_data=rotation"
    if try !probed("phone.mov", turn).contains("90") {
      // Since FFmpeg 6.
      try ffmpeg("-display_rotation", "90", "-i", "b/talk.mkv", "-c", "copy", "phone.mov")
    }
    #expect(try probed("phone.mov", turn).contains("90"))
    #expect(try convert("phone.mov", "-o", "phone.mp4").code == 0)
    #expect(try convert("phone.mov", "-o", "phone.mkv").code == 0)
    #expect(try probed("phone.mp4", turn) == probed("phone.mov", turn))
    #expect(try probed("phone.mkv", turn).contains("90") == false)
    #expect(try Files.text(folder.path("phone.mp4.report.json")).contains("\"picturesEncoded\": 0"))
  }

  @Test func anAnimationShowsEveryPictureInItsColoursForItsTime() throws {
    #expect(try convert("b/talk.mkv", "-o", "a.gif").code == 0)
    #expect(try convert("b/talk.mkv", "-o", "b.gif", "--video-fps", "5").code == 0)
    func times(_ file: String) throws -> [Substring] {
      try probed(file, "packet=pts_time").split(separator: "\n")
    }
    #expect(try times("a.gif").count == 20 && times("a.gif").last == "1.900000")
    #expect(try times("b.gif").count == 10 && times("b.gif").last == "1.800000")
    for file in ["a.gif", "b.gif"] { #expect(try Probe(folder.path(file)).duration == 2) }
    // It begins anew for ever.
    let bytes = try readFile(folder.path("a.gif"))
    let loop = Array("NETSCAPE2.0".utf8) + [3, 1, 0, 0, 0]
    #expect(bytes.indices.contains { bytes[$0...].starts(with: loop) })
    let psnr = try run(
      "ffmpeg",
      ["-v", "info", "-i", "a.gif", "-i", "b/talk.mkv", "-lavfi"]
        + ["[0]setpts=N/10/TB[a];[1]setpts=N/10/TB[b];[a][b]psnr", "-f", "null", "-"],
      folder: folder.path
    ).standardError
    let worst = psnr.firstRange(of: "min:").map { psnr[$0.upperBound...].prefix { $0 != " " } }
    #expect(worst.flatMap { Double($0) }.map { $0 > 30 } == true, "\(psnr.suffix(200))")
  }

  @Test func coversAndSecondTracksAreNotTakenForTheFilm() throws {
    try ffmpeg("-f", "lavfi", "-i", "testsrc2=s=32x32", "-frames:v", "1", "cover.png")
    try ffmpeg(
      "-f", "lavfi", "-i", "sine=d=1", "-i", "cover.png", "-map", "0", "-map", "1", "-c:a",
      "libmp3lame", "-c:v", "png", "-disposition:v", "attached_pic", "song.mp3")
    #expect(try convert("song.mp3", "-o", "song.mp4").code == 0)
    #expect(try Probe(folder.path("song.mp4")).streams.map(\.codec) == ["mp3"])
    let jpg = try convert("song.mp3", "-o", "song.jpg")
    #expect(jpg.code == 65)
    #expect(jpg.error.contains("song.jpg: cannot create: its input has no pictures"))
    #expect(try convert("cover.png", "-o", "cover.jpg").code == 0)
    #expect(try Probe(folder.path("cover.jpg")).streams.map(\.width) == [32])
    try ffmpeg(
      "-i", "b/talk.mkv", "-f", "lavfi", "-i", "sine=d=2", "-map", "0", "-map", "1", "-c:v", "copy",
      "-c:a", "aac", "two.mkv")
    let two = try convert("two.mkv", "-o", "two.mp4")
    #expect(two.code == 0 && two.error.contains("two.mkv: 1 more audio stream left out"))
    #expect(try Content(folder.path("two.mp4")).beeps.count == 2)
  }

  @Test func picturesKeepTheirShape() throws {
    try ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=64x48:d=1,setsar=2", "-c:v", "libx264", "-bf", "0",
      "wide.mp4")
    for (file, size) in [("wide.webm", "128,48"), ("wide.jpg", "128,48"), ("wide.gif", "128,48")] {
      #expect(try convert("wide.mp4", "-o", file).code == 0)
      #expect(try probed(file, "stream=width,height") == size + "\n", "\(file)")
    }
  }

  @Test func thePictureOfAFileIsItsFirst() throws {
    #expect(try convert("web.webm", "-o", "web.jpg").code == 0)
    let probe = try Probe(folder.path("web.jpg"))
    #expect(probe.streams.map(\.codec) == ["mjpeg"] && probe.streams[0].width == 64)
    // An odd number of pixels stays what it is.
    let odd = "color=red:s=101x75,format=rgb24,drawbox=x=90:y=60:w=11:h=15:c=blue:t=fill"
    try ffmpeg("-f", "lavfi", "-i", odd, "-frames:v", "1", "odd.png")
    #expect(try convert("odd.png", "-o", "odd.jpg").code == 0)
    #expect(try probed("odd.jpg", "stream=width,height") == "101,75\n")
    let psnr = try run(
      "ffmpeg",
      ["-v", "info", "-i", "odd.jpg", "-i", "odd.png", "-lavfi", "[0]format=rgb24[a];[a][1]psnr"]
        + ["-f", "null", "-"], folder: folder.path
    ).standardError
    let mean = psnr.firstRange(of: "average:").map { psnr[$0.upperBound...].prefix { $0 != " " } }
    #expect(mean.flatMap { Double($0) }.map { $0 > 25 } == true, "\(psnr.suffix(200))")
  }
}
