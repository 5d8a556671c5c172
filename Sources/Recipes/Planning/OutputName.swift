import Basics
import Slices

/// What one output is made of, for its name.
struct OutputSubject {
  let session: Session
  /// nil for a file of the whole session.
  let uid: String?
  let content: SliceName.Content?
  let tail: SliceName.Tail
  let index: Int
  let start: UTCTime
  let stepId: String

  /// The name that an output has when the recipe gives none.
  ///
  /// Agora's (`<sid>_<cname>__uid_s_<uid>__uid_e_av`) where the session has a sid or cname, else
  /// the session's own name, with the uid where there are several.
  func defaultName(ending: String) -> String {
    guard !session.sid.isEmpty || !session.cname.isEmpty else {
      let isAlone = session.participants.count < 2
      let tail =
        switch tail {
        case .utc(let time): "_\(time.digits)"
        case .index(let index) where index > 0: "_\(index)"
        default: ""
        }
      return session.name + (isAlone ? "" : uid.map { "_\($0)" } ?? "") + "\(tail).\(ending)"
    }
    return SliceName(
      sid: session.sid, cname: session.cname, uid: uid, content: content, tail: tail, ext: ending
    ).text
  }

  /// `template` with its variables replaced, or why one has no value.
  func name(from template: String) -> Result<String, NameProblem> {
    var out = ""
    var rest = template[...]
    while let dollar = rest.firstIndex(of: "$") {
      out += rest[..<dollar]
      rest = rest[dollar...]
      if rest.hasPrefix("$${") {
        out += "${"
        rest = rest.dropFirst(3)
      } else if rest.hasPrefix("${"), let close = rest.firstIndex(of: "}") {
        switch value(of: String(rest[..<close].dropFirst(2))) {
        case .success(let value): out += value
        case .failure(let problem): return .failure(problem)
        }
        rest = rest[close...].dropFirst()
      } else {
        out += "$"
        rest = rest.dropFirst()
      }
    }
    return .success(out + rest)
  }

  private func value(of variable: String) -> Result<String, NameProblem> {
    switch variable {
    case "sid" where session.sid.isEmpty, "cname" where session.cname.isEmpty:
      .failure(
        NameProblem("'${\(variable)}' in 'name' is empty: the session '\(session.name)' has none"))
    case "sid": .success(session.sid)
    case "cname": .success(session.cname)
    case "index": .success(String(index))
    case "utc": .success(start.digits)
    case "id": .success(stepId)
    default:
      uid.map { .success($0) }
        ?? .failure(
          NameProblem("'${\(variable)}' in 'name' has no meaning in a file of the whole session"))
    }
  }
}

/// Why an output cannot have its name.
struct NameProblem: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// `path` without `.`, `..` and doubled slashes, absolute in `folder`; no link is followed.
func absolute(_ path: String, in folder: String) -> String {
  let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
  var parts: [Substring] = []
  for part in full.split(separator: "/") {
    switch part {
    case ".": continue
    case "..": _ = parts.popLast()
    default: parts.append(part)
    }
  }
  return "/" + parts.joined(separator: "/")
}
