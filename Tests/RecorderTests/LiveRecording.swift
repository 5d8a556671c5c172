import Basics
import Glibc
import Posix
import Slices
import TestSupport
import Testing

/// Everything that runs the program against real senders, one after the other: they measure time.
@Suite(.serialized) struct LiveTests {}

/// The program `rushes record`, running.
final class LiveRecording: Sendable {
  let process: ChildProcess
  let folder: TemporaryFolder

  init(
    _ sources: [(uid: String, url: String)], options: [String] = [], into: String? = nil,
    in folder: TemporaryFolder
  ) throws {
    self.folder = folder
    process = try ChildProcess(
      Products.rushes,
      ["record", "--channel", "room", "-o", into ?? folder.path("archive")]
        + sources.flatMap { ["--source", "\($0.uid)=\($0.url)"] } + options)
  }

  /// The lines that begin with a uid.
  func lines(of uid: String) -> [String] {
    process.standardError.split(separator: "\n").map(String.init)
      .filter { $0.hasPrefix("\(uid): ") }
  }

  /// Waits until every uid has joined.
  func waitForSources(_ uids: [String], seconds: Double = 20) throws {
    for uid in uids { try process.waitForOutput("\(uid): joined", seconds: seconds) }
  }

  /// Ends the recording as Ctrl-C does; it must end well.
  func stop(_ signal: Int32 = SIGINT) throws -> Archived {
    process.send(signal)
    return try ended()
  }

  /// Waits for the recording to end by itself; it must end well.
  func ended(seconds: Double = 30) throws -> Archived {
    let end = try process.wait(seconds: seconds)
    try #require(end.isSuccess, "\(end)\n\(process.standardError)")
    let path = try #require(process.standardOutput.split(separator: "\n").last)
    return try Archived(String(path))
  }
}

/// An archive as its indexes tell it, read without the product's reader of sessions.
struct Archived: Sendable {
  let path: String
  /// By uid and kind.
  let tracks: [String: [TrackKind: MediaPlaylist]]

  init(_ path: String) throws {
    self.path = path
    var tracks: [String: [TrackKind: MediaPlaylist]] = [:]
    for file in try listFolder(path) where file.hasSuffix(".m3u8") {
      let name = try #require(SliceName(parsing: file), "\(file)")
      guard let uid = name.uid, let kind = name.content?.kind else { continue }
      let (playlist, problems) = Playlist.parse(try Files.text("\(path)/\(file)"))
      #expect(problems.isEmpty, "\(file): \(problems)")
      guard case .media(let media) = playlist else {
        Issue.record("\(file) lists no slices")
        continue
      }
      tracks[uid, default: [:]][kind] = media
    }
    self.tracks = tracks
  }

  /// The only archive in a folder, whose recorder may not live any more.
  init(below folder: String) throws {
    let name = try #require(try listFolder(folder).first { $0.count == 32 })
    try self.init("\(folder)/\(name)")
  }

  func slices(_ uid: String, _ kind: TrackKind) -> [String] {
    (tracks[uid]?[kind]?.entries ?? []).map { "\(path)/\($0.media.uri)" }
  }

  /// Every index has UTC times in order and the events of starts, and is ended if it should be.
  func checkIndexes(areEnded: Bool = true) {
    for (uid, kinds) in tracks {
      for (kind, playlist) in kinds {
        #expect(playlist.isEnded == areEnded, "\(uid) \(kind)")
        #expect(!playlist.entries.isEmpty, "\(uid) \(kind)")
        let times = playlist.entries.compactMap(\.utc)
        #expect(times.count == playlist.entries.count, "\(uid) \(kind)")
        #expect(times == times.sorted() && Set(times).count == times.count, "\(uid) \(kind)")
        for entry in playlist.entries {
          #expect(SliceName(parsing: entry.media.uri)?.utc == entry.utc)
        }
        #expect(playlist.entries.first?.starts.map(\.kind) == [kind], "\(uid) \(kind)")
      }
    }
  }

  /// Every indexed slice of a uid is there, decodes alone, and is as long as its index says.
  func checkSlices(of uid: String) throws {
    for (kind, playlist) in tracks[uid] ?? [:] {
      for entry in playlist.entries {
        try checkSlice("\(path)/\(entry.media.uri)", kind, entry.duration.seconds)
      }
    }
  }

  /// The same for every uid.
  func checkSlices() throws {
    for uid in tracks.keys.sorted() { try checkSlices(of: uid) }
  }

  private func checkSlice(_ slice: String, _ kind: TrackKind, _ listed: Double) throws {
    let decoded = try run(
      "ffmpeg", ["-nostdin", "-v", "error", "-i", slice, "-map", "0", "-f", "null", "-"])
    #expect(decoded.end.isSuccess, "\(slice)")
    #expect(decoded.standardError.isEmpty, "\(slice): \(decoded.standardError)")
    let packets = try PacketTimes(kind == .video ? .video : .audio, of: slice)
    #expect(!packets.times.isEmpty, "\(slice)")
    // One frame: a picture at 30 fps is the longest here.
    #expect(abs(packets.length - listed) < 0.036, "\(packets.length) s, not \(listed) s: \(slice)")
  }

  /// The slices hold what was sent, without a hole, and at least this part of it.
  func checkIsAsSent(_ uid: String, _ file: String, atLeast part: Double) throws {
    for kind in [TrackKind.video, .audio] {
      let elementary: Elementary.Kind = kind == .video ? .video : .audio
      let sent = try Elementary(elementary, of: file)
      let kept = try Elementary(elementary, of: slices(uid, kind))
      let difference = kept.difference(from: sent)
      #expect(difference == nil, "\(uid) \(kind): \(difference ?? "")")
      let share = Double(kept.units.count) / Double(sent.units.count)
      #expect(share >= part, "\(uid) \(kind): \(kept.units.count) of \(sent.units.count) units")
    }
  }

  /// Merges each uid into a file of its own; returns the files.
  func merge() throws -> [String: String] {
    let out = "\(path)-merged"
    try output(of: Products.rushes, ["merge", path, "-o", out])
    var files: [String: String] = [:]
    for uid in tracks.keys {
      let names = try listFolder(out).filter {
        $0.contains("__uid_s_\(uid)__") && !$0.hasSuffix(".json")
      }
      #expect(names.count == 1, "\(uid): \(names)")
      files[uid] = names.first.map { "\(out)/\($0)" }
    }
    return files
  }
}

/// A merged file shows at least so many flashes, each with its beep in time.
@discardableResult
func checkSync(_ file: String, atLeast pairs: Int) throws -> Content {
  let content = try Content(file)
  #expect(content.complaints.isEmpty, "\(file): \(content.complaints)")
  #expect(content.offsets.count >= pairs, "\(file): \(content.offsets.count) pairs")
  let offset = try #require(content.largestOffset, "\(file)")
  #expect(offset <= Content.promisedOffset, "\(file): \(offset) s apart")
  return content
}

/// Runs checks that wait for other programs side by side.
func inParallel<Item: Sendable>(
  _ items: [Item], _ body: @escaping @Sendable (Item) throws -> Void
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for item in items { group.addTask { try body(item) } }
    try await group.waitForAll()
  }
}
