package import Basics
import Posix
import Slices

/// What an operation may ask and tell while it works.
package struct OperationContext: Sendable {
  /// The threads of the whole run.
  package let parallel: Parallel
  /// Whether the work is to be given up.
  package let isCancelled: @Sendable () -> Bool
  /// Called with the stretch of output that is done, now and then.
  package let progress: @Sendable (MediaTime) -> Void
  /// Whether an earlier run, that was stopped, made a file of this output from the same things.
  ///
  /// What is made already need not be made, and counts as this run's.
  package let isMade: @Sendable (_ path: String) -> Bool
  /// Takes a file over that is complete under an unfinished name; it gets its final name some time
  /// before the output is done, after its bytes are on the disk.
  package let publish: @Sendable (_ unfinished: String, _ final: String) throws(Failure) -> Void

  /// Its place among outputs that are made together; nil for one that is made alone.
  package let seat: Seat?

  /// Without `publish`, files get their names at once.
  package init(
    parallel: Parallel, isCancelled: @escaping @Sendable () -> Bool,
    progress: @escaping @Sendable (MediaTime) -> Void,
    isMade: @escaping @Sendable (String) -> Bool = { _ in false },
    publish: @escaping @Sendable (String, String) throws(Failure) -> Void = {
      (unfinished, final) throws(Failure) in try renameFiles([(unfinished, final)])
    }, seat: Seat? = nil
  ) {
    self.parallel = parallel
    self.isCancelled = isCancelled
    self.progress = progress
    self.isMade = isMade
    self.publish = publish
    self.seat = seat
  }

  /// Makes one file of the output: `body` writes it under the name that it is given.
  ///
  /// Nothing is left when `body` throws.
  func file<Result>(_ path: String, _ body: (String) throws(Failure) -> Result) throws(Failure)
    -> Result
  {
    let unfinished = unfinishedPath(path)
    do throws(Failure) {
      let result = try body(unfinished)
      try publish(unfinished, path)
      return result
    } catch {
      removeFile(unfinished)
      throw error.underFinalName
    }
  }

  /// Makes an output whose files `body` publishes one by one.
  func segments<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    do throws(Failure) { return try body() } catch { throw error.underFinalName }
  }

  /// Throws when the work is to be given up.
  func check(_ path: String) throws(Failure) {
    guard isCancelled() else { return }
    throw Failure(path, cannot: "write", "interrupted", .interrupted)
  }
}

extension Failure {
  /// The same, of the file that an unfinished one was to become.
  var underFinalName: Failure {
    let (folder, name) = splitPath(subject)
    guard let final = SliceName.finished(name) else { return self }
    return Failure(joinPath(folder, final), cannot: verb, reason, code)
  }
}

/// The name beside `path` under which a file is written until it is complete.
func unfinishedPath(_ path: String) -> String {
  let (folder, name) = splitPath(path)
  return joinPath(folder, SliceName.unfinished(name))
}
