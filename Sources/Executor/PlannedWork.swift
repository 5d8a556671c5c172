import Basics
import Operations
package import Plan
import Slices

/// How an output is made, as far as the plan tells.
package struct OutputWork: Hashable, Sendable {
  /// Whether the media is read; an index only lists what there is.
  package var reads = true
  /// Packets go into it as they are, where it can show them.
  package var copies = false
  /// What is encoded for it, by libav's names.
  package var encodes: [String] = []
  /// Bits of it per second that are encoded; nil where nothing is.
  var bitsPerSecond: Double?
  /// The part of the bytes read that is written as it is.
  var share = 0.0
  /// Seconds of a processor for a second of the output.
  var cost = 0.0
  /// What of that decoding takes that outputs made together have in common.
  var decoding = 0.0
  /// Bytes of memory while it is made.
  var memory: Int64 = 16 << 20
}

/// What usual processors of the day do in a second; estimates need no more.
private enum Speed {
  /// Pixels decoded.
  static let decoding = 120e6
  /// Pixels encoded, by codec.
  static func encoding(_ codec: String) -> Double {
    switch codec {
    case "h264": 30e6
    case "hevc": 10e6
    case "mjpeg": 60e6
    default: 8e6
    }
  }
  /// How many times as much of them at a preset as at the usual one.
  static func factor(_ preset: VideoOptions.Preset) -> Double {
    switch preset {
    case .ultrafast: 6
    case .superfast: 4
    case .veryfast: 2.8
    case .faster: 1.8
    case .fast: 1.3
    case .medium: 1
    case .slow: 0.6
    case .slower: 0.3
    case .veryslow: 0.17
    }
  }
  /// Seconds of sound encoded.
  static let sound = 100.0
  /// Seconds of one voice decoded and mixed.
  static let voice = 1000.0
}

extension Step {
  /// How one of the step's outputs is made.
  package func work(on output: Output) -> OutputWork {
    let people = session.participants.filter { output.uids.contains($0.uid) }
    switch operation {
    case .merge(let options) where [.m3u8, .mpd].contains(output.container):
      return listing(output.sources(of: session, options.tracks), output)
    case .merge: return OutputWork(copies: true, share: 1)
    case .mix(let options): return mixing(options, people, output)
    case .snapshot(let work): return taking(work, people, output)
    case .transcode(let options): return transcoding(options, people, output)
    case .animate(let options): return animating(options, people)
    }
  }

  private func listing(_ sources: [MergedTrack], _ output: Output) -> OutputWork {
    let count = sources.reduce(0) { count, source in
      count
        + source.track.slices.count {
          $0.extent.start < output.stretch.end && output.stretch.start < $0.extent.end
        }
    }
    // A path, a time and a length for each slice.
    return OutputWork(
      reads: false,
      bitsPerSecond: Double(count) * 200 * 8 / max(1, output.stretch.duration.seconds))
  }

  private func mixing(_ options: MixOptions, _ people: [Participant], _ output: Output)
    -> OutputWork
  {
    let codec = output.container.usualAudioCodec
    let raw = Double(options.sampleRate * options.channels * 16)
    let bits: Double =
      switch output.container {
      case .wav: raw
      case .flac: raw * 0.6
      default: Double(options.bitrate * 1000)
      }
    return OutputWork(
      encodes: [codec], bitsPerSecond: bits,
      cost: 1 / Speed.sound + Double(people.count) / Speed.voice,
      decoding: Double(people.count) / Speed.voice, memory: Int64(16 + people.count) << 20)
  }

  private func taking(_ work: SnapshotWork, _ people: [Participant], _ output: Output)
    -> OutputWork
  {
    let seconds = max(1, output.stretch.duration.seconds)
    var (pixels, count) = (0.0, 0.0)
    for series in work.series {
      let person = people.first { $0.uid == series.uid }
      let canvas = work.options.canvas(for: person?.size ?? PixelSize(width: 640, height: 360))
      pixels += Double(series.pictures.count) * canvas.pixels
      count += Double(series.pictures.count)
    }
    // About two bits a pixel; and to show a moment, some pictures before it are decoded.
    return OutputWork(
      encodes: ["mjpeg"], bitsPerSecond: pixels * 2 / seconds,
      cost: (pixels / Speed.encoding("mjpeg") + pixels * 15 / Speed.decoding + count * 0.002)
        / seconds, memory: 64 << 20)
  }

