import Glibc

/// The process's two output streams.
package enum OutputStream: Int32, Sendable {
  case standard = 1
  case error = 2

  /// Whether a person's terminal reads it.
  package var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Writes text as it is.
  ///
  /// A reader that has gone away, or a full disk, is not this program's trouble here: false then.
  @discardableResult
  package func write(_ text: String) -> Bool {
    (try? writeAll(Array(text.utf8), to: rawValue, named: "output")) != nil
  }

  /// Columns of the terminal; nil when it is none.
  package var width: Int? {
    var size = winsize()
    guard ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}

/// The value of an environment variable.
package func environment(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}
