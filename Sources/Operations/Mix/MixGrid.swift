import Media
import Plan

/// How the samples of a mix are cut into parts that are made in parallel.
///
/// It depends on the output alone, so that its bytes do not depend on the number of workers.
struct MixGrid: Sendable {
  /// Samples in a block of the encoder.
  let block: Int64
  /// Blocks in a part.
  let blocks: Int64
  /// Blocks before a part with which its encoder gets into the state that it would have.
  let warmUp: Int64
  /// Blocks after a part that its encoder looks at.
  let after: Int64
  /// Blocks in the whole output.
  let total: Int64

  /// Samples before and after that the limiter looks at.
  private let lookBack: Int64
  private let lookAhead: Int64
  private let length: Int64

  /// `length`: of the output in samples.
  init(_ container: Container, rate: Int, length: Int64) {
    self.length = max(0, length)
    lookAhead = Int64(rate / 50)
    switch container {
    case .mp3:
      block = Int64(LameEncoder.frameSize(at: rate))
      (warmUp, after) = (20, 1)
      // What decoders hold back must come out too.
      total = (self.length + Int64(LameEncoder.delay) + 529 + block - 1) / block
    case .m4a, .aac:
      block = 1024
      (warmUp, after) = (24, 2)
      // The first frame is heard before the first sample.
      total = (self.length + block - 1) / block + 1
    default:
      block = Int64(rate / 50)
      (warmUp, after) = (0, 0)
      total = (self.length + block - 1) / block
    }
    let seconds: Int64 = warmUp > 0 ? 20 : 10
    blocks = max(1, seconds * Int64(rate) / block)
    lookBack = max(0, Int64(rate) - warmUp * block)
  }

  var parts: Int { Int((total + blocks - 1) / blocks) }

  /// The blocks of a part.
  func blocks(of part: Int) -> Range<Int64> {
    let first = Int64(part) * blocks
    return first..<min(total, first + blocks)
  }

  /// The samples that the encoder of a part is given.
  func samples(of part: Int) -> Range<Int64> {
    let blocks = blocks(of: part)
    return max(0, blocks.lowerBound - warmUp) * block..<(blocks.upperBound + after) * block
  }

  /// How many blocks of a part's samples come before the part.
  func warmUp(of part: Int) -> Int { Int(min(warmUp, blocks(of: part).lowerBound)) }

  /// The samples that must be mixed for a part.
  func window(of part: Int) -> Range<Int64> {
    let samples = samples(of: part)
    return max(0, samples.lowerBound - lookBack)..<samples.upperBound + lookAhead
  }

  /// The samples that belong to a part and to no other.
  func core(of part: Int) -> Range<Int64> {
    let blocks = blocks(of: part)
    let first = min(length, blocks.lowerBound * block)
    return first..<(part + 1 == parts ? length : min(length, blocks.upperBound * block))
  }
}
