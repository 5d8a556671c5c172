import Slices

/// The paths of the slices of sessions, in little memory: a day of many people has hundreds of
/// thousands.
struct PathSet {
  private let sessions: [Session]
  private let folder: String
  /// Of the paths: most that are asked for have none of them.
  private let hashes: Set<Int>

  /// `folder`: where relative paths begin.
  init(of sessions: [Session], in folder: String) {
    self.sessions = sessions
    self.folder = folder
    hashes = Set(Self.paths(of: sessions, in: folder).map(\.hashValue))
  }

  func contains(_ path: String) -> Bool {
    hashes.contains(path.hashValue)
      && Self.paths(of: sessions, in: folder).contains(path)
  }

  private static func paths(of sessions: [Session], in folder: String) -> some Sequence<String> {
    sessions.lazy.flatMap(\.slices).map { absolute($0.slice.resource.path, in: folder) }
  }
}
