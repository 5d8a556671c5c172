import Posix
import Slices

/// The files that sessions are made of, which no output may replace, wherever links lead.
final class InputFiles: Sendable {
  private let sessions: [Session]
  /// Nil until somebody asks for a file that is there: few do, and a day has very many inputs.
  private let identities = Monitor<Set<FileIdentity>?>(nil)

  init(of sessions: some Sequence<Session>) { self.sessions = Array(Set(sessions)) }

  func contains(_ path: String) -> Bool {
    guard let identity = FileIdentity(of: path) else { return false }
    let isKnown = identities.with { known in
      let all = known ?? Set(paths.compactMap { FileIdentity(of: $0) })
      known = all
      return all.contains(identity)
    }
    // Another name of the same file may well be replaced.
    guard isKnown else { return false }
    let resolved = resolvedPath(path)
    return paths.contains { resolvedPath($0) == resolved }
  }

  private var paths: some Sequence<String> {
    sessions.lazy.flatMap(\.slices).map(\.slice.resource.path)
  }
}
