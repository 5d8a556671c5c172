import Basics
import Executor
import Plan
import Slices

extension Plan {
  /// The plan for people: a line for each output, and what all takes.
  func table(jobs: Int?) -> String {
    let rows = steps.flatMap { step in
      step.outputs.map { output in
        [
          step.id, output.path + (output.others.isEmpty ? "" : " + \(output.others.count)"),
          output.uids.joined(separator: ","),
          output.stretch.start.description, clock(output.stretch.duration),
          step.work(on: output).description, bytes(Estimate.of(output, step).disk),
        ]
      }
    }
    let all = Estimate.of(self, jobs: jobs)
    let sources = steps.map { step in
      "\(step.id): \(step.operation.name) of "
        + (step.from.map { "the outputs of \($0)" } ?? "the session \(step.session.name)") + "\n"
    }
    return sources.joined()
      + Commands.table(
        ["STEP", "OUTPUT", "UIDS", "START", "LENGTH", "HOW", "SIZE"], rows, right: [3, 4, 6])
      + "About \(clock(MediaTime(seconds: all.time))) of work, \(bytes(all.disk)) of disk and "
      + "\(bytes(all.memory)) of memory.\n"
  }

  /// The plan for scripts.
  func json(jobs: Int?) -> JSONValue {
    .object(
      [
        .init("folder", .string(folder)), .init("steps", .array(steps.map(\.json))),
        .init("estimate", Estimate.of(self, jobs: jobs).json),
      ] + (storage.map { [.init("storage", $0.json)] } ?? [])
        + [.init("warnings", .array(warnings.map { .string($0.description) }))])
  }
}

extension Step {
  fileprivate var json: JSONValue {
    let paths = Set(session.slices.lazy.map(\.slice.resource.path))
    return .object(
      [.init("id", .string(id)), .init("operation", .string(operation.name))]
        + [.init(from == nil ? "session" : "from", .string(from ?? session.name))]
        + [
          .init("inputs", .array(paths.sorted().map { .string($0) })),
          .init("outputs", .array(outputs.map { json(of: $0) })),
        ])
  }

  private func json(of output: Output) -> JSONValue {
    let work = work(on: output)
    return [
      "path": .string(output.path), "files": .array(output.others.map { .string($0) }),
      "container": .string(output.container.rawValue),
      "uids": .array(output.uids.map { .string($0) }),
      "start": .seconds(output.stretch.start), "duration": .seconds(output.stretch.duration),
      "copies": .bool(work.copies), "encodes": .array(work.encodes.map { .string($0) }),
      "estimate": Estimate.of(output, self).json,
    ]
  }
}

extension Operation {
  fileprivate var name: String {
    switch self {
    case .merge: "merge"
    case .mix: "mix"
    case .snapshot: "snapshot"
    case .transcode: "transcode"
    case .animate: "animate"
    }
  }
}

extension OutputWork {
  fileprivate var description: String {
    reads ? ((copies ? ["copy"] : []) + encodes).joined(separator: "+") : "list"
  }
}

extension Estimate {
  fileprivate var json: JSONValue {
    [
      "seconds": .number((time * 10).rounded() / 10), "disk": .integer(disk),
      "memory": .integer(memory),
    ]
  }
}

extension Storage {
  fileprivate var json: JSONValue {
    [
      "vendor": .integer(Int64(vendor)), "region": .integer(Int64(region)),
      "bucket": .string(bucket), "prefix": .array(prefix.map { .string($0) }),
    ]
  }
}

/// A number of bytes as people read it: `3.4 MB`.
func bytes(_ count: Int64) -> String {
  var value = Double(count)
  for unit in ["B", "kB", "MB", "GB"] {
    if value < 999.5 || unit == "GB" {
      return unit == "B" ? "\(count) B" : "\(decimal(value)) \(unit)"
    }
    value /= 1000
  }
  return "\(count) B"
}
