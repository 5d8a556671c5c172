package import Basics
import Media
import Posix
package import Slices

/// Measures slices by their media.
package enum SliceProbe {
  /// One slice.
  ///
  /// `listed` is the length that an index gives; it is believed if the slice's first and last bytes
  /// agree. Without it, or if they do not, the slice is read whole.
  package static func slice(
    _ resource: MediaResource, kind: TrackKind, utc: UTCTime?, listed: MediaTime? = nil
  ) throws(Failure) -> Slice {
    var prober = Prober()
    var slice = try prober.facts(Slice.Source(resource), kind: kind, listed: listed).slice
    slice.utc = utc
    return slice
  }
}

extension Slice {
  /// The bytes that a slice is made of.
  struct Source: Hashable {
    var resource: MediaResource
    var initialization: MediaResource?

    init(_ resource: MediaResource, initialization: MediaResource? = nil) {
      self.resource = resource
      self.initialization = initialization
    }

    var input: MediaInput {
      MediaInput(
        [initialization, resource].compactMap { $0 }.map { .init(path: $0.path, bytes: $0.bytes) })
    }
  }

  var source: Source { Source(resource, initialization: initialization) }
}

/// Measures the slices of an archive; what one has in common with those before is read once.
struct Prober {
  struct Facts {
    /// Without a UTC and marks of an index.
    var slice: Slice
    /// What its index says wrongly of it, or what is wrong with it.
    var remark: String?
    /// Whether media is lost by it.
    var isLoss = false
  }

  private struct Question: Hashable {
    var source: Slice.Source
    var kind: TrackKind
    var listed: MediaTime?
  }

  private struct Look: Hashable {
    var ending: String
    var signature: [UInt8]
  }

  private var answers: [Question: Facts] = [:]
  /// Lists that name slices twice name them near each other.
  private static let mostAnswers = 1024
  private var known = KnownStreams()
  private var formats: [Look: Format] = [:]
  private var kinds: [MediaResource: [TrackKind]] = [:]

  /// The facts of one track of a slice.
  ///
  /// - Throws: when nothing of the kind can be read from it.
  mutating func facts(_ source: Slice.Source, kind: TrackKind, listed: MediaTime?)
    throws(Failure) -> Facts
  {
    let question = Question(source: source, kind: kind, listed: listed)
    if let facts = answers[question] { return facts }
    let quick = try quickFacts(question)
    var facts = if let quick { quick } else { try measured(question) }
    facts.slice.size =
      source.resource.bytes.map { $0.upperBound - $0.lowerBound }
      ?? fileSize(source.resource.path) ?? 0
    if answers.count >= Self.mostAnswers { answers = [:] }
    answers[question] = facts
    return facts
  }

  /// The kinds of tracks that a slice has, by those of its initialization section where it has one.
  mutating func kinds(of source: Slice.Source) throws(Failure) -> [TrackKind] {
    let key = source.initialization ?? source.resource
    if let found = kinds[key] { return found }
    let found = try SliceReader.contents(of: source).kinds
    if kinds.count >= Self.mostAnswers { kinds = [:] }
    kinds[key] = found
    return found
  }

  private mutating func quickFacts(_ question: Question) throws(Failure) -> Facts? {
    let source = question.source
    guard let listed = question.listed, source.initialization == nil, source.resource.bytes == nil,
      let head = try SliceHead.read(source.resource.path, kind: question.kind),
      head.first.isSane, let length = head.length(listed: listed, kind: question.kind)
    else { return nil }
    let look = Look(
      ending: pathExtension(source.resource.path), signature: head.signature)
    var format = formats[look]
    if format == nil {
      format = try SliceReader.open(source, kind: question.kind, known: &known)
        .stream(question.kind).format
      formats[look] = format
    }
    guard let format else { return nil }
    return Facts(
      slice: Slice(
        resource: source.resource, utc: nil, first: head.first, duration: length, format: format,
        startsWithKeyFrame: head.startsWithKeyFrame))
  }

