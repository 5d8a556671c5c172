import Glibc

/// The folder of a path (`.` when it names none, never with a slash at its end but for `/`), and
/// the name in it.
package func splitPath(_ path: String) -> (folder: String, name: String) {
  var path = Substring(path)
  while path.count > 1, path.last == "/" { path.removeLast() }
  guard let slash = path.lastIndex(of: "/") else { return (".", String(path)) }
  let folder = path[..<slash]
  return (folder.isEmpty ? "/" : String(folder), String(path[path.index(after: slash)...]))
}

/// `name` in `folder`; an absolute `name` stands for itself.
package func joinPath(_ folder: String, _ name: String) -> String {
  if name.hasPrefix("/") || folder.isEmpty || folder == "." { return name }
  return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
}

/// The path from the root, without `.` and `..`; links are left as they are.
package func absolutePath(_ path: String) -> String {
  var full = path
  if !path.hasPrefix("/") {
    let here = getcwd(nil, 0)
    defer { free(here) }
    full = here.map { String(cString: $0) + "/" + path } ?? path
  }
  var parts: [Substring] = []
  for part in full.split(separator: "/") where part != "." {
    if part == ".." { _ = parts.popLast() } else { parts.append(part) }
  }
  return "/" + parts.joined(separator: "/")
}

/// The ending of a file name in lower case, without its dot; empty when there is none.
package func pathExtension(_ path: String) -> String {
  let name = splitPath(path).name
  guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
  return name[name.index(after: dot)...].lowercased()
}
