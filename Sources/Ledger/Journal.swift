package import Basics
import CSQLite

/// What is known of an output that an earlier run finished.
package struct FinishedOutput: Hashable, Sendable {
  /// A digest of all that the output was made from.
  package var key: String
  /// What the run's report says of it, as one line of JSON.
  package var report: String
  /// Whether something could not be used for it.
  package var hasLosses: Bool

  package init(key: String, report: String, hasLosses: Bool) {
    self.key = key
    self.report = report
    self.hasLosses = hasLosses
  }
}

/// A file of an output, as it was when it was finished.
package struct FinishedFile: Hashable, Sendable {
  package var path: String
  /// In bytes.
  package var size: Int64
  /// When it was last changed, in nanoseconds of Unix time.
  package var changed: Int64

  package init(path: String, size: Int64, changed: Int64) {
    self.path = path
    self.size = size
    self.changed = changed
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
    let version = try journal.version()
    guard version <= Self.version else {
      throw Failure(
        path, cannot: "open",
        "it is of version \(version), and this program knows up to "
          + "\(Self.version)", .data)
    }
    if version < Self.version { try journal.run("DROP TABLE IF EXISTS output") }
    try journal.run(
      """
      CREATE TABLE IF NOT EXISTS output (
        path TEXT PRIMARY KEY, key TEXT NOT NULL, report TEXT NOT NULL, losses INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS file (
        output TEXT NOT NULL, path TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL,
        changed INTEGER NOT NULL, PRIMARY KEY (output, path)) WITHOUT ROWID;
      PRAGMA user_version=\(Self.version)
      """)
    return journal
  }

  /// Raised when the tables change: what an earlier program noted is then forgotten.
  private static let version: Int64 = 2

  private func version() throws(Failure) -> Int64 {
    let statement = try prepare("PRAGMA user_version")
    defer { sqlite3_finalize(statement) }
    guard sqlite3_step(statement) == SQLITE_ROW else { throw failure(cannot: "open") }
    return sqlite3_column_int64(statement, 0)
  }

  /// What is known of the output named `output`; nil when no run finished it.
  package func finished(_ output: String) throws(Failure) -> FinishedOutput? {
    let statement = try prepare("SELECT key, report, losses FROM output WHERE path = ?", [output])
    defer { sqlite3_finalize(statement) }
    guard try row(statement) else { return nil }
    return FinishedOutput(
      key: text(statement, 0), report: text(statement, 1),
      hasLosses: sqlite3_column_int64(statement, 2) != 0)
  }

  /// The files that runs finished for an output, made from what `key` stands for, in the order of
  /// their paths; also of an output that is not finished yet.
  package func files(of output: String, key: String) throws(Failure) -> [FinishedFile] {
    let statement = try prepare(
      "SELECT path, size, changed FROM file WHERE output = ? AND key = ? ORDER BY path",
      [output, key])
    defer { sqlite3_finalize(statement) }
    var files: [FinishedFile] = []
    while try row(statement) {
      files.append(
        FinishedFile(
          path: text(statement, 0), size: sqlite3_column_int64(statement, 1),
          changed: sqlite3_column_int64(statement, 2)))
    }
    return files
  }

  /// Notes files of an output in one transaction, in place of what was known of their paths; files
  /// of another key are forgotten.
  package func note(_ files: [FinishedFile], of output: String, key: String) throws(Failure) {
    try transaction { () throws(Failure) in
      try write("DELETE FROM file WHERE output = ? AND key <> ?", [output, key])
      let statement = try prepare("INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)")
      defer { sqlite3_finalize(statement) }
      for file in files {
        try bind([output, file.path, key], to: statement)
        try check(sqlite3_bind_int64(statement, 4, file.size), cannot: "write")
        try check(sqlite3_bind_int64(statement, 5, file.changed), cannot: "write")
        guard sqlite3_step(statement) == SQLITE_DONE else { throw failure(cannot: "write") }
        try check(sqlite3_reset(statement), cannot: "write")
      }
    }
  }

  /// Notes that an output is finished, in place of what was known of it.
  package func note(_ output: String, _ facts: FinishedOutput) throws(Failure) {
    try write(
      "INSERT OR REPLACE INTO output VALUES (?, ?, ?, \(facts.hasLosses ? 1 : 0))",
      [output, facts.key, facts.report])
  }

  // MARK: SQLite

  private func transaction(_ body: () throws(Failure) -> Void) throws(Failure) {
    try run("BEGIN")
    do throws(Failure) {
      try body()
      try run("COMMIT")
    } catch {
      sqlite3_exec(database, "ROLLBACK", nil, nil, nil)
      throw error
    }
  }

  private func write(_ text: String, _ values: [String]) throws(Failure) {
    let statement = try prepare(text, values)
    defer { sqlite3_finalize(statement) }
    guard sqlite3_step(statement) == SQLITE_DONE else { throw failure(cannot: "write") }
  }

  private func bind(_ values: [String], to statement: OpaquePointer) throws(Failure) {
    for (index, value) in values.enumerated() {
      try check(shim_bind_text(statement, Int32(index + 1), value), cannot: "use")
    }
  }

  /// Steps to the next row; false when there is none.
  private func row(_ statement: OpaquePointer) throws(Failure) -> Bool {
    let result = sqlite3_step(statement)
    guard result == SQLITE_ROW || result == SQLITE_DONE else { throw failure(cannot: "read") }
    return result == SQLITE_ROW
  }

  private func text(_ statement: OpaquePointer, _ column: Int32) -> String {
    sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
  }

  private func run(_ text: String) throws(Failure) {
    try check(sqlite3_exec(database, text, nil, nil, nil), cannot: "open")
  }

  private func prepare(_ text: String, _ values: [String] = []) throws(Failure) -> OpaquePointer {
    var statement: OpaquePointer?
    try check(sqlite3_prepare_v2(database, text, -1, &statement, nil), cannot: "read")
    guard let statement else { preconditionFailure("sqlite3_prepare_v2 gave no statement") }
    do throws(Failure) {
      try bind(values, to: statement)
    } catch {
      sqlite3_finalize(statement)
      throw error
    }
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
