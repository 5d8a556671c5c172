package import Plan
import Slices

/// How an output is made, as far as the plan tells.
package struct OutputWork: Hashable, Sendable {
  /// Packets go into it as they are, where it can show them.
  package var copies = false
  /// What is encoded for it, by the name that recipes have for it: `aac`, `h264`, `jpg`.
  package var encodes: [String] = []
  /// Bits of the output per second; nil for a share of what is read.
  var bitsPerSecond: Double?
  /// The part of the bytes read that is written.
  var share = 1.0
  /// Seconds of a processor for a second of the output.
  var cost = 0.0
  /// Bytes of memory while it is made.
  var memory: Int64 = 16 << 20
}

extension Step {
  /// How one of the step's outputs is made.
  package func work(on output: Output) -> OutputWork {
    switch operation {
    case .merge:
      return OutputWork(copies: true)
    }
  }
}
