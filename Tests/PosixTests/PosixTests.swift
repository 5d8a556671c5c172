import Basics
import Posix
import TestSupport
import Testing

@Suite struct FileTests {
  @Test func aFileIsReplacedAsAWhole() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("index.m3u8")
    try replaceFile(path, with: "old".utf8)
    try replaceFile(path, with: "new text".utf8)
    #expect(try readFile(path) == Array("new text".utf8))
    #expect(try listFolder(folder.path) == ["index.m3u8"])
  }

  @Test func aTextGrowsUnderANewHead() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("list")
    try regrowFile(path, droppingFirst: 0, newHead: "HEAD 1\n", tail: "a\n")
    try regrowFile(path, droppingFirst: 7, newHead: "HEAD 22\n", tail: "b\n")
    #expect(String(decoding: try readFile(path), as: UTF8.self) == "HEAD 22\na\nb\n")
    #expect(try listFolder(folder.path) == ["list"])
  }

  @Test func whatCannotBeReadIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: Failure("/no/such", cannot: "open", "No such file or directory", .noInput)) {
      try readFile("/no/such")
    }
    #expect(throws: Failure(folder.path, cannot: "read", "it is a folder", .noInput)) {
      try readFile(folder.path)
    }
    let path = try folder.write("big", String(repeating: "x", count: 100))
    #expect(throws: Failure(path, cannot: "read", "it is larger than 99 bytes", .data)) {
      try readFile(path, limit: 99)
    }
  }

  @Test func oneProcessAtATimeHoldsAFolder() throws {
    let folder = try TemporaryFolder()
    let lock = try FolderLock(folder.path, cannot: "record into")
    #expect(
      throws: Failure(folder.path, cannot: "repair", "another process is using it", .tryAgain)
    ) {
      _ = try FolderLock(folder.path, cannot: "repair")
    }
    withExtendedLifetime(lock) {}
  }

  @Test(arguments: [
    ("a/b.ts", "a", "b.ts"), ("b.ts", ".", "b.ts"), ("/b", "/", "b"), ("a//", ".", "a"),
    ("/x/y/", "/x", "y"),
  ])
  func pathsAreSplit(path: String, folder: String, name: String) {
    let parts = splitPath(path)
    #expect(parts.folder == folder)
    #expect(parts.name == name)
  }

  @Test func pathsAreMadeAbsolute() {
    #expect(absolutePath("/a/./b/../c") == "/a/c")
    #expect(absolutePath("x").hasSuffix("/x"))
    #expect(pathExtension("a.b/c.TS") == "ts")
    #expect(pathExtension("a/.hidden") == "")
  }
}

@Suite struct ThreadTests {
  @Test func aMonitorHandsAValueFromThreadToThread() {
    let box = Monitor<Int?>(nil)
    let thread = Thread { box.with { $0 = 7 } }
    #expect(box.wait(for: { $0 }) == 7)
    thread.join()
    #expect(box.wait(atMost: MediaTime(milliseconds: 20), for: { $0 == 8 ? true : nil }) == nil)
  }

  @Test func theSteadyClockRuns() {
    let start = steadyNow()
    sleep(for: MediaTime(milliseconds: 30))
    #expect((steadyNow() - start).seconds >= 0.03)
  }
}
