import Basics
import Ledger
import Posix
import TestSupport
import Testing

@Suite struct JournalTests {
  private let facts = FinishedOutput(
    key: "k1", report: #"{"path":"a"}"#, hasLosses: true)

  @Test func whatIsNotedIsFoundAgain() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("journal.sqlite")
    do {
      let journal = try Journal.open(path)
      #expect(try journal.finished("a.mp4") == nil)
      try journal.note("a.mp4", facts)
    }
    let journal = try Journal.open(path)
    let found = try journal.finished("a.mp4")
    #expect(found == facts)
    var other = facts
    other.key = "k2"
    try journal.note("a.mp4", other)
    let changed = try journal.finished("a.mp4")
    #expect(changed == other)
  }

  @Test func filesAreKnownByTheirOutputAndKey() throws {
    let folder = try TemporaryFolder()
    let journal = try Journal.open(folder.path("journal.sqlite"))
    let old = FinishedFile(path: "/1.jpg", size: 1, changed: 1)
    let (first, second) = (
      FinishedFile(path: "/1.jpg", size: 5, changed: 2),
      FinishedFile(path: "/2.jpg", size: 6, changed: 3)
    )
    try journal.note([old], of: "/a", key: "k1")
    try journal.note([second], of: "/a", key: "k2")
    try journal.note([first], of: "/a", key: "k2")
    try journal.note([old], of: "/b", key: "k2")
    let (forgotten, found, others) = (
      try journal.files(of: "/a", key: "k1"), try journal.files(of: "/a", key: "k2"),
      try journal.files(of: "/b", key: "k2")
    )
    #expect(forgotten == [])
    #expect(found == [first, second])
    #expect(others == [old])
  }

  @Test func whatIsNoJournalIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("journal.sqlite", String(repeating: "no database ", count: 100))
    #expect(throws: Failure(path, cannot: "open", "file is not a database", .io)) {
      _ = try Journal.open(path)
    }
  }
}
