/// Where a slice lies, told by what its neighbours have too and by a number of its own.
struct SlicePath: Hashable, Sendable {
  /// What stands in front of the number and behind it.
  var before: String
  var after: String
  /// How many digits the number has; 0 when there is none.
  var digits: Int8

  /// Parts a path at the longest number of its file name, the last of several.
  static func split(_ path: String) -> (SlicePath, number: Int64) {
    let bytes = path.utf8
    var best = bytes.endIndex..<bytes.endIndex
    var length = 0
    var run: String.Index?
    var count = 0
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "/"):
        (best, length, run, count) = (bytes.endIndex..<bytes.endIndex, 0, nil, 0)
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if run == nil { run = index }
        count += 1
        // More would be no 64-bit number.
        if count >= length, count <= 18, let run {
          (best, length) = (run..<bytes.index(after: index), count)
        }
      default: (run, count) = (nil, 0)
      }
    }
    guard length > 0, let number = Int64(path[best]) else {
      return (SlicePath(before: path, after: "", digits: 0), 0)
    }
    return (
      SlicePath(
        before: String(path[..<best.lowerBound]), after: String(path[best.upperBound...]),
        digits: Int8(length)), number
    )
  }

  func text(_ number: Int64) -> String {
    guard digits > 0 else { return before }
    var text = before
    text.reserveCapacity(before.utf8.count + Int(digits) + after.utf8.count)
    var power: Int64 = 1
    for _ in 1..<digits { power *= 10 }
    while power > 0 {
      text.unicodeScalars.append(
        Unicode.Scalar(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / power % 10)))
      power /= 10
    }
    text += after
    return text
  }
}
