import Basics
import FoundationEssentials

/// Where this checkout lies.
package enum Repository {
  package static let root: String = {
    // Tests/TestSupport/Paths.swift: three names up.
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    return parts.joined(separator: "/")
  }()

  package static func path(_ relative: String) -> String { "\(root)/\(relative)" }
}

/// The programs of this package, as built together with the one that runs.
package enum Products {
  /// The build's folder: `.build/debug`, that of a release or that of a sanitizer.
  package static let folder: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }()

  package static let rushes = "\(folder)/rushes"
  package static let mergeFiles = "\(folder)/merge-files"
}

/// A new folder that is removed, with all it holds, when the last reference to it goes.
package final class TemporaryFolder: Sendable {
  package let path: String

  /// A folder in `parent`, by default where the system keeps temporary files.
  package init(in parent: String? = nil) throws {
    let parent = parent ?? FileManager.default.temporaryDirectory.path
    path = "\(parent)/rushes-test-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  package func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file of this text and returns its path.
  package func write(_ name: String, _ text: String) throws -> String {
    try Array(text.utf8).write(to: path(name))
    return path(name)
  }
}

/// Files by their whole content.
package enum Files {
  package static func bytes(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(path, cannot: "read", "no such file", .noInput)
    }
    return Array(data)
  }

  package static func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  package static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path)
  }

  /// The names in a folder, sorted; hidden ones too.
  package static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// The paths below a folder, relative to it, sorted; files only.
  package static func below(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted().filter {
      var isFolder = false
      return FileManager.default.fileExists(atPath: "\(folder)/\($0)", isDirectory: &isFolder)
        && !isFolder
    }
  }
}

extension [UInt8] {
  package func write(to path: String) throws {
    guard FileManager.default.createFile(atPath: path, contents: Data(self)) else {
      throw Failure(path, cannot: "write", "the file cannot be made", .cannotCreate)
    }
  }
}
