import Basics
import Ledger
import Operations
package import Plan
import Posix
import Slices

/// Does what a plan says: makes each output under an unfinished name, brings it onto the disk, and
/// gives it its final name, so that nothing half-written ever has one.
///
/// A failure of one output fails what works on its step, and stops nothing else.
///
/// `observer`: is called from several threads.
package func execute(
  _ plan: Plan, _ options: RunOptions, observer: @escaping @Sendable (RunEvent) -> Void
) -> RunResult {
  let jobs = plan.steps.flatMap { step in step.outputs.map { Job(step: step, output: $0) } }
  observer(.start(steps: plan.steps.count, outputs: jobs.count))
  for warning in plan.warnings { observer(.warning("\(warning)")) }
  let run = Run(plan: plan, jobs: jobs, options, observer: observer)
  let code = run.execute()
  observer(.done(code: code))
  return RunResult(code: code)
}

/// One output to be made.
struct Job: Sendable {
  let step: Step
  let output: Output
}

/// A run while it goes on.
private final class Run: Sendable {
  private struct State {
    var schedule: Schedule
    /// Steps on other steps' outputs, with what lies in these.
    var opened: [String: Step] = [:]
    var done: [MediaTime]
    /// What the report says of each job, and whether it has losses; nil for what failed.
    var entries: [(json: JSONValue, hasLosses: Bool)?]
    var code = ExitCode.done
    var lastProgress: MediaTime
  }

  private let plan: Plan
  private let jobs: [Job]
  private let options: RunOptions
  private let parallel: Parallel
  private let observer: @Sendable (RunEvent) -> Void
  private let inputs: InputFiles
  private let start = steadyNow()
  private let state: Monitor<State>

  init(
    plan: Plan, jobs: [Job], _ options: RunOptions,
    observer: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.plan = plan
    self.jobs = jobs
    self.options = options
    self.observer = observer
    parallel = Parallel(width: options.jobs ?? processorCount)
    inputs = InputFiles(of: plan.steps.lazy.filter { $0.from == nil }.map(\.session))
    state = Monitor(
      State(
        schedule: Schedule(jobs, groups: plan.together), done: jobs.map { _ in .zero },
        entries: jobs.map { _ in nil },
        lastProgress: steadyNow()))
  }

  func execute() -> ExitCode {
    do throws(Failure) {
      try makeFolder(plan.folder)
      let lock = try FolderLock(plan.folder, cannot: "write into")
      defer { withExtendedLifetime(lock) {} }
      return try makeAll()
    } catch {
      return fail(error)
    }
  }

  private func makeAll() throws(Failure) -> ExitCode {
    for session in Set(plan.steps.map(\.session)) { warn(of: session) }
    let finished = try FinishedOutputs(of: plan)
    let threads = (0..<min(parallel.width, max(1, jobs.count))).map { _ in
      Thread { [self] in work(finished) }
    }
    for thread in threads { thread.join() }
    if let number = Interruption.signalNumber { return ExitCode(rawValue: 128 + number) }
    try writeReport()
    let (code, entries) = state.with { ($0.code, $0.entries.compactMap { $0 }) }
    let hasLosses =
      entries.contains(where: \.hasLosses)
      || plan.steps.contains { $0.session.problems.contains(where: \.isLoss) }
    return code == .done && options.strict && hasLosses ? .data : code
  }

  private func work(_ finished: FinishedOutputs) {
    while let turn = state.wait(for: { state -> Schedule.Turn?? in
      guard Interruption.signalNumber == nil, !state.schedule.isOver else { return .some(nil) }
      return state.schedule.next().map { .some($0) }
    }) ?? nil {
      switch turn {
      case .drop(let index, let failed):
        let path = jobs[index].output.path
        observer(.error("\(path): cannot create: the step '\(failed)' failed"))
        state.with { $0.schedule.end(index, isMade: false) }
      case .make(let group):
        let seats = Seat.row(of: group.count)
        let others = zip(group, seats).dropFirst().map { index, seat in
          Thread { [self] in make(index, seat, finished) }
        }
        make(group[0], seats[0], finished)
        for thread in others { thread.join() }
      }
    }
  }

