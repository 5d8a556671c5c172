import Archive
import Basics
import Foundation
import Media
import Plan
import Posix
import Slices
import TestSupport
import Testing

@testable import Operations

@Suite struct MixTests {
  private let all: [Container] = [.mp3, .m4a, .aac, .opus, .flac, .wav]
  /// A click of eight samples each second, 0.25 s after the full one.
  private let click = "0.8*lt(mod(t-0.25\\,1)\\,8/48000)"

  @Test(arguments: [Container.mp3, .m4a, .aac, .opus, .flac, .wav])
  func clicksAndLengthAreExact(container: Container) throws {
    let sound = try MadeSound()
    try sound.add("1.wav", click, seconds: 45.3)
    try sound.add("2.wav", "0.1*sin(2*PI*200*t)*lt(t\\,3)", seconds: 20)
    let (path, report) = try sound.mix(container)
    #expect(report.losses.isEmpty && report.tracks.map(\.uid) == ["1", "2"])
    let isLossless = container == .wav || container == .flac
    var heard = try samples(of: path)
    // ADTS has no place for a delay.
    if container == .aac { heard.removeFirst(1024) }
    let length = Int(45.3 * 48_000)
    let isWhole = [.mp3, .opus, .flac, .wav].contains(container)
    #expect(isWhole ? heard.count == length : (0...1024).contains(heard.count - length))
    let found = clicks(in: heard, above: 0.2)
    #expect(found.count == 46)
    for (index, place) in found.enumerated() {
      let expected = index * 48_000 + 12_000
      #expect(abs(place - expected) <= (isLossless ? 8 : 240), "click \(index)")
    }
  }

  @Test func theBytesDoNotDependOnTheNumberOfWorkers() throws {
    let sound = try MadeSound()
    try sound.add(
      "1.ts", "0.3*sin(2*PI*(300+100*t)*t)", seconds: 65, ["-c:a", "aac", "-b:a", "64k"])
    try sound.add("2.webm", "0.2*random(0)", seconds: 62, ["-c:a", "libopus", "-b:a", "48k"])
    for container in all {
      var digests: Set<String> = []
      for workers in [.mp3, .m4a].contains(container) ? [1, 2, 4, 16] : [1, 4] {
        let (path, _) = try sound.mix(container, workers: workers, name: "\(workers)")
        digests.insert(try sha256(of: path))
      }
      #expect(digests.count == 1, "\(container)")
    }
    var options = MixOptions()
    options.loudness = -20
    let digests = try [1, 4].map {
      try sha256(of: sound.mix(.mp3, options, workers: $0, name: "loud\($0)").path)
    }
    #expect(digests[0] == digests[1])
  }

