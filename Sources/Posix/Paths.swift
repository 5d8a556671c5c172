import Glibc

/// The folder of a path (`.` when it names none, never with a slash at its end but for `/`), and
/// the name in it.
package func splitPath(_ path: String) -> (folder: String, name: String) {
  let slash = UInt8(ascii: "/")
  var path = path.utf8[...]
  while path.last == slash, path.dropLast().first != nil { path.removeLast() }
  guard let end = path.lastIndex(of: slash) else { return (".", String(Substring(path))) }
  let folder = path[..<end]
  let name = String(Substring(path[path.index(after: end)...]))
  return (folder.isEmpty ? "/" : String(Substring(folder)), name)
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
  var name = path.utf8[...]
  while name.last == UInt8(ascii: "/") { name.removeLast() }
  if let slash = name.lastIndex(of: UInt8(ascii: "/")) { name = name[name.index(after: slash)...] }
  guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return "" }
  return Substring(name[name.index(after: dot)...]).lowercased()
}

/// Where a path leads when all symbolic links are followed; the path itself where nothing is there.
package func resolvedPath(_ path: String) -> String {
  guard let found = realpath(path, nil) else { return path }
  defer { free(found) }
  return String(cString: found)
}
