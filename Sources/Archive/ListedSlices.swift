import Basics
import Posix
import Slices

/// One slice as an index lists it.
struct ListedSlice {
  var media: IndexReference
  var initialization: IndexReference?
  /// Nil when nobody says.
  var duration: MediaTime?
  var utc: UTCTime?
  /// The UTC of the slice's timestamp zero: of a presentation, whose periods say it.
  var origin: UTCTime?
  /// Nil when only the media tells: a slice may hold both.
  var kind: TrackKind?
  var isDiscontinuous = false
  var isGap = false
  var isEncrypted = false
  var rotations: [Rotation] = []
  /// What is odd in its being here.
  var remark: String?

  init(_ entry: MediaPlaylist.Entry) {
    let name = SliceName(parsing: splitPath(entry.media.uri).name)
    media = entry.media
    kind = name?.content?.kind
    initialization = entry.map
    duration = entry.duration > .zero ? entry.duration : nil
    utc = name?.utc ?? entry.utc
    isDiscontinuous = entry.isDiscontinuous || !entry.starts.isEmpty
    isGap = entry.isGap
    isEncrypted = entry.isEncrypted
    rotations = entry.rotations.map(\.rotation)
  }

  init(_ segment: MPD.Segment, of representation: MPD.Representation) {
    media = segment.media
    initialization = representation.initialization
    duration = segment.duration
    utc = segment.utc
    kind = representation.kind
    isDiscontinuous = segment.isDiscontinuous
  }

  var fileName: String { splitPath(media.uri).name }

  /// A file by itself.
  init(path: String) { media = IndexReference(uri: path) }

  /// A slice that no index lists.
  init(_ name: SliceName, kind: TrackKind?, remark: String) {
    media = IndexReference(uri: name.text)
    utc = name.utc
    self.kind = kind
    self.remark = remark
  }
}

extension Finding {
  /// Reads the slices that an index in `folder` lists.
  ///
  /// `wanted` is the only kind of track that counts, where not all do.
  mutating func read(
    _ entries: [ListedSlice], uid: String, in folder: String, only wanted: TrackKind? = nil
  ) {
    var found: [TrackKind: FoundTrack] = [:]
    for kind in TrackKind.allCases {
      found[kind] = FoundTrack(uid: uid, kind: kind, slices: [])
    }
    var kinds: [TrackKind]?
    var latest: [TrackKind?: UTCTime] = [:]
    for entry in entries {
      let turned = entry.kind ?? .video
      found[turned]?.rotations += entry.rotations
      guard let source = locate(entry, in: folder) else { continue }
      let path = source.resource.path
      if let utc = entry.utc {
        if let latest = latest[entry.kind], utc < latest, entry.remark == nil {
          note(path, "out of order: it is listed after a later slice", isLoss: false)
        }
        latest[entry.kind] = max(latest[entry.kind] ?? utc, utc)
      }
      if entry.isDiscontinuous { kinds = nil }
      do throws(Failure) {
        var all = entry.kind.map { [$0] } ?? kinds ?? []
        if all.isEmpty { all = try prober.kinds(of: source) }
        guard !all.isEmpty else { throw Failure(path, cannot: "read", "it holds no media", .data) }
        kinds = entry.kind == nil ? all : nil
        for slice in try slices(of: entry, source, all.filter { wanted ?? $0 == $0 }) {
          found[slice.kind]?.slices.append(pool.pooled(slice.slice))
        }
        if let remark = entry.remark { note(path, remark, isLoss: false) }
      } catch {
        kinds = nil
        note(path, "unreadable: \(error.reason)")
      }
    }
    for kind in TrackKind.allCases { if let track = found[kind] { add(track) } }
  }

  /// The tracks of one slice.
  ///
  /// - Throws: when it has none that can be read.
  mutating func slices(of entry: ListedSlice, _ source: Slice.Source, _ kinds: [TrackKind])
    throws(Failure) -> [(kind: TrackKind, slice: Slice)]
  {
    var slices: [(kind: TrackKind, slice: Slice)] = []
    var failure: Failure?
    for kind in kinds {
      do throws(Failure) {
        let facts = try prober.facts(source, kind: kind, listed: entry.duration)
        if let remark = facts.remark { note(source.resource.path, remark, isLoss: facts.isLoss) }
        slices.append((kind, facts.slice))
      } catch {
        failure = error
      }
    }
    if let failure {
      guard !slices.isEmpty else { throw failure }
      note(source.resource.path, failure.reason)
    }
    // What is said of a slice with two tracks is said of the one that starts first.
    let earliest = slices.map(\.slice.first).min() ?? .zero
    for index in slices.indices {
      let first = slices[index].slice.first
      slices[index].slice.utc =
        entry.origin.map { $0 + first } ?? entry.utc.map { $0 + (first - earliest) }
      slices[index].slice.isDiscontinuous = entry.isDiscontinuous
    }
    return slices
  }

  /// The bytes that an entry means; nil, and a problem, when they are not to be had.
  private mutating func locate(_ entry: ListedSlice, in folder: String) -> Slice.Source? {
    if entry.isGap {
      note(joinPath(folder, entry.media.uri), "absent: its index says so", isLoss: false)
      return nil
    }
    if entry.isEncrypted {
      note(joinPath(folder, entry.media.uri), "encrypted")
      return nil
    }
    do throws(Failure) {
      var source = Slice.Source(try file(of: entry.media, in: folder))
      if let map = entry.initialization {
        source.initialization = try file(of: map, in: folder)
      }
      return source
    } catch {
      note(error.subject, error.reason)
      return nil
    }
  }
}

/// The file that a reference of an index in `folder` means.
///
/// It is a plain file on this machine: no address is fetched, no device read. An absolute path is
/// taken as it is; a relative one may climb to the folder above the index's, where some recorders
/// keep what several indexes share, but no higher.
func file(of reference: IndexReference, in folder: String) throws(Failure) -> MediaResource {
  guard !reference.isRemote else {
    throw Failure(reference.uri, cannot: "read", "a remote address, which is not fetched", .data)
  }
  let above = splitPath(folder).folder
  var first: String?
  for candidate in reference.paths(in: folder) {
    let isPlain = !zip(candidate.utf8, candidate.utf8.dropFirst()).contains {
      $0 == UInt8(ascii: ".") && $1 == UInt8(ascii: ".")
    }
    let path = isPlain ? candidate : absolutePath(candidate)
    let isBelow = above == "/" || path.hasPrefix(above + "/")
    guard isPlain || isBelow else {
      throw Failure(candidate, cannot: "read", "outside of what the index may name", .data)
    }
    first = first ?? path
    guard let size = regularFileSize(path) else { continue }
    guard size > 0 else { throw Failure(path, cannot: "read", "empty", .data) }
    if let bytes = reference.bytes, bytes.lowerBound >= size {
      throw Failure(path, cannot: "read", "truncated: its bytes \(bytes) are not there", .data)
    }
    return MediaResource(path: path, bytes: reference.bytes)
  }
  throw Failure(first ?? joinPath(folder, reference.uri), cannot: "read", "missing", .data)
}