  @Test(arguments: [
    (Container.mp3, 48_000, 2, 96), (.mp3, 16_000, 1, 32), (.m4a, 44_100, 2, 128),
    (.aac, 32_000, 1, 48),
  ])
  func jointsAreNoWorseThanTheCodec(
    container: Container, rate: Int, channels: Int, bitrate: Int
  ) throws {
    let sound = try MadeSound()
    // Chords that change, and noise in bursts.
    try sound.add(
      "1.wav",
      "0.2*sin(2*PI*(220+40*floor(t*2))*t)+0.1*sin(2*PI*1330*t)+0.2*(random(0)-0.5)*gt(sin(9*t)\\,0)",
      seconds: 62)
    var options = MixOptions()
    (options.sampleRate, options.channels, options.bitrate) = (rate, channels, bitrate)
    let (original, _) = try sound.mix(.wav, options, name: "original")
    let (path, _) = try sound.mix(container, options)
    let serial = sound.folder.path("serial.\(container.rawValue)")
    try output(
      of: "ffmpeg",
      ["-nostdin", "-v", "error", "-i", original, "-b:a", "\(bitrate)k"]
        + ["-c:a", container == .mp3 ? "libmp3lame" : "aac", serial])
    let truth = try samples(of: original)
    let window = rate * 3 / 1000
    func errors(_ path: String) throws -> [Double] {
      // ADTS has no place for a delay.
      let heard = try samples(of: path).dropFirst(container == .aac ? 1024 : 0)
      let count = min(truth.count, heard.count) - window
      return stride(from: 0, to: count, by: window).map { start in
        level((start..<start + window).map { heard[heard.startIndex + $0] - truth[$0] })
      }
    }
    let (ours, theirs) = (try errors(path), try errors(serial))
    // As a whole near a serial encode, and the joints no worse than the rest.
    func mean(_ levels: [Double]) -> Double { levels.reduce(0, +) / Double(levels.count) }
    // Parts have no bits of their neighbours to spend: that costs about 1 dB of noise at most.
    #expect(mean(ours) <= mean(theirs) + 1.5)
    let grid = MixGrid(container, rate: rate, length: Int64(truth.count))
    #expect(grid.parts == 3)
    // The serial encode's own worst moment.
    let bad = theirs.max() ?? 0
    for part in 1..<grid.parts {
      let joint = Int(grid.blocks(of: part).lowerBound * grid.block) / window
      for index in joint - 10...joint + 10 { #expect(ours[index] <= bad, "joint \(part)") }
    }
  }

  @Test(arguments: [
    "0.4*(random(0)-0.5)", "0.8*(random(0)-0.5)*lt(mod(t\\,0.06)\\,0.004)+0.02*(random(1)-0.5)",
  ])
  func theBitRateIsMet(expression: String) throws {
    let sound = try MadeSound()
    try sound.add("1.wav", expression, seconds: 35)
    var options = MixOptions()
    (options.sampleRate, options.channels) = (32_000, 1)
    let (path, _) = try sound.mix(.m4a, options)
    let words = ["-v", "error", "-show_entries", "stream=bit_rate", "-of", "csv=p=0", path]
    let text = try output(of: "ffprobe", words)
    let rate = try #require(Double(text.filter { $0 != "\n" }))
    #expect(abs(rate / 96_000 - 1) <= 0.05)
  }

  @Test func oneTalkerOfSeventeenIsAsLoudAsAlone() throws {
    let sound = try MadeSound()
    try sound.add("1.wav", "0.1*sin(2*PI*440*t)", seconds: 6)
    for uid in 2...17 { try sound.add("\(uid).wav", "0", seconds: 6) }
    let alone = try samples(of: sound.mix(.wav, uids: ["1"], name: "alone").path)
    let among = try samples(of: sound.mix(.wav).path)
    #expect(abs(level(among) - level(alone)) < 0.1)
    #expect(abs(level(among) - -23.01) < 0.1)
  }

  @Test func seventeenAtFullScaleStayBelowTheLimit() throws {
    let sound = try MadeSound()
    for uid in 1...17 { try sound.add("\(uid).wav", "sin(2*PI*\(200 + uid * 137)*t)", seconds: 8) }
    let wav = try measured(try sound.mix(.wav).path)
    #expect(wav.peak <= -1 && wav.peak > -3)
    // What becomes of it by encoding is told.
    for container in [Container.wav, .mp3, .m4a, .opus] {
      let (path, report) = try sound.mix(container)
      let heard = try [0, 1].flatMap { try samples(of: path, channel: $0) }
      let peak = decibels(Double(heard.map(abs).max() ?? 0))
      #expect(abs(peak - (report.peak ?? 0)) <= 0.1, "\(container)")
    }
    var options = MixOptions()
    options.limit = -6
    #expect(try measured(try sound.mix(.wav, options, name: "lower").path).peak <= -6)
  }

  @Test(arguments: [Container.mp3, .m4a])
  func theLoudestMomentIsFound(container: Container) throws {
    let sound = try MadeSound()
    // Once in each part, in noise.
    let bang = "0.6*sin(2*PI*2500*t)*lt(mod(t+8\\,30)\\,0.02)"
    try sound.add("1.wav", "0.2*(random(0)-0.5)+\(bang)", seconds: 50)
    let (path, report) = try sound.mix(container)
    let heard = try [0, 1].flatMap { try samples(of: path, channel: $0) }
    let peak = decibels(Double(heard.map(abs).max() ?? 0))
    #expect(peak > -6)
    #expect(abs(peak - (report.peak ?? 0)) <= 0.02)
  }

  @Test(arguments: [0.02, 0.9])
  func theWholeIsBroughtToALoudness(amplitude: Double) throws {
    let sound = try MadeSound()
    try sound.add(
      "1.wav", "\(amplitude)*sin(2*PI*500*t)*(0.3+0.7*gt(sin(t)\\,0))", seconds: 45)
    // MP3 of 96 kbit/s makes noise quieter: chords.
    try sound.add(
      "2.wav", "\(amplitude)*(0.5*sin(2*PI*700*t)+0.3*sin(2*PI*2100*t))*lt(mod(t\\,9)\\,3)",
      seconds: 40)
    for (container, channels) in [(Container.wav, 2), (.mp3, 2), (.wav, 1)] {
      var options = MixOptions()
      options.loudness = -16
      options.channels = channels
      let (path, _) = try sound.mix(container, options, name: "\(container)\(channels)")
      var heard = try measured(path)
      // The program's meter counts one channel once, players hear it twice.
      if channels == 1 { heard.loudness += 3.01 }
      #expect(abs(heard.loudness - -16) < 0.5)
      if container == .wav { #expect(heard.peak <= -1) }
    }
  }

  @Test func gainAndPanAreOfEachUid() throws {
    let sound = try MadeSound()
    try sound.add("1.wav", "0.2*sin(2*PI*400*t)", seconds: 3)
    try sound.add("2.wav", "0.2*sin(2*PI*3000*t)", seconds: 3)
    var options = MixOptions()
    options.gain = ["1": -6.0206, "2": -100]
    options.pan = ["1": -1]
    let (path, _) = try sound.mix(.wav, options)
    #expect(abs(level(try samples(of: path)) - -22.99) < 0.05)
    #expect(level(try samples(of: path, channel: 1)) < -80)
  }

  @Test func ratesAndChannelsChangeInMidTrack() throws {
    let folder = try TemporaryFolder()
    let sound = try MadeSound()
    // Slices of one track: 48 kHz stereo, then 16 kHz mono, then 44.1 kHz.
    // The program would take 3 dB off a tone that it brings from one channel to two.
    let both = "pan=stereo|c0=c0|c1=c0"
    let formats = [["48000", both], ["16000", "anull"], ["44100", both]]
    for (index, words) in formats.enumerated() {
      let name =
        "\(SessionMaker.sid)_room__uid_s_5__uid_e_audio_202603010930\(10 + index * 8)000.ts"
      try sound.add(
        name, "0.2*sin(2*PI*1000*t)", seconds: 8, rate: 48_000,
        ["-c:a", "aac", "-b:a", "64k", "-ar", words[0], "-af", words[1]])
    }
    _ = folder
    let (path, report) = try sound.mix(.wav)
    #expect(report.losses.isEmpty)
    let heard = try samples(of: path)
    #expect(abs(Double(heard.count) / 48_000 - 24) < 0.2)
    // The tone goes on at its level, whatever it came from.
    for second in [2, 5, 10, 13, 18, 22] {
      let part = heard[second * 48_000..<second * 48_000 + 24_000]
      #expect(abs(level(part) - -16.99) < 0.3, "second \(second)")
      let crossings = zip(part, part.dropFirst()).filter { $0 <= 0 && $1 > 0 }.count
      #expect(abs(crossings - 500) <= 1, "second \(second)")
    }
  }

  /// By ITU-R BS.775, the center and the channels behind are heard 3 dB quieter from each side, and
  /// all others are left alone; one channel is the mean of two.
  @Test func sixChannelsBecomeTwoAtTheirLevels() throws {
    let sound = try MadeSound()
    let tones = [300, 500, 700, 40, 1100, 1300].map { "0.05*sin(2*PI*\($0)*t)" }
    // Left, right, center, low frequencies, left and right behind.
    let alone = tones.indices.map { index in
      tones.indices.map { $0 == index ? tones[$0] : "0" }.joined(separator: "|")
    }
    for (index, expression) in alone.enumerated() {
      try sound.add("\(index).wav", "\(expression):c=5.1", seconds: 3)
    }
    let full = -29.03  // of a tone of 0.05 in dBFS
    let expected = [
      (full, -200), (-200, full), (full - 3.01, full - 3.01), (-200, -200), (full - 3.01, -200),
      (-200, full - 3.01),
    ]
    for (index, levels) in expected.enumerated() {
      let (path, _) = try sound.mix(.wav, uids: ["\(index)"], name: "from\(index)")
      for (channel, wanted) in [levels.0, levels.1].enumerated() {
        let heard = level(try samples(of: path, channel: channel))
        #expect(wanted < -100 ? heard < -80 : abs(heard - wanted) < 0.1, "\(index), \(channel)")
      }
    }
    var options = MixOptions()
    options.channels = 1
    let (path, _) = try sound.mix(.wav, options, uids: ["0"], name: "mono")
    #expect(abs(level(try samples(of: path)) - (full - 6.02)) < 0.1)
  }

  @Test func whatIsDamagedIsSilentAndTold() throws {
    let sound = try MadeSound()
    try sound.add("1.wav", "0.2*sin(2*PI*500*t)", seconds: 10)
    try sound.add("2.ts", "0.2*sin(2*PI*700*t)", seconds: 10, ["-c:a", "aac"])
    var bytes = try readFile(sound.session + "/2.ts")
    var generator = Seeded(seed: 5)
    for index in bytes.count / 3..<bytes.count * 2 / 3 {
      bytes[index] = UInt8.random(in: 0...255, using: &generator)
    }
    try writeFile(sound.session + "/2.ts", bytes)
    let (path, _) = try sound.mix(.mp3)
    let heard = try samples(of: path)
    #expect(heard.count >= 480_000 && heard.allSatisfy(\.isFinite))
    let middle = Array(heard[5 * 48_000 - 2400..<5 * 48_000 + 2400])
    #expect(abs(level(middle) - -16.99) < 1)
  }

  @Test func chaptersAndTagsAreShown() throws {
    let sound = try MadeSound()
    try sound.add("1.wav", "0.2*sin(2*PI*500*t)", seconds: 25)
    try sound.add("2.wav", "0.2*sin(2*PI*700*t)", seconds: 10)
    var options = MixOptions()
    options.chapters = true
    for container in [Container.mp3, .m4a] {
      let (path, _) = try sound.mix(container, options)
      let text = try output(
        of: "ffprobe",
        ["-v", "error", "-show_chapters", "-show_entries", "format_tags=title,date"]
          + ["-of", "compact", path])
      #expect(text.contains("start_time=0.000000|") && text.contains("1 joins, 2 joins"))
      #expect(text.contains("start_time=10.000000|") && text.contains("2 leaves"))
      #expect(text.contains("tag:title=session") && text.contains("tag:date="))
    }
  }

  @Test func aPictureAndLevelsLieBesideTheFile() throws {
    let sound = try MadeSound()
    try sound.add("1.wav", "0.5*sin(2*PI*500*t)*lt(t\\,1)", seconds: 3)
    try sound.add("2.wav", "0.05*sin(2*PI*700*t)", seconds: 3)
    var options = MixOptions()
    (options.waveform, options.levels) = (true, true)
    let (path, _) = try sound.mix(.mp3, options, name: "talk")
    let picture = try output(
      of: "ffprobe",
      ["-v", "error", "-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"]
        + [sound.folder.path("talk.png")])
    #expect(picture == "png,1800,280\n" && fileExists(path))
    let levels = String(
      decoding: try readFile(sound.folder.path("talk.levels.json")), as: UTF8.self)
    let plain = levels.filter { !$0.isWhitespace }
    #expect(
      plain == """
        {"version":1,"unit":"dBFS","interval":1,"uids":[{"uid":"1","rms":[-9,null,null],\
        "peak":[-6,null,null]},{"uid":"2","rms":[-29,-29,-29],"peak":[-26,-26,-26]}]}
        """)
  }
}
