package import Basics
import Glibc
import Posix

/// Where this checkout lies.
package enum Repository {
  package static let root: String = {
    let tests = splitPath(splitPath(#filePath).folder).folder
    return splitPath(tests).folder
  }()

  package static func path(_ relative: String) -> String { "\(root)/\(relative)" }
}

/// The programs of this package, as built together with the one that runs.
package enum Products {
  /// The build's folder: `.build/debug`, that of a release or that of a sanitizer.
  package static let folder: String = {
    let own = realpath("/proc/self/exe", nil)
    defer { free(own) }
    return own.map { splitPath(String(cString: $0)).folder } ?? "."
  }()

  package static let rushes = "\(folder)/rushes"
  package static let mergeFiles = "\(folder)/merge-files"
  /// A library that counts the allocations of the program into which it is preloaded.
  package static let allocationCounter = "\(folder)/libAllocCount.so"
}

/// A new folder that is removed, with all it holds, when the last reference to it goes.
package final class TemporaryFolder: Sendable {
  package let path: String

  /// A folder in `parent`, by default where the system keeps temporary files.
  package init(in parent: String? = nil) throws(Failure) {
    let parent = parent ?? environment("TMPDIR") ?? "/tmp"
    path = "\(parent)/rushes-test-\(UInt64.random(in: .min ... .max))"
    try makeFolder(path)
  }

  deinit { Files.removeAll(path) }

  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file of this text and returns its path.
  package func write(_ name: String, _ text: String) throws(Failure) -> String {
    try writeFile(path(name), text.utf8)
    return path(name)
  }
}

/// What a folder or a text file holds, beside what `Posix` offers.
package enum Files {
  package static func text(_ path: String) throws(Failure) -> String {
    String(decoding: try readFile(path), as: UTF8.self)
  }

  /// The paths of the files below a folder, relative to it, sorted.
  package static func below(_ folder: String) throws(Failure) -> [String] {
    var paths: [String] = []
    for name in try listFolder(folder) {
      let path = "\(folder)/\(name)"
      if isFolder(path) {
        paths += try below(path).map { "\(name)/\($0)" }
      } else {
        paths.append(name)
      }
    }
    return paths.sorted()
  }

  /// Removes a file, or a folder with all it holds, as far as that can be done.
  package static func removeAll(_ path: String) {
    // A link to a folder is a file here: what it leads to stays.
    if unlink(path) == 0 || rmdir(path) == 0 { return }
    for name in (try? listFolder(path)) ?? [] { removeAll("\(path)/\(name)") }
    rmdir(path)
  }
}