  private mutating func measured(_ question: Question) throws(Failure) -> Facts {
    let source = question.source
    let path = source.resource.path
    var reader = try SliceReader.open(source, kind: question.kind, known: &known)
    let stream = try reader.stream(question.kind)
    var measure = Measure(kind: question.kind)
    var parser = question.kind == .video ? FrameParser(for: stream.parameters) : nil
    var formats = [FormatChange(time: .zero, format: stream.format)]
    var hasKey = false
    var packet = Packet()
    var failure: String?
    do throws(Failure) {
      while try reader.read(into: &packet) {
        measure.take(packet, stream)
        guard packet.isKey, let time = stream.time(of: packet), time.isSane else { continue }
        if let new = parser?.parse(packet).size(of: formats[formats.count - 1].format) {
          // What the first picture tells corrects its container.
          if !hasKey { formats = [] }
          formats.append(FormatChange(time: time, format: new))
        }
        hasKey = true
      }
    } catch {
      failure = error.reason
    }
    guard let first = measure.first else {
      throw Failure(path, cannot: "read", failure ?? "it holds no \(question.kind.rawValue)", .data)
    }
    let length = measure.length
    var facts = Facts(
      slice: Slice(
        resource: source.resource, initialization: source.initialization, utc: nil, first: first,
        duration: length, format: formats[0].format,
        changes: Array(formats.dropFirst()),
        startsWithKeyFrame: question.kind == .audio || measure.isKeyed))
    let tolerance = MediaTime(milliseconds: 100)
    let head = try? SliceHead.read(path, kind: question.kind)
    let isCut = failure != nil || source.resource.bytes == nil && head?.isTruncated == true
    if let listed = question.listed, listed > .zero {
      if length < listed - tolerance {
        facts.remark = "truncated: \(length) s of \(listed) s are there"
        facts.isLoss = true
      } else if length > listed + tolerance {
        facts.remark = "its index says \(listed) s, it lasts \(length) s"
      }
    }
    if isCut, facts.remark == nil {
      facts.remark = "truncated: \(length) s are there"
      facts.isLoss = true
    }
    return facts
  }
}

extension FrameFacts {
  /// `format` at the size that a picture tells; nil where it tells none, or the same.
  func size(of format: Format) -> Format? {
    guard let width, let height, (format.width, format.height) != (width, height) else {
      return nil
    }
    var format = format
    (format.width, format.height) = (width, height)
    return format
  }
}

/// What the packets of one stream say together.
private struct Measure {
  let kind: TrackKind
  private(set) var first: MediaTime?
  private(set) var isKeyed = false
  private var end = MediaTime.zero
  private var last = MediaTime.zero
  private var steps = Steps()
  private var isEmpty = true
  private var jump: (time: MediaTime, end: MediaTime)?
  /// Where sound that comes without a time goes on.
  private var following: MediaTime?

  init(kind: TrackKind) { self.kind = kind }

  mutating func take(_ packet: borrowing Packet, _ stream: MediaStream) {
    guard let time = stream.time(of: packet) ?? following, time.isSane else { return }
    if isEmpty { isKeyed = packet.isKey }
    isEmpty = false
    following = kind == .audio ? stream.end(of: packet, at: time) : nil
    let end = stream.end(of: packet, at: time) ?? time
    // A damaged timestamp stands alone; a clock that jumps goes on from where it jumped to.
    if first != nil, distance(time, last) > Self.longestPause {
      guard let jump, distance(time, jump.time) <= Self.longestPause else {
        jump = (time, end)
        return
      }
      note(jump.time, jump.end)
    }
    jump = nil
    note(time, end)
  }

  private static let longestPause = MediaTime(milliseconds: 30_000)

  private func distance(_ a: MediaTime, _ b: MediaTime) -> MediaTime { a < b ? b - a : a - b }

  private mutating func note(_ time: MediaTime, _ end: MediaTime) {
    steps.add(time)
    self.end = first == nil ? end : max(self.end, end)
    first = min(first ?? time, time)
    last = time
  }

  /// From the first sample to the end of the last, or to the last picture and the usual interval.
  var length: MediaTime {
    guard let first else { return .zero }
    if kind == .audio { return max(.zero, end - first) }
    return steps.last - first + (steps.usual ?? max(.zero, end - steps.last))
  }
}

/// The steps between pictures, which may come out of order.
private struct Steps {
  /// The latest times, of which the earlier cannot be followed by one between them.
  private var recent: [MediaTime] = []
  private var counts: [Int64: Int] = [:]
  private(set) var last = MediaTime(flicks: .min)

  mutating func add(_ time: MediaTime) {
    last = max(last, time)
    recent.insert(time, at: recent.firstIndex { $0 > time } ?? recent.endIndex)
    guard recent.count > 20 else { return }
    note(recent[1] - recent[0])
    recent.removeFirst()
  }

  private mutating func note(_ step: MediaTime) {
    guard step > .zero, counts.count < 4096 || counts[step.flicks] != nil else { return }
    counts[step.flicks, default: 0] += 1
  }

  /// Their median.
  var usual: MediaTime? {
    var all = self
    for (a, b) in zip(recent, recent.dropFirst()) { all.note(b - a) }
    let total = all.counts.values.reduce(0, +)
    var seen = 0
    for (step, count) in all.counts.sorted(by: { $0.key < $1.key }) {
      seen += count
      if seen * 2 > total { return MediaTime(flicks: step) }
    }
    return nil
  }
}

extension MediaTime {
  /// Whether it can be a timestamp: Unix time can, and is far from where sums saturate.
  var isSane: Bool { abs(seconds) < 5e9 }
}
