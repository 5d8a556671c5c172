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
  package func withPlace<Result, E: Error>(_ body: () throws(E) -> Result) throws(E) -> Result {
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
    try ordered(
      count, ahead: ahead, feed: { _ in () },
      make: { (index, _) throws(Failure) in try make(index) }, take: take)
  }

  /// The same for values whose making begins with something that must be done in order, as reading.
  ///
  /// `feed` is called for one value after the other, never for two at once.
  package func ordered<Input: Sendable, Value: Sendable>(
    _ count: Int, ahead: Int? = nil,
    feed: @escaping @Sendable (Int) throws(Failure) -> Input,
    make: @escaping @Sendable (Int, Input) throws(Failure) -> Value,
    take: (Int, Value) throws(Failure) -> Void
  ) throws(Failure) {
    let ahead = max(1, ahead ?? width * 2)
    let state = Monitor(State<Value>())
    let order = Monitor(())
    // In order, so that nobody who has a place waits for somebody who has none.
    let next = { @Sendable () -> (index: Int, input: Result<Input, Failure>)? in
      order.with { _ in
        let index = state.with { state -> Int? in
          guard !state.isStopped, state.next < min(count, state.taken + ahead) else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let index else { return nil }
        do throws(Failure) {
          return (index, .success(try feed(index)))
        } catch {
          return (index, .failure(error))
        }
      }
    }
    let threads = (0..<min(width, count)).map { _ in
      Thread { [self] in
        while state.wait(for: { state -> Bool? in
          if state.isStopped || state.next >= count { return false }
          return state.next < state.taken + ahead ? true : nil
        }) == true {
          withPlace {
            guard let (index, input) = next() else { return }
            let result: Result<Value, Failure>
            do throws(Failure) {
              result = .success(try make(index, try input.get()))
            } catch { result = .failure(error) }
            state.with { $0.ready[index] = result }
          }
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
