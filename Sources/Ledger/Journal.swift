package import Basics
import CSQLite

/// What is known of an output that an earlier run finished.
package struct FinishedOutput: Hashable, Sendable {
  /// A digest of all that the output was made from.
  package var key: String
  /// The finished file's size in bytes.
  package var size: Int64
  /// When the finished file was last changed, in nanoseconds of Unix time.
  package var changed: Int64
  /// What the run's report says of it, as one line of JSON.
  package var report: String
  /// Whether something could not be used for it.
  package var hasLosses: Bool

  package init(key: String, size: Int64, changed: Int64, report: String, hasLosses: Bool) {
    self.key = key
    self.size = size
    self.changed = changed
    self.report = report
    self.hasLosses = hasLosses
  }
}

/// The durable list of finished outputs of one folder: an SQLite database that a crash at any
/// moment leaves readable.
///
/// One thread at a time may use it.
package struct Journal: ~Copyable {
  private let database: OpaquePointer
  private let path: String

  private init(adopting database: OpaquePointer, path: String) {
    self.database = database
    self.path = path
  }

  deinit { sqlite3_close_v2(database) }

  /// Opens the journal, making it where there is none.
  ///
  /// A file that is no database, or one of a later version, is an error that names it.
  package static func open(_ path: String) throws(Failure) -> Journal {
    var database: OpaquePointer?
    let result = sqlite3_open(path, &database)
    guard let database else { preconditionFailure("out of memory") }
    let journal = Journal(adopting: database, path: path)
    try journal.check(result, cannot: "open")
    sqlite3_busy_timeout(database, 5000)
    try journal.run("PRAGMA journal_mode=WAL")
    try journal.run(
      """
      CREATE TABLE IF NOT EXISTS output (
        path TEXT PRIMARY KEY, key TEXT NOT NULL, size INTEGER NOT NULL,
        changed INTEGER NOT NULL, report TEXT NOT NULL, losses INTEGER NOT NULL)
      """)
    return journal
  }

  /// What is known of the output at `output`; nil when no run finished it.
  package func finished(_ output: String) throws(Failure) -> FinishedOutput? {
    let statement = try prepare(
      "SELECT key, size, changed, report, losses FROM output WHERE path = ?")
    defer { sqlite3_finalize(statement) }
    try check(shim_bind_text(statement, 1, output), cannot: "read")
    let result = sqlite3_step(statement)
    if result == SQLITE_DONE { return nil }
    guard result == SQLITE_ROW else { throw failure(cannot: "read") }
    func text(_ column: Int32) -> String {
      sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
    }
    return FinishedOutput(
      key: text(0), size: sqlite3_column_int64(statement, 1),
      changed: sqlite3_column_int64(statement, 2), report: text(3),
      hasLosses: sqlite3_column_int64(statement, 4) != 0)
  }

  /// Notes a finished output, in place of what was known of that path.
  package func note(_ output: String, _ facts: FinishedOutput) throws(Failure) {
    let statement = try prepare("INSERT OR REPLACE INTO output VALUES (?, ?, ?, ?, ?, ?)")
    defer { sqlite3_finalize(statement) }
    try check(shim_bind_text(statement, 1, output), cannot: "write")
    try check(shim_bind_text(statement, 2, facts.key), cannot: "write")
    try check(sqlite3_bind_int64(statement, 3, facts.size), cannot: "write")
    try check(sqlite3_bind_int64(statement, 4, facts.changed), cannot: "write")
    try check(shim_bind_text(statement, 5, facts.report), cannot: "write")
    try check(sqlite3_bind_int64(statement, 6, facts.hasLosses ? 1 : 0), cannot: "write")
    guard sqlite3_step(statement) == SQLITE_DONE else { throw failure(cannot: "write") }
  }

  private func run(_ text: String) throws(Failure) {
    try check(sqlite3_exec(database, text, nil, nil, nil), cannot: "open")
  }

  private func prepare(_ text: String) throws(Failure) -> OpaquePointer {
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v2(database, text, -1, &statement, nil), cannot: "read")
    guard let statement else { preconditionFailure("sqlite3_prepare_v2 gave no statement") }
    return statement
  }

  /// The one place where SQLite's return values become errors.
  private func check(_ result: Int32, cannot verb: String) throws(Failure) {
    guard result != SQLITE_OK, result != SQLITE_ROW, result != SQLITE_DONE else { return }
    throw failure(cannot: verb)
  }

  private func failure(cannot verb: String) -> Failure {
    Failure(path, cannot: verb, String(cString: sqlite3_errmsg(database)), .io)
  }
}

// Sound: a journal has one owner, and SQLite's handles may move from thread to thread.
extension Journal: @unchecked Sendable {}
