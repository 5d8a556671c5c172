package import Basics
import Glibc

/// The failure of the system call that has just returned an error.
///
/// `code`: what it means for the program when `errno` says nothing more exact.
package func systemFailure(_ subject: String, cannot verb: String, _ code: ExitCode = .io)
  -> Failure
{
  failure(of: errno, subject, cannot: verb, code)
}

/// The failure that an `errno` value stands for.
package func failure(
  of number: Int32, _ subject: String, cannot verb: String, _ code: ExitCode = .io
) -> Failure {
  Failure(subject, cannot: verb, String(cString: strerror(number)), exitCode(of: number) ?? code)
}

/// The exit code that an `errno` value stands for whatever was tried; nil when it depends.
package func exitCode(of number: Int32) -> ExitCode? {
  switch number {
  case ENOENT, ENOTDIR: .noInput
  case ENOSPC, EDQUOT, EIO, EFBIG: .io
  case EROFS: .cannotCreate
  default: nil
  }
}
