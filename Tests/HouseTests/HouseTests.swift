import Glibc
import Posix
import TestSupport
import Testing

/// The rules of the house, which `CONTRIBUTING.md` explains.
@Suite struct HouseTests {
  let sources = Source.product
  let tests = Source.tests

  /// Which rooms a room may import: the arrows of `Package.swift`.
  ///
  /// The compiler lets a target import what its dependencies depend on; this table does not.
  static let arrows: [String: Set<String>] = [
    "Basics": [],
    "Posix": ["Basics"],
    "Media": ["CLibav", "CLame", "CEbur128", "CNettle", "Basics", "Posix"],
    "Slices": ["CXml", "Basics"],
    "Plan": ["Basics", "Slices"],
    "Archive": ["Basics", "Posix", "Media", "Slices"],
    "Documents": ["CYaml", "Basics"],
    "Ledger": ["CSQLite", "Basics"],
    "Decoding": ["Basics", "Media", "Slices", "Archive"],
    "Operations": ["Basics", "Posix", "Media", "Slices", "Archive", "Decoding", "Plan"],
    "Recipes": ["Basics", "Slices", "Documents", "Plan"],
    "Executor": [
      "Basics", "Posix", "Media", "Slices", "Archive", "Plan", "Operations", "Ledger",
    ],
    "Recorder": ["Basics", "Posix", "Media", "Slices", "Archive", "Plan"],
    "Commands": [
      "Basics", "Posix", "Slices", "Archive", "Plan", "Recipes", "Executor", "Recorder",
    ],
    "rushes": ["Commands"],
    "merge-files": ["Commands"],
    "demo": ["TestSupport", "Basics", "Posix"],
    "bench": ["TestSupport", "Basics", "Posix"],
  ]

  /// Modules of the toolchain that every room may import; the system's own only behind a door.
  static let toolchain: Set<String> = ["Synchronization"]
  static let doors: Set<String> = ["Posix", "Media", "Documents", "Ledger"]
  /// Programs that show or measure the product and are no part of it.
  static let shows: Set<String> = ["demo", "bench"]

  @Test(arguments: arrows.keys.sorted())
  func `A room imports only what it may`(room: String) throws {
    var allowed = try #require(Self.arrows[room]).union(Self.toolchain)
    if Self.doors.contains(room) { allowed.insert("Glibc") }
    let files = sources.filter { $0.room == room }
    #expect(!files.isEmpty, "\(room) has no sources")
    for file in files {
      for (number, module) in file.imports {
        #expect(
          allowed.contains(module), "\(file.path):\(number): \(room) may not import \(module)")
      }
    }
  }

  @Test func `Every room stands in the table`() {
    #expect(tests.count > 10)
    #expect(Set(sources.map(\.room)) == Set(Self.arrows.keys))
  }

  @Test func `No file is longer than 600 lines`() {
    let all = sources + tests
    for file in all {
      #expect(file.lines.count <= 601, "\(file.path) has \(file.lines.count) lines")
    }
    let lengths = sources.map(\.lines.count).sorted()
    print("\(lengths.count) files in Sources, median \(lengths[lengths.count / 2]) lines")
  }

  @Test func `Raw memory is touched only behind the doors`() {
    let words = [
      "unsafe ", "withUnsafe", "UnsafePointer", "UnsafeMutable", "UnsafeRaw", "UnsafeBuffer",
      "unsafeBitCast", "unsafeUninitialized", "OpaquePointer",
    ]
    // Of `Slices` the one file that speaks to libxml2 is a door too.
    let doorsOfSlices = sources.filter { file in
      file.room == "Slices" && file.imports.contains { $0.module == "CXml" }
    }
    #expect(doorsOfSlices.count <= 1)
    let free = Set(doorsOfSlices.map(\.path))
    for file in sources
    where !Self.doors.union(Self.shows).contains(file.room) && !free.contains(file.path) {
      expectNone(words, in: file)
    }
  }

  @Test func `What can crash on bad input is not used`() {
    for file in sources { expectNone(["try!", "as!", "fatalError("], in: file) }
  }

  @Test func `Package is the widest access level`() {
    for file in sources + tests { expectNone(["public ", "open class "], in: file) }
  }

  @Test func `A promise that the compiler cannot check is explained`() {
    for file in sources {
      let promises = ["@unchecked Sendable", "nonisolated(unsafe)"]
      for (number, _) in promises.flatMap(file.lines(holding:)) {
        let before = number >= 2 ? file.lines[number - 2].drop { $0 == " " } : ""
        #expect(
          before.hasPrefix("//"), "\(file.path):\(number): say in the line before why this is true")
      }
    }
  }

  @Test func `No operation starts another program`() {
    for file in sources where !Self.shows.contains(file.room) {
      // The names stand between quotes, which `code` leaves out; comments may name the programs.
      for (index, line) in file.lines.enumerated() where !isComment(line) {
        for program in ["\"ffmpeg", "\"ffprobe", "/ffmpeg\"", "/ffprobe\""] {
          #expect(strstr(line, program) == nil, "\(file.path):\(index + 1): names a program")
        }
      }
      expectNone(["posix_spawn", "execv", "fork()", "popen("], in: file)
    }
  }

  @Test func `The top level holds what it should`() throws {
    let allowed: Set<String> = [
      "Package.swift", "Sources", "Tests", "testdata", "recipes", "README.md", "Makefile",
      "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
    ]
    // The files that git keeps; what a build or an editor leaves is not meant.
    let listed = try run("git", ["ls-files"], folder: Repository.root)
    let names =
      listed.end.isSuccess
      ? listed.standardOutput.split(separator: "\n").compactMap { $0.split(separator: "/").first }
        .map(String.init)
      : try listFolder(Repository.root).filter { $0 != "demo-output" }
    #expect(!names.isEmpty)
    for name in Set(names) where !name.hasPrefix(".") {
      #expect(allowed.contains(name), "\(name) does not belong on the top level")
    }
  }

  @Test func `Every recipe is named where a reader looks`() throws {
    let folder = Repository.path("recipes")
    let recipes = try listFolder(folder).filter { $0.hasSuffix(".yaml") }
    let readme = try Files.text(Repository.path("README.md"))
    let reference = (try? Files.text("\(folder)/README.md")) ?? ""
    #expect(!recipes.isEmpty)
    for recipe in recipes {
      #expect(
        readme.contains(recipe) || reference.contains(recipe),
        "\(recipe) is named neither in README.md nor in recipes/README.md")
    }
  }

  private func isComment(_ line: String) -> Bool {
    line.utf8.drop { $0 == UInt8(ascii: " ") }.starts(with: "//".utf8)
  }

  private func expectNone(_ words: [String], in file: Source) {
    for word in words {
      for (number, _) in file.lines(holding: word) {
        Issue.record("\(file.path):\(number): \(word)")
      }
    }
  }
}
