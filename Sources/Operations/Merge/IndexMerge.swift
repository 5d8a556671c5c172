import Basics
import Plan
import Posix
import Slices

/// Writes a new index over slices that exist; no media is read, and gaps stay gaps.
///
/// An M3U8 of several tracks names one of each track, which lies beside it.
func mergeIndex(
  _ session: Session, _ options: MergeOptions, _ output: Output, _ context: OperationContext
) throws(Failure) -> OutputReport {
  let sources = output.sources(of: session, options.tracks)
  let tracks = sources.map {
    ListedTrack($0.track, of: session, uid: $0.uid, in: output)
  }
  guard tracks.contains(where: { !$0.slices.isEmpty }) else {
    throw Failure(output.path, cannot: "merge", "none of its slices can be listed", .data)
  }
  func write(_ text: String, to path: String) throws(Failure) {
    try context.file(path) { unfinished throws(Failure) in
      try writeFile(unfinished, Array(text.utf8))
    }
  }
  if output.container == .mpd {
    try write(presentation(of: tracks, from: output.stretch.start).text, to: output.path)
  } else if let only = tracks.first, tracks.count == 1 {
    try write(only.playlist.text, to: output.path)
  } else {
    let paths = output.lists(of: sources)
    for (track, path) in zip(tracks, paths) { try write(track.playlist.text, to: path) }
    try write(multivariant(tracks, paths.map { splitPath($0).name }).text, to: output.path)
  }
  return OutputReport(
    duration: output.stretch.duration, tracks: tracks.map(\.report), copied: [output.stretch],
    losses: [])
}

/// One track as an index lists it.
private struct ListedTrack {
  let uid: String
  let kind: TrackKind
  let slices: [PlacedSlice]
  /// Whether each slice goes on where the one before ended, in one count of timestamps.
  let continues: [Bool]
  let report: OutputReport.Track
  private let session: Session
  private let rotations: [Rotation]
  private let folder: String

  init(_ track: Track, of session: Session, uid: String, in output: Output) {
    self.uid = uid
    kind = track.kind
    self.session = session
    rotations = track.rotations
    folder = splitPath(output.path).folder
    // Of slices that overlap, most of one is shown elsewhere; an index cannot cut it.
    let slices = track.slices.filter { placed in
      let extent = placed.extent
      return extent.start < output.stretch.end && output.stretch.start < extent.end
        && extent.duration.seconds * 2 > placed.slice.duration.seconds
    }
    self.slices = slices
    continues = slices.indices.map { index in
      guard index > 0 else { return true }
      let (last, next) = (slices[index - 1].slice, slices[index].slice)
      let pause = next.first - (last.first + last.duration)
      return last.format == next.format && abs(pause.seconds) <= 0.1
    }
    report = OutputReport.Track(
      uid: uid, kind: kind, codec: slices.first?.slice.format.codec ?? "", start: track.start,
      gaps: track.gaps, driftPpm: track.driftPpm)
  }

  func reference(_ resource: MediaResource) -> IndexReference {
    IndexReference(
      uri: relativePath(absolutePath(resource.path), to: folder), bytes: resource.bytes)
  }

  /// In bits per second, by the largest slice.
  var bandwidth: Int {
    slices.map { placed in
      let bytes = placed.slice.resource.bytes.map { $0.upperBound - $0.lowerBound }
      let size = Double(bytes ?? fileSize(placed.slice.resource.path) ?? 0)
      return Int(size * 8 / max(0.1, placed.slice.duration.seconds))
    }.max() ?? 0
  }

  func tags(of placed: PlacedSlice) -> [RotationTag] {
    guard let width = placed.slice.format.width, let height = placed.slice.format.height else {
      return []
    }
    let begin = session.start + placed.start
    let isFirst = placed == slices.first
    return rotations.filter {
      let offset = $0.time - begin
      return (isFirst || offset >= .zero - MediaTime(milliseconds: 100))
        && offset < placed.slice.duration - MediaTime(milliseconds: 100)
    }.map { RotationTag(width: width, height: height, degrees: $0.degrees, time: $0.time) }
  }

