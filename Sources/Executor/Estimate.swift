import Basics
package import Plan
import Posix
import Slices

/// What making something will take, roughly: for people who wait, and for schedulers' requests.
package struct Estimate: Hashable, Sendable {
  /// Bytes of the finished files.
  package var disk: Int64
  /// Seconds of one processor.
  package var time: Double
  /// Bytes of memory.
  package var memory: Int64

  /// Bytes that the process needs before it works.
  private static let base: Int64 = 40 << 20

  /// What a whole plan takes with so many things made at once; nil is what the machine grants.
  ///
  /// Steps on other steps' outputs wait for them, so the time is at least that of the longest chain.
  package static func of(_ plan: Plan, jobs: Int? = nil) -> Estimate {
    let jobs = max(1, jobs ?? processorCount)
    var sizes = FileSizes()
    var chains: [String: Double] = [:]
    var all = Estimate(disk: 0, time: 0, memory: base)
    var each: [(estimate: Estimate, decoding: Double)] = []
    for step in plan.steps {
      let outputs = step.outputs.map { Estimate.of($0, step, &sizes) }
      let longest = outputs.map(\.time).max() ?? 0
      chains[step.id] = (step.from.flatMap { chains[$0] } ?? 0) + longest
      each += zip(outputs, step.outputs).map { estimate, output in
        (estimate, step.work(on: output).decoding * output.stretch.duration.seconds)
      }
    }
    all.time = each.reduce(0) { $0 + $1.estimate.time }
    all.disk = each.reduce(0) { $0 + $1.estimate.disk }
    var groups: [Int64] = []
    for group in plan.together {
      // What is made together is decoded once, and all its encoders hold pictures at once.
      all.time -= group.dropFirst().reduce(0) { $0 + each[$1].decoding }
      groups.append(group.reduce(0) { $0 + each[$1].estimate.memory })
    }
    all.time = max(all.time / Double(jobs), chains.values.max() ?? 0)
    all.memory += groups.sorted(by: >).prefix(jobs).reduce(0, +)
    return all
  }

  /// What one output takes.
  package static func of(_ output: Output, _ step: Step) -> Estimate {
    var sizes = FileSizes()
    return of(output, step, &sizes)
  }

  private static func of(_ output: Output, _ step: Step, _ sizes: inout FileSizes) -> Estimate {
    let work = step.work(on: output)
    let read = work.reads ? sizes.bytes(of: output, step) : 0
    let seconds = output.stretch.duration.seconds
    let written = Int64(Double(read) * work.share + seconds * (work.bitsPerSecond ?? 0) / 8)
    return Estimate(
      disk: written,
      time: 0.02 + Double(read) / 200e6 + seconds * work.cost,
      memory: work.memory)
  }
}

/// The sizes of files, each asked for once; of slices they are known.
private struct FileSizes {
  private var known: [String: Int64] = [:]

  /// The bytes of the slices, or parts of them, that go into an output.
  mutating func bytes(of output: Output, _ step: Step) -> Int64 {
    var sum = 0.0
    for person in step.session.participants where output.uids.contains(person.uid) {
      for slice in person.tracks.lazy.flatMap(\.slices) {
        let extent = slice.extent
        let overlap = min(extent.end, output.stretch.end) - max(extent.start, output.stretch.start)
        guard overlap > .zero, extent.duration > .zero else { continue }
        let part = min(1, overlap.seconds / extent.duration.seconds)
        sum += part * Double(size(of: slice.slice))
      }
    }
    return Int64(sum)
  }

  private mutating func size(of slice: Slice) -> Int64 {
    if slice.size > 0 { return slice.size }
    let path = slice.resource.path
    if let size = known[path] { return size }
    let size = fileSize(path) ?? 0
    known[path] = size
    return size
  }
}
