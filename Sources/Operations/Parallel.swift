package import Basics
import Posix

/// Work on parts of the timeline, on as many threads as the whole run has to share.
///
/// `Executor` makes one value for a run and hands it to every operation.
package struct Parallel: Sendable {
  /// Threads that are free to be used.
  private let free: Monitor<Int>
  /// How many threads the run may use altogether.
  package let width: Int

  /// `width`: how many threads may work at once, at least one.
  package init(width: Int) {
    self.width = max(1, width)
    free = Monitor(self.width)
  }

  /// Runs `body` when a thread of the run's budget is free.
  ///
  /// Whoever waits for others' work inside must not hold a place meanwhile.
  package func withPlace<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    _ = free.wait { free -> Bool? in
      guard free > 0 else { return nil }
      free -= 1
      return true
    }
    defer { free.with { $0 += 1 } }
    return try body()
  }

  private struct State<Value> {
    var next = 0
    var taken = 0
    var ready: [Int: Result<Value, Failure>] = [:]
    var isStopped = false
  }

  /// Makes the values 0..<`count` on several threads and hands them over in order on the caller's.
  ///
  /// Not more than `ahead` values wait to be taken, so that memory stays bounded. What `make` does
  /// must not depend on the number of threads.
  ///
  /// Throws what the first value that could not be made threw, or what `take` threw.
  package func ordered<Value: Sendable>(
    _ count: Int, ahead: Int? = nil,
    make: @escaping @Sendable (Int) throws(Failure) -> Value,
    take: (Int, Value) throws(Failure) -> Void
  ) throws(Failure) {
    let ahead = ahead ?? width * 2
    let state = Monitor(State<Value>())
    let threads = (0..<min(width, count)).map { _ in
      Thread { [self] in
        while let index = state.wait(for: { state -> Int?? in
          if state.isStopped || state.next >= count { return .some(nil) }
          guard state.next < state.taken + ahead else { return nil }
          state.next += 1
          return state.next - 1
        }) ?? nil {
          let result: Result<Value, Failure>
          do throws(Failure) {
            result = .success(try withPlace { () throws(Failure) in try make(index) })
          } catch { result = .failure(error) }
          state.with { $0.ready[index] = result }
        }
      }
    }
    defer { for thread in threads { thread.join() } }
    do throws(Failure) {
      for index in 0..<count {
        let result = state.wait { $0.ready.removeValue(forKey: index) }
        guard let result else { break }
        switch result {
        case .success(let value): try take(index, value)
        case .failure(let failure): throw failure
        }
        state.with { $0.taken = index + 1 }
      }
    } catch {
      state.with { $0.isStopped = true }
      throw error
    }
  }
}
