package import Basics
import Glibc

/// A thread of its own for work that waits, which Swift's small pool of threads must not do.
package final class Thread: Sendable {
  private let handle: pthread_t

  /// Starts a thread.
  package init(_ body: @escaping @Sendable () -> Void) {
    let work = Unmanaged.passRetained(Work(body))
    var handle = pthread_t()
    // Input threads hold a demuxer's frames and little more.
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, 1 << 20)
    let result = pthread_create(
      &handle, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(result == 0, "the system gives no more threads")
    self.handle = handle
  }

  /// Waits for the thread to end; to be called once.
  package func join() { pthread_join(handle, nil) }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A value under a lock, with waiting for it to change.
package final class Monitor<Value>: @unchecked Sendable {
  // Sound: `value` is touched only between lock and unlock.
  private var value: Value
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(lock, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(lock)
    changed.deallocate()
    lock.deallocate()
  }

  /// Runs `body` alone with the value, and wakes whoever waits for a change.
  package func with<Result, E: Error>(_ body: (inout Value) throws(E) -> Result) throws(E) -> Result
  {
    pthread_mutex_lock(lock)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
    return try body(&value)
  }

  /// Waits until `body` gives a result, trying after each change; nil when the time is up first.
  package func wait<Result>(atMost time: MediaTime = .max, for body: (inout Value) -> Result?)
    -> Result?
  {
    let deadline = steadyNow() + time
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    while true {
      if let result = body(&value) {
        pthread_cond_broadcast(changed)
        return result
      }
      guard time < .max else {
        pthread_cond_wait(changed, lock)
        continue
      }
      guard steadyNow() < deadline else { return nil }
      let (seconds, rest) = deadline.flicks.quotientAndRemainder(
        dividingBy: MediaTime.flicksPerSecond)
      var end = timespec(
        tv_sec: Int(seconds), tv_nsec: Int(Double(rest) / Double(MediaTime.flicksPerSecond) * 1e9))
      pthread_cond_timedwait(changed, lock, &end)
    }
  }
}
