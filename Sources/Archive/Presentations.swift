import Basics
import Posix
import Slices

/// What an index file is.
enum IndexContent {
  case media(MediaPlaylist)
  case multivariant(MultivariantPlaylist)
  case presentation(MPD)
}

extension Finding {
  /// Parses an index; nil, and a problem, when it cannot be read.
  mutating func readIndexFile(_ path: String) -> IndexContent? {
    let text: String
    do throws(Failure) {
      text = String(decoding: try readFile(path, limit: 1 << 27), as: UTF8.self)
    } catch {
      note(path, error.reason)
      return nil
    }
    let content: IndexContent?
    let problems: [IndexProblem]
    if pathExtension(path) == "mpd" {
      let parsed = MPD.parse(text)
      (content, problems) = (parsed.mpd.map { .presentation($0) }, parsed.problems)
    } else {
      let parsed = Playlist.parse(text)
      problems = parsed.problems
      switch parsed.playlist {
      case .media(let playlist): content = .media(playlist)
      case .multivariant(let playlist): content = .multivariant(playlist)
      case nil: content = nil
      }
    }
    for problem in problems {
      let line = problem.line.map { "line \($0): " } ?? ""
      note(path, line + problem.message, isLoss: content == nil)
    }
    return content
  }

  /// Reads an HLS or DASH presentation of local files as one participant.
  ///
  /// - Returns: the files that it is made of, those of alternatives that were not taken too.
  mutating func readIndex(_ path: String, uid: String) throws(Failure) -> Set<String> {
    let folder = splitPath(path).folder
    switch readIndexFile(path) {
    case .media(let playlist):
      let entries = playlist.entries.map { ListedSlice($0) }
      read(entries, uid: uid, in: folder)
      return files(of: entries, in: folder)
    case .multivariant(let playlist):
      return readVariants(playlist, uid: uid, in: folder)
    case .presentation(let mpd):
      let start = mpd.availabilityStart ?? UTCTime(milliseconds: 0)
      read(mpd.slices(at: start), uid: uid, in: folder)
      return files(of: mpd.representations.flatMap { $0.slices(at: nil) }, in: folder)
    case nil: return []
    }
  }

  /// The best variant, with the audio that belongs to it.
  private mutating func readVariants(
    _ playlist: MultivariantPlaylist, uid: String, in folder: String
  ) -> Set<String> {
    let best = playlist.variants.max { a, b in
      (a.bandwidth, (a.width ?? 0) * (a.height ?? 0))
        < (b.bandwidth, (b.width ?? 0) * (b.height ?? 0))
    }
    let group = best.map(\.audioGroup) ?? playlist.renditions.first { $0.type == "AUDIO" }?.group
    let voices = playlist.renditions.filter {
      $0.type == "AUDIO" && $0.group == group && $0.uri != nil
    }
    let voice = voices.first(where: \.isDefault) ?? voices.first
    var used: Set<String> = []
    let all = playlist.variants.map(\.uri) + playlist.renditions.compactMap(\.uri)
    for uri in Set(all).sorted() {
      guard let path = try? file(of: IndexReference(uri: uri), in: folder).path else {
        if uri == best?.uri || uri == voice?.uri { note(joinPath(folder, uri), "missing") }
        continue
      }
      used.insert(path)
      guard case .media(let media) = readIndexFile(path) else { continue }
      let (folder, _) = splitPath(path)
      let entries = media.entries.map { ListedSlice($0) }
      used.formUnion(files(of: entries, in: folder))
      if uri == best?.uri {
        read(entries, uid: uid, in: folder, only: voice == nil || voice?.uri == uri ? nil : .video)
      } else if uri == voice?.uri {
        read(entries, uid: uid, in: folder, only: .audio)
      }
    }
    return used
  }

  private func files(of entries: [ListedSlice], in folder: String) -> Set<String> {
    var files: Set<String> = []
    for entry in entries {
      for reference in [entry.media, entry.initialization].compactMap({ $0 }) {
        if let path = try? file(of: reference, in: folder).path { files.insert(absolutePath(path)) }
      }
    }
    return files
  }

