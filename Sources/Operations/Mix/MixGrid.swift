import Media
import Plan

/// How the samples of a mix are cut into parts that are made in parallel.
///
/// It depends on the output alone, so that its bytes do not depend on the number of workers. What is
/// mixed for a part does not depend on the container either, so that outputs can have it in common.
struct MixGrid: Sendable {
  /// Samples in a block of the encoder.
  let block: Int64
  /// Blocks before a part with which its encoder gets into the state that it would have.
  let warmUp: Int64
  /// Blocks after a part that its encoder looks at.
  private let afterBlocks: Int64
  /// Blocks in the whole output.
  let total: Int64

  /// Samples in a part, but for whole blocks.
  private let size: Int64
  /// Samples before a part that are mixed for it: a second for the limiter, and what brings any
  /// encoder into its state.
  private let before: Int64
  /// Samples after a part that are mixed for it: more than any encoder and the limiter look at.
  private let after: Int64
  private let length: Int64

  /// `length`: of the output in samples.
  init(_ container: Container, rate: Int, length: Int64) {
    self.length = max(0, length)
    size = Int64(30 * rate)
    before = Int64(max(rate, 32_768))
    after = 8192
    switch container {
    case .mp3:
      block = Int64(LameEncoder.frameSize(at: rate))
      (warmUp, afterBlocks) = (20, 1)
      // What decoders hold back must come out too.
      total = (self.length + Int64(LameEncoder.delay) + 529 + block - 1) / block
    case .m4a, .aac:
      block = 1024
      (warmUp, afterBlocks) = (24, 2)
      // The first frame is heard before the first sample.
      total = (self.length + block - 1) / block + 1
    default:
      block = Int64(rate / 50)
      (warmUp, afterBlocks) = (0, 0)
      total = (self.length + block - 1) / block
    }
  }

  var parts: Int { total == 0 ? 0 : Int(max(1, (length + size - 1) / size)) }

  /// The blocks of a part: those that begin in it, and in the last all that are left.
  func blocks(of part: Int) -> Range<Int64> {
    let first = (Int64(part) * size + block - 1) / block
    return first..<(part + 1 == parts ? total : (Int64(part + 1) * size + block - 1) / block)
  }

  /// The samples that the encoder of a part is given.
  func samples(of part: Int) -> Range<Int64> {
    let blocks = blocks(of: part)
    return max(0, blocks.lowerBound - warmUp) * block..<(blocks.upperBound + afterBlocks) * block
  }

  /// How many blocks of a part's samples come before the part.
  func warmUp(of part: Int) -> Int { Int(min(warmUp, blocks(of: part).lowerBound)) }

  /// The samples that must be mixed for a part.
  func window(of part: Int) -> Range<Int64> {
    let start = Int64(part) * size
    return max(0, start - before)..<min(start + size, length) + after
  }

  /// The samples that belong to a part and to no other.
  func core(of part: Int) -> Range<Int64> {
    let blocks = blocks(of: part)
    let first = min(length, blocks.lowerBound * block)
    return first..<(part + 1 == parts ? length : min(length, blocks.upperBound * block))
  }
}
