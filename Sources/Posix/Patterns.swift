package import Basics
import Glibc

/// The paths that a pattern (`*`, `?`, `[…]`, glob(7)) stands for, sorted; a path that exists stands
/// for itself.
///
/// Throws when there are none.
package func paths(matching pattern: String) throws(Failure) -> [String] {
  guard !fileExists(pattern), pattern.contains(where: { "*?[".contains($0) }) else {
    return [pattern]
  }
  var found = glob_t()
  defer { globfree(&found) }
  guard glob(pattern, 0, nil, &found) == 0 else {
    throw Failure(pattern, cannot: "open", "nothing matches it", .noInput)
  }
  return (0..<Int(found.gl_pathc)).compactMap { index in
    found.gl_pathv[index].map { String(cString: $0) }
  }
}
