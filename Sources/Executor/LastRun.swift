package import Basics
import Media
package import Plan
import Posix
import Slices

/// What the last run in an output folder did, so that one that would do the same again need not open
/// archives of many thousand slices to know it.
///
/// It knows only runs without any loss or problem, over archives that are folders of their own.
package struct LastRun: Sendable {
  private static let version = 1
  private let folder: String
  private let key: String

  /// What `asked`, which is everything that was asked for, made of the folders `archives`.
  ///
  /// nil where a look at folders cannot tell whether anything has changed.
  package init?(of asked: String, archives: [String], into folder: String) {
    var digest = SHA256()
    digest.update("\(Self.version)\n\(asked)\n")
    for archive in archives {
      let archive = absolutePath(archive)
      guard isFolder(archive), let names = try? listFolder(archive) else { return nil }
      digest.update("\(archive)\n")
      for name in names {
        let path = joinPath(archive, name)
        digest.update("\(name) \(fileSize(path) ?? 0) \(fileChanged(path) ?? 0)\n")
      }
    }
    self.folder = folder
    key = digest.finish()
  }

  private var path: String { joinPath(joinPath(folder, ".rushes"), "last-run") }

  /// The outputs of the last run, when it was asked the same, and all its files are as it left them.
  package func unchanged() -> [(path: String, duration: MediaTime)]? {
    guard let bytes = try? readFile(path) else { return nil }
    var lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")[...]
    guard lines.popFirst().map(String.init) == key else { return nil }
    var outputs: [(path: String, duration: MediaTime)] = []
    for line in lines {
      // Size, time of the last change, flicks of an output or nothing, and the path.
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count == 4, fileSize(String(parts[3])) == Int64(parts[0]),
        fileChanged(String(parts[3])) == Int64(parts[1])
      else { return nil }
      if let flicks = Int64(parts[2]) {
        outputs.append((String(parts[3]), MediaTime(flicks: flicks)))
      }
    }
    return outputs
  }

  /// Notes a run that has made everything.
  package func note(_ plan: Plan, archives: [String]) {
    let folders = Set(archives.map(absolutePath))
    let isPlain = plan.steps.allSatisfy { step in
      // How many segments there are is known only when they are made.
      step.outputs.allSatisfy { ![.hls, .dash].contains($0.container) }
        && step.session.problems.isEmpty
        && (step.from != nil
          || step.session.slices.allSatisfy {
            folders.contains(splitPath(absolutePath($0.slice.resource.path)).folder)
          })
    }
    guard isPlain else { return }
    var text = key + "\n"
    func add(_ path: String, _ flicks: String) {
      text += "\(fileSize(path) ?? -1) \(fileChanged(path) ?? -1) \(flicks) \(path)\n"
    }
    add(joinPath(folder, "rushes-report.json"), "")
    for output in plan.steps.flatMap(\.outputs) {
      add(output.path, "\(output.stretch.duration.flicks)")
      for other in output.others { add(other, "") }
    }
    // Who cannot keep it opens the archives again.
    try? replaceFile(path, with: text.utf8)
  }
}
