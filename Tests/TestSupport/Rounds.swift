import Posix

/// Repeats of a test that draws lots: few in the ordinary run, more where time is given.
package enum Rounds {
  package static func count(ordinary: Int, ci: Int, soak: Int) -> Int {
    if environment("RUSHES_SOAK") != nil { return soak }
    return environment("CI") != nil ? ci : ordinary
  }

  /// Mutations of a fuzz test; `RUSHES_FUZZ_ROUNDS` asks for others.
  package static func ofFuzz(ordinary: Int) -> Int {
    environment("RUSHES_FUZZ_ROUNDS").flatMap { Int($0) } ?? ordinary
  }
}
