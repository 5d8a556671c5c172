import Basics
import Ledger
import Posix
import TestSupport
import Testing

@Suite struct JournalTests {
  private let facts = FinishedOutput(
    key: "k1", size: 7, changed: 9, report: #"{"path":"a"}"#, hasLosses: true)

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

  @Test func whatIsNoJournalIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("journal.sqlite", String(repeating: "no database ", count: 100))
    #expect(throws: Failure(path, cannot: "open", "file is not a database", .io)) {
      _ = try Journal.open(path)
    }
  }
}
