package import Basics
package import Plan

/// Makes one output of a step: all its files, which get their names through `context`.
///
/// `context`: is asked and told while the work goes on.
///
/// Throws when the output cannot be made; files that were published before stay.
package func make(_ output: Output, of step: Step, _ context: OperationContext) throws(Failure)
  -> OutputReport
{
  switch step.operation {
  case .merge(let options) where [.m3u8, .mpd].contains(output.container):
    try mergeIndex(step.session, options, output, context)
  case .merge(let options):
    try context.file(output.path) { path throws(Failure) in
      if let report = try joinTransport(step.session, options, output, at: path, context) {
        return report
      }
      return try merge(step.session, options, output, at: path, context)
    }
  case .mix(let options): try mix(step.session, options, output, context)
  case .snapshot(let work):
    try snapshot(step.session, work, output, context)
  case .transcode(let options) where output.container.isSegmented:
    try context.segments { () throws(Failure) in
      try transcode(step.session, options, output, at: output.path, context)
    }
  case .transcode(let options):
    try context.file(output.path) { path throws(Failure) in
      try transcode(step.session, options, output, at: path, context)
    }
  case .animate(let options):
    try context.file(output.path) { path throws(Failure) in
      try animate(step.session, options, output, at: path, context)
    }
  }
}