  private func make(_ index: Int, _ seat: Seat, _ finished: FinishedOutputs) {
    var isMade = false
    do throws(Failure) {
      defer { seat.leave() }
      try make(index, finished, seat)
      isMade = true
    } catch {
      _ = fail(error)
    }
    state.with { $0.schedule.end(index, isMade: isMade) }
  }

  /// The job with what lies in the files that it works on.
  private func opened(_ job: Job) throws(Failure) -> Job {
    guard job.step.from != nil else { return job }
    if let step = state.with({ $0.opened[job.step.id] }) {
      return Job(step: step, output: job.output)
    }
    let step = try job.step.opened()
    let isFirst = state.with { $0.opened.updateValue(step, forKey: step.id) == nil }
    if isFirst { warn(of: step.session) }
    return Job(step: step, output: job.output)
  }

  private func warn(of session: Session) {
    for problem in session.problems {
      observer(.warning("\(problem.path): \(problem.message)"))
    }
  }

  private func make(
    _ index: Int, _ finished: FinishedOutputs, _ seat: Seat
  ) throws(Failure) {
    let job = try opened(jobs[index])
    let key = FinishedOutputs.key(of: job)
    if !options.force, let known = try finished.find(job, key: key) {
      end(index, .printed(known.report), hasLosses: known.hasLosses)
      return
    }
    try OutputFiles.check(job.output.path, inputs)
    let files = try OutputFiles(
      of: job, key: key, inputs: inputs, finished, isForced: options.force)
    let report = try make(job, files, seat) { [self] time in progress(index, time) }
    for loss in report.losses { observer(.warning("\(loss.path): \(loss.message)")) }
    let entry = try reportEntry(job, report, files: files.all, in: plan.folder)
    let hasLosses = !report.losses.isEmpty
    try finished.note(job, key: key, entry: entry, hasLosses: hasLosses)
    end(index, entry, hasLosses: hasLosses)
  }

  private func end(_ index: Int, _ entry: JSONValue, hasLosses: Bool) {
    let output = jobs[index].output
    progress(index, output.stretch.duration)
    state.with { $0.entries[index] = (entry, hasLosses) }
    observer(.output(path: output.path, duration: output.stretch.duration))
  }

  /// Makes an output; what is complete of it is kept also when the rest cannot be made.
  private func make(
    _ job: Job, _ files: OutputFiles, _ seat: Seat,
    progress: @escaping @Sendable (MediaTime) -> Void
  ) throws(Failure) -> OutputReport {
    try makeFolder(splitPath(job.output.path).folder)
    let context = OperationContext(
      parallel: parallel, isCancelled: { Interruption.signalNumber != nil }, progress: progress,
      isMade: { files.isMade($0) },
      publish: { (unfinished, final) throws(Failure) in try files.publish(unfinished, as: final) },
      seat: seat)
    let report: OutputReport
    do throws(Failure) {
      report = try Operations.make(job.output, of: job.step, context)
    } catch {
      try? files.flush()
      throw error
    }
    try files.flush()
    return report
  }

  private func fail(_ failure: Failure) -> ExitCode {
    guard failure.code != .interrupted else { return .interrupted }
    observer(.error("\(failure)"))
    state.with { $0.code = failure.code }
    return failure.code
  }

  private func progress(_ index: Int, _ time: MediaTime) {
    let now = steadyNow()
    let done = state.with { state -> Double? in
      state.done[index] = max(state.done[index], time)
      guard now - state.lastProgress > MediaTime(milliseconds: 100) else { return nil }
      state.lastProgress = now
      return state.done.map(\.seconds).reduce(0, +)
    }
    guard let done else { return }
    let whole = jobs.map(\.output.stretch.duration.seconds).reduce(0, +)
    let elapsed = (now - start).seconds
    let part = whole > 0 ? min(1, done / whole) : 1
    let speed = elapsed > 0 ? done / elapsed : nil
    let left = part > 0 ? MediaTime(seconds: elapsed / part - elapsed) : nil
    observer(.progress(done: part, speed: speed, left: left))
  }

  private func writeReport() throws(Failure) {
    let entries = state.with(\.entries)
    let made = zip(jobs, entries).compactMap { job, entry in entry.map { (job, $0.json) } }
    let text = report(of: plan, outputs: made).pretty
    let path = plan.file.map { $0 + ".report.json" } ?? joinPath(plan.folder, "rushes-report.json")
    try replaceFile(path, with: text.utf8)
  }
}
