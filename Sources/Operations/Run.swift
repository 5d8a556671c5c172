package import Basics
package import Plan

/// Makes one output of a step.
///
/// `path`: where to write; never the output's final name.
/// `context`: is asked and told while the work goes on.
///
/// Throws when the file cannot be made; what is at `path` then is worth nothing.
package func make(_ output: Output, of step: Step, at path: String, _ context: OperationContext)
  throws(Failure) -> OutputReport
{
  switch step.operation {
  case .merge(let options):
    try merge(step.session, options, output, at: path, context)
  case .transcode(let options):
    try transcode(step.session, options, output, at: path, context)
  }
}
