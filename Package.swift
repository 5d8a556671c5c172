// swift-tools-version: 6.2
import PackageDescription

// Warnings stop the build in CI only: a newer compiler must not stop a user's build.
let strict: [SwiftSetting] =
  (Context.environment["CI"] != nil ? [.treatAllWarnings(as: .error)] : []) + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // What overlapping accesses would break, the tests find: they run with the checks.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  ]
// Rooms of loops over samples: without optimisation their tests take several times as long.
let quick: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]
// Rooms that touch neither C nor raw memory: the compiler wants every exception marked `unsafe`.
let pure: [SwiftSetting] = strict + [.strictMemorySafety()]

func room(
  _ name: String, _ uses: [Target.Dependency] = [], door: Bool = false, loops: Bool = false
) -> Target {
  .target(
    name: name, dependencies: uses, swiftSettings: (door ? strict : pure) + (loops ? quick : []))
}
func frontDoor(_ name: String, _ uses: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: uses, swiftSettings: pure)
}
func tests(_ name: String, _ uses: [Target.Dependency]) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: ["TestSupport", "Basics"] + uses, swiftSettings: strict)
}

let package = Package(
  name: "rushes",
  products: [
    .executable(name: "rushes", targets: ["rushes"]),
    .executable(name: "merge-files", targets: ["merge-files"]),
    .library(name: "AllocCount", type: .dynamic, targets: ["CAllocCount"]),
  ],
  targets: [
    // Cellar: C libraries, one module each.
    .systemLibrary(
      name: "CLibav", pkgConfig: "libavformat", providers: [.apt(["libavformat-dev"])]),
    .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
      name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    // Debian gives LAME no pkg-config file; its module map links it.
    .systemLibrary(name: "CLame", providers: [.apt(["libmp3lame-dev"])]),
    .systemLibrary(
      name: "CEbur128", pkgConfig: "libebur128", providers: [.apt(["libebur128-dev"])]),
    .systemLibrary(
      name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(name: "CXml", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),

    // Base.
    room("Basics", loops: true),

    // Ground floor.
    room("Posix", ["Basics"], door: true),
    room(
      "Media", ["CLibav", "CLame", "CEbur128", "CNettle", "Basics", "Posix"], door: true,
      loops: true),
    room("Slices", ["CXml", "Basics"], door: true),

    // First floor.
    room("Plan", ["Basics", "Slices"]),
    room("Archive", ["Basics", "Posix", "Media", "Slices"]),
    room("Documents", ["CYaml", "Basics"], door: true),
    room("Ledger", ["CSQLite", "Basics"], door: true),

    room("Decoding", ["Basics", "Media", "Slices", "Archive"], loops: true),

    // Second floor.
    room(
      "Operations", ["Basics", "Posix", "Media", "Slices", "Archive", "Decoding", "Plan"],
      loops: true),

    // Third floor.
    room("Recipes", ["Basics", "Slices", "Documents", "Plan"]),
    room(
      "Executor",
      ["Basics", "Posix", "Media", "Slices", "Archive", "Plan", "Operations", "Ledger"]),
    room("Recorder", ["Basics", "Posix", "Media", "Slices", "Archive", "Plan"]),

    // Front door.
    room(
      "Commands",
      ["Basics", "Posix", "Slices", "Archive", "Plan", "Recipes", "Executor", "Recorder"]),
    frontDoor("rushes", ["Commands"]),
    frontDoor("merge-files", ["Commands"]),

    // Yardsticks and shows: built beside the product, never installed.
    .target(name: "CAllocCount"),
    .target(
      name: "TestSupport", dependencies: ["Basics", "Posix"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .executableTarget(
      name: "demo", dependencies: ["TestSupport", "Basics", "Posix"], swiftSettings: strict),
    .executableTarget(
      name: "bench", dependencies: ["TestSupport", "Basics", "Posix"], swiftSettings: strict),

    tests("Basics", []),
    tests("Posix", ["Posix"]),
    tests("Media", ["Media", "Posix"]),
    tests("Slices", ["Slices"]),
    tests("Plan", ["Plan", "Slices"]),
    tests("Documents", ["Documents"]),
    tests("Recipes", ["Recipes", "Plan", "Documents", "Slices"]),
    tests("Archive", ["Archive", "Slices", "Media", "Posix"]),
    tests(
      "Operations",
      ["Operations", "Recorder", "Archive", "Decoding", "Plan", "Slices", "Media", "Posix"]),
    tests("Recorder", ["Recorder", "Archive", "Slices", "Media", "Posix"]),
    tests("Executor", ["Executor", "Recorder", "Archive", "Media", "Plan", "Slices", "Posix"]),
    tests("Command", ["Commands", "Posix", "Slices", "Plan", "Recipes", "Recorder", "Executor"]),
    tests("Ledger", ["Ledger", "Posix"]),
    tests("House", ["Posix"]),
    tests("TestSupport", ["Posix"]),
  ],
  swiftLanguageModes: [.v6]
)

// The sanitized build has the tests that `make sanitize` runs, and what they start.
if Context.environment["RUSHES_SANITIZED"] != nil {
  let sanitized = ["MediaTests", "ArchiveTests", "OperationsTests", "RecorderTests"]
  package.targets.removeAll {
    $0.name.hasSuffix("Tests") ? !sanitized.contains($0.name) : ["bench", "demo"].contains($0.name)
  }
}