  var playlist: MediaPlaylist {
    MediaPlaylist(
      entries: slices.indices.map { index in
        let placed = slices[index]
        return MediaPlaylist.Entry(
          media: reference(placed.slice.resource), duration: placed.slice.duration,
          isDiscontinuous: !continues[index], utc: session.start + placed.start,
          map: placed.slice.initialization.map(reference), rotations: tags(of: placed))
      }, type: "VOD")
  }
}

private func multivariant(_ tracks: [ListedTrack], _ names: [String]) -> MultivariantPlaylist {
  let listed = Array(zip(tracks, names))
  let audio = listed.filter { $0.0.kind == .audio }
  let video = listed.filter { $0.0.kind == .video }
  let sound = audio.map(\.0.bandwidth).max() ?? 0
  return MultivariantPlaylist(
    renditions: (video.isEmpty ? audio.dropFirst() : audio[...]).enumerated().map { index, track in
      .init(
        type: "AUDIO", group: "audio", name: track.0.uid, isDefault: index == 0, uri: track.1)
    },
    variants: (video.isEmpty ? audio : video).map { track, name in
      .init(
        uri: name, bandwidth: track.bandwidth + (video.isEmpty ? 0 : sound),
        width: track.slices.first?.slice.format.width,
        height: track.slices.first?.slice.format.height,
        audioGroup: audio.isEmpty || video.isEmpty ? nil : "audio")
    })
}

/// A period ends where the timestamps or parameters of a track break.
private func presentation(of tracks: [ListedTrack], from zero: MediaTime) -> MPD {
  let breaks = tracks.flatMap { track in
    track.slices.indices.filter { !track.continues[$0] }.map { track.slices[$0].start }
  }
  var begins = [zero]
  for position in Set(breaks).sorted()
  where position - (begins.last ?? zero) > ListedTrack.samePeriod { begins.append(position) }
  let representations = tracks.enumerated().flatMap { set, track in
    let periods = track.slices.indices.map { track.period(of: $0, in: begins) }
    return begins.indices.compactMap { period in
      track.representation(
        of: track.slices.indices.filter { periods[$0] == period }.map { track.slices[$0] },
        period: period, set: set, from: begins[period], zero: zero)
    }
  }
  return MPD(representations: representations)
}

extension ListedTrack {
  /// Both tracks of a user break together, but not in the same instant.
  fileprivate static let samePeriod = MediaTime(milliseconds: 500)

  fileprivate func period(of index: Int, in begins: [MediaTime]) -> Int {
    let start = slices[index].start + (continues[index] ? .zero : Self.samePeriod)
    return begins.lastIndex { $0 <= start } ?? 0
  }

  fileprivate func representation(
    of members: [PlacedSlice], period: Int, set: Int, from begin: MediaTime, zero: MediaTime
  ) -> MPD.Representation? {
    guard let first = members.first else { return nil }
    let format = first.slice.format
    let isTransport = first.slice.resource.path.hasSuffix(".ts")
    let type = isTransport ? "mp2t" : first.slice.initialization == nil ? "webm" : "mp4"
    return MPD.Representation(
      id: "\(kind.rawValue)-\(uid)-\(period)", period: period, periodStart: begin - zero, set: set,
      kind: kind, mimeType: "\(kind.rawValue)/\(type)", codecs: format.codec, width: format.width,
      height: format.height, sampleRate: format.sampleRate, channels: format.channels,
      bandwidth: bandwidth, initialization: first.slice.initialization.map(reference),
      presentationTimeOffset: first.slice.first - (first.start - begin), timescale: 90_000,
      segments: members.map { placed in
        MPD.Segment(
          media: reference(placed.slice.resource),
          start: first.start - zero + (placed.slice.first - first.slice.first),
          duration: placed.slice.duration, utc: session.start + placed.start)
      }, rotations: members.flatMap(tags))
  }
}

/// `path` as it is named from inside `folder`; both are absolute.
func relativePath(_ path: String, to folder: String) -> String {
  let target = path.split(separator: "/")
  let base = folder.split(separator: "/")
  let common = zip(target, base).prefix { $0 == $1 }.count
  return
    ([Substring](repeating: "..", count: base.count - common) + target.dropFirst(common))
    .joined(separator: "/")
}