  private func animating(_ options: VideoOptions, _ people: [Participant]) -> OutputWork {
    let size = people.first?.size ?? PixelSize(width: 640, height: 360)
    let canvas = options.canvas(for: [(size, MediaTime(milliseconds: 1))])
    let rate = min(25, options.fps ?? 25)
    // Every picture is decoded twice, and needs some three bits a pixel.
    return OutputWork(
      encodes: ["gif"], bitsPerSecond: canvas.pixels * rate * 3,
      cost: rate * (canvas.pixels / Speed.encoding("gif") + 2 * size.pixels / Speed.decoding),
      memory: 64 << 20)
  }

  private func transcoding(
    _ options: TranscodeOptions, _ people: [Participant], _ output: Output
  ) -> OutputWork {
    var work = OutputWork(bitsPerSecond: 0)
    var share = 0.0
    for person in people {
      if let audio = person.audio {
        switch options.choice(forAudio: audio, over: output.stretch, in: output.container) {
        case .copy:
          work.copies = true
          share += 0.1
        case .encode(let codec, _):
          work.add(
            codec, bits: Double((options.audio.bitrate ?? 96) * 1000), cost: 2 / Speed.sound)
        }
      }
      guard let video = person.video else { continue }
      switch options.choice(
        forVideo: video, of: session, over: output.stretch, in: output.container)
      {
      case .copy where video.isTurnedByContainer:
        work.addPictures(output.container.usualVideoCodec, of: person.size, options.video)
      case .copy:
        work.copies = true
        share += 0.9
        let isWhole = output.stretch.start <= video.start && video.end <= output.stretch.end
        if !isWhole || session.looks(of: video, in: output.stretch).count > 1 {
          // Stretches that look otherwise, and groups of pictures that are cut.
          work.encodes += video.formats.prefix(1).map(\.codec)
        }
      case .encode(let codec, _):
        work.addPictures(codec, of: person.size, options.video)
      }
    }
    work.share = share
    return work
  }
}

extension OutputWork {
  fileprivate mutating func addPictures(
    _ codec: String, of size: PixelSize?, _ options: VideoOptions
  ) {
    let size = size ?? PixelSize(width: 640, height: 360)
    let canvas = PixelSize(
      width: options.width ?? size.width, height: options.height ?? size.height)
    let rate = options.fps ?? 25
    add(
      codec,
      // A tenth of a bit for a pixel is what constant quality takes of people who talk.
      bits: options.bitrate.map { Double($0 * 1000) } ?? canvas.pixels * rate * 0.1,
      cost: rate
        * (canvas.pixels / (Speed.encoding(codec) * Speed.factor(options.preset ?? .medium))
          + size.pixels / Speed.decoding))
    decoding = rate * size.pixels / Speed.decoding
    // Pictures that encoders look at before they write one.
    memory += Int64(canvas.pixels * 1.5 * 60)
  }

  fileprivate mutating func add(_ codec: String, bits: Double, cost: Double) {
    if !encodes.contains(codec) { encodes.append(codec) }
    bitsPerSecond = (bitsPerSecond ?? 0) + bits
    self.cost += cost
  }
}

extension Participant {
  /// The size of the largest pictures; nil where nobody knows.
  fileprivate var size: PixelSize? {
    let sizes = (video?.formats ?? []).compactMap { format -> PixelSize? in
      guard let width = format.width, let height = format.height else { return nil }
      return PixelSize(width: width, height: height)
    }
    return sizes.max { $0.pixels < $1.pixels }
  }
}

extension PixelSize {
  fileprivate var pixels: Double { Double(width) * Double(height) }
}
