import Plan

/// Which jobs may be made when: a job waits for all outputs of the step that it works on.
struct Schedule {
  /// What there is to do for who asks.
  enum Turn {
    /// These, at the same time.
    case make([Int])
    /// Will never be made: the step with this id failed.
    case drop(Int, failed: String)
  }

  private enum State { case waiting, begun, done }

  private let jobs: [(step: String, from: String?)]
  /// The group of each job.
  private let together: [[Int]]
  private var states: [State]
  private var remaining: [String: Int] = [:]
  private var failed: Set<String> = []
  /// Everything before it has begun.
  private var first = 0

  /// `groups`: which jobs are to be made at the same time; each is in one, and those of one work on
  /// the same.
  init(_ jobs: [Job], groups: [[Int]]) {
    var together = jobs.indices.map { [$0] }
    for group in groups { for index in group { together[index] = group } }
    self.together = together
    self.jobs = jobs.map { ($0.step.id, $0.step.from) }
    states = jobs.map { _ in .waiting }
    for job in self.jobs { remaining[job.step, default: 0] += 1 }
  }

  /// Whether every job has begun.
  var isOver: Bool { !states[first...].contains(.waiting) }

  /// The next turn; nil when all that is left waits for what others make, or nothing is left.
  mutating func next() -> Turn? {
    while first < jobs.count, states[first] != .waiting { first += 1 }
    for index in first..<jobs.count where states[index] == .waiting {
      if let from = jobs[index].from {
        guard remaining[from, default: 0] == 0 else { continue }
        if failed.contains(from) {
          states[index] = .begun
          return .drop(index, failed: from)
        }
      }
      for member in together[index] { states[member] = .begun }
      return .make(together[index])
    }
    return nil
  }

  /// A job has come to its end; a failure of one fails whoever works on its step.
  mutating func end(_ index: Int, isMade: Bool) {
    states[index] = .done
    remaining[jobs[index].step, default: 1] -= 1
    if !isMade { failed.insert(jobs[index].step) }
  }
}
