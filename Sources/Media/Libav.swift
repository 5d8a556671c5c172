import Basics
import CLibav

/// The only place where a libav return value becomes an error.
///
/// The reason is libav's own word for the code and, where libav logged a line on this thread that
/// explains it, that line.
@discardableResult
func check(
  _ result: Int32, _ subject: @autoclosure () -> String, cannot verb: StaticString,
  _ code: ExitCode = .data
) throws(Failure) -> Int32 {
  guard result < 0 else { return result }
  var reason = describe(result)
  if let line = Log.lines().last, line != reason { reason += " (\(line))" }
  // A folder that is not there is no missing input where something is to be created.
  let isOutput = code == .cannotCreate && result == shim_AVERROR(ENOENT)
  let known = isOutput ? nil : exitCode(of: result)
  throw Failure(subject(), cannot: "\(verb)", reason, known ?? code)
}

/// libav's text for an error code.
private func describe(_ code: Int32) -> String {
  if code == shim_AVERROR_EOF { return "the input ends too early" }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(AV_ERROR_MAX_STRING_SIZE)) {
    guard let text = $0.baseAddress else { return "error \(code)" }
    av_strerror(code, text, $0.count)
    return String(cString: text)
  }
}

private func exitCode(of result: Int32) -> ExitCode? {
  if result == shim_AVERROR_INVALIDDATA { return .data }
  return switch -result {
  case ENOENT: .noInput
  case ENOSPC, EDQUOT, EIO, EFBIG: .io
  case EMFILE, ENFILE: .unavailable
  case EACCES, EPERM, EROFS, EISDIR: .cannotCreate
  case ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EADDRINUSE, EADDRNOTAVAIL, ECONNRESET:
    .unavailable
  default: nil
  }
}

/// Where libav's way to ask for another place in a file leads; its code of an error where that is
/// nowhere.
///
/// `position`, `size`: of the file, in bytes.
func seekTarget(_ offset: Int64, _ whence: Int32, position: Int64, size: Int64) -> Int64 {
  let base: Int64 =
    switch whence & ~AVSEEK_FORCE {
    case SEEK_CUR: position
    case SEEK_END: size
    default: 0
    }
  let (target, overflow) = base.addingReportingOverflow(offset)
  return overflow || target < 0 ? Int64(shim_AVERROR(EINVAL)) : target
}

/// A C pointer that libav promised; its absence means that memory has run out.
func allocated<T>(_ pointer: UnsafeMutablePointer<T>?) -> UnsafeMutablePointer<T> {
  guard let pointer else { preconditionFailure("out of memory") }
  return pointer
}

/// libav's options, by name, as the dictionary that its functions eat.
///
/// The functions leave in it what they did not know.
func withOptions<Result>(
  _ options: [String: String], _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Result
) -> (result: Result, unknown: [String]) {
  var dictionary: OpaquePointer?
  for (name, value) in options.sorted(by: { $0.key < $1.key }) {
    av_dict_set(&dictionary, name, value, 0)
  }
  defer { av_dict_free(&dictionary) }
  let result = body(&dictionary)
  var unknown: [String] = []
  var entry: UnsafeMutablePointer<AVDictionaryEntry>?
  while let next = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX) {
    unknown.append(String(cString: next.pointee.key))
    entry = next
  }
  return (result, unknown)
}

extension TimeBase {
  /// nil where libav says 0/0 or less.
  init?(_ rational: AVRational) {
    guard rational.num > 0, rational.den > 0 else { return nil }
    self.init(rational.num, rational.den)
  }

  var rational: AVRational { AVRational(num: numerator, den: denominator) }
}

/// libav's timestamp, or nil where it says that there is none.
func timestamp(_ value: Int64) -> Int64? { value == shim_AV_NOPTS_VALUE ? nil : value }