  /// Reads a folder that no recording service wrote: each presentation is a participant, or else
  /// each media file.
  mutating func readPresentations(in folder: String, _ names: [String]) {
    let indexes = names.filter { indexEndings.contains(pathExtension($0)) }
      .map { joinPath(folder, $0) }
    var listed: Set<String> = []
    // What lists others comes before what is listed.
    let ranked = indexes.map { (path: $0, rank: rank(of: $0)) }.sorted {
      ($0.rank, $0.path) < ($1.rank, $1.path)
    }
    for (path, rank) in ranked where !listed.contains(path) {
      // The same slices, listed once for HLS and once for DASH.
      if rank > 0, !listed.isEmpty, isCovered(path, by: listed) { continue }
      if let files = try? readIndex(path, uid: baseName(splitPath(path).name)) {
        listed.formUnion(files)
      }
    }
    let media = names.filter { mediaEndings.contains(pathExtension($0)) }
      .map { joinPath(folder, $0) }.filter { !listed.contains($0) }
    guard listed.isEmpty else {
      for path in media { note(path, "left out: no index lists it", isLoss: false) }
      return
    }
    readLoose(media)
  }

  private func rank(of path: String) -> Int {
    var quiet = self
    return switch quiet.readIndexFile(path) {
    case .multivariant: 0
    case .presentation: 1
    case .media, nil: 2
    }
  }

  private func isCovered(_ path: String, by listed: Set<String>) -> Bool {
    var quiet = self
    let folder = splitPath(path).folder
    let entries: [ListedSlice]
    switch quiet.readIndexFile(path) {
    case .media(let playlist): entries = playlist.entries.map { ListedSlice($0) }
    case .presentation(let mpd): entries = mpd.representations.flatMap { $0.slices(at: nil) }
    default: return false
    }
    let files = files(of: entries, in: folder)
    return !files.isEmpty && files.isSubset(of: listed)
  }
}

extension MPD {
  /// The slices of the best representation of each track, in the order of time.
  ///
  /// Representations of one set that follow each other, as when parameters change, all belong to
  /// it; of those that cover the same time, the best is taken.
  ///
  /// `start` is the UTC of the presentation's start; nil leaves slices without it.
  func slices(at start: UTCTime?) -> [ListedSlice] {
    var entries: [ListedSlice] = []
    for period in Set(representations.map(\.period)).sorted() {
      for kind in [TrackKind.audio, .video, nil] {
        let members = representations.filter {
          $0.period == period && $0.kind == kind && !$0.segments.isEmpty && $0.isMedia
        }
        guard let set = members.map(\.set).min() else { continue }
        var taken: [Representation] = []
        for candidate in members.filter({ $0.set == set }).sorted(by: { $0.isBetter(than: $1) })
        where taken.allSatisfy({ !$0.overlaps(candidate) }) { taken.append(candidate) }
        taken.sort { ($0.segments[0].start, $0.id) < ($1.segments[0].start, $1.id) }
        entries += taken.flatMap { $0.slices(at: start) }
      }
    }
    return entries
  }
}

extension MPD.Representation {
  /// No subtitles or other texts.
  fileprivate var isMedia: Bool {
    kind != nil || !["text", "application", "image"].contains { mimeType.hasPrefix($0) }
  }

  fileprivate func isBetter(than other: Self) -> Bool {
    let a = (bandwidth, (width ?? 0) * (height ?? 0))
    let b = (other.bandwidth, (other.width ?? 0) * (other.height ?? 0))
    return a == b ? id < other.id : a > b
  }

  /// Whether both cover the same time, by more than what a segment's length may be rounded.
  fileprivate func overlaps(_ other: Self) -> Bool {
    let rounding = MediaTime(milliseconds: 500)
    return start < other.end - rounding && other.start < end - rounding || start == other.start
  }

  private var start: MediaTime { segments.map(\.start).min() ?? .zero }
  private var end: MediaTime {
    segments.map { $0.start + ($0.duration ?? .zero) }.max() ?? .zero
  }

  /// Where a segment lies is told by its timestamps: the one at `presentationTimeOffset` lies at
  /// the period's start (ISO 23009-1 §5.3.9.6).
  func slices(at start: UTCTime?) -> [ListedSlice] {
    var slices = segments.map { ListedSlice($0, of: self) }
    for index in slices.indices {
      if let start, slices[index].utc == nil {
        slices[index].origin = start + (periodStart - presentationTimeOffset)
      }
      if index == 0 { slices[index].rotations = rotations.map(\.rotation) }
    }
    return slices
  }
}
