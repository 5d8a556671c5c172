import Basics
import Posix
import Synchronization

@testable import Commands

/// A console that keeps what is written to it.
final class Capture: Sendable {
  private let texts = Mutex<(out: String, error: String)>(("", ""))

  var out: String { texts.withLock { $0.out } }
  var error: String { texts.withLock { $0.error } }

  func console(width: Int? = nil, isTerminal: Bool = false) -> Console {
    Console(width: width, drawingWidth: 80, isTerminal: isTerminal) { stream, text in
      self.texts.withLock {
        if stream == .standard { $0.out += text } else { $0.error += text }
      }
      return true
    }
  }
}

/// What `rushes` writes and returns for a line of words.
func rushes(_ words: String...) -> (code: Int32, out: String, error: String) {
  let capture = Capture()
  let code = Rushes.run(words, capture.console())
  return (code.rawValue, capture.out, capture.error)
}

/// What `merge-files` writes and returns for a line of words.
func mergeFiles(_ words: String...) -> (code: Int32, out: String, error: String) {
  let capture = Capture()
  let code = MergeFiles.run(words, capture.console())
  return (code.rawValue, capture.out, capture.error)
}
