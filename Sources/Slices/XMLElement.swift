// The one file of this room that touches C: libxml2's tree becomes a value.

import CXml

/// An element of an XML document, with its elements, attributes and text.
struct XMLElement: Hashable, Sendable {
  /// The local name; names of our own namespace begin with `rushes:`.
  var name: String
  /// By local name, those of our own namespace as `rushes:name`; those of others are left out.
  var attributes: [String: String] = [:]
  var elements: [XMLElement] = []
  /// The text between its tags, without that of its elements.
  var text = ""
  /// Where it begins, from 1.
  var line: Int

  /// The namespace of what this program adds to an MPD.
  static let namespace = "urn:rushes:2026"
  /// No MPD is larger; a day of 15 s slices has 2 MB.
  private static let greatestSize = 32 << 20
  /// Elements deeper than this are left out; the deepest of an MPD is at 6.
  private static let greatestDepth = 32

  subscript(attribute: String) -> String? { attributes[attribute] }

  func first(_ name: String) -> XMLElement? { elements.first { $0.name == name } }

  func all(_ name: String) -> [XMLElement] { elements.filter { $0.name == name } }

  /// Reads a document as far as it can be read; the problem says where it could not.
  ///
  /// Nothing but the text is ever opened, and documents that declare entities are refused: an MPD
  /// has none, and a few nested ones could fill any memory.
  static func parse(_ text: some StringProtocol) -> (root: XMLElement?, problem: IndexProblem?) {
    let bytes = Array(text.utf8)
    guard bytes.count <= greatestSize else {
      return (nil, IndexProblem(line: nil, "larger than \(greatestSize >> 20) MiB"))
    }
    guard Substring(text).trimmedLines.unicodeScalars.first(where: { $0 != "\u{feff}" }) == "<"
    else {
      return (nil, IndexProblem(line: 1, "no XML: it does not begin with '<'"))
    }
    guard let context = xmlNewParserCtxt() else {
      return (nil, IndexProblem(line: nil, "out of memory"))
    }
    defer { xmlFreeParserCtxt(context) }
    let options =
      XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
      | XML_PARSE_RECOVER.rawValue | XML_PARSE_NOCDATA.rawValue
    let document = bytes.withUnsafeBytes { raw in
      xmlCtxtReadMemory(
        context, raw.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(raw.count), nil,
        "UTF-8", Int32(bitPattern: options))
    }
    let problem = lastProblem(context)
    guard let document else {
      return (nil, problem ?? IndexProblem(line: 1, "no XML"))
    }
    defer { xmlFreeDoc(document) }
    guard document.pointee.intSubset == nil else {
      return (nil, IndexProblem(line: nil, "it has a document type declaration"))
    }
    guard let root = xmlDocGetRootElement(document) else {
      return (nil, problem ?? IndexProblem(line: 1, "no XML"))
    }
    return (XMLElement(root.pointee, depth: 0), problem)
  }

  private static func lastProblem(_ context: xmlParserCtxtPtr) -> IndexProblem? {
    guard let error = xmlCtxtGetLastError(context), error.pointee.code != 0 else { return nil }
    let message = error.pointee.message.map { String(cString: $0) } ?? "no XML"
    let line = Int(error.pointee.line)
    return IndexProblem(
      line: line > 0 ? line : nil, String(message.split(separator: "\n").first ?? "no XML"))
  }

  private init(_ node: xmlNode, depth: Int) {
    name = Self.name(node.name, node.ns) ?? ""
    line = Int(node.line)
    var attribute = node.properties
    while let current = attribute?.pointee {
      if let name = Self.name(current.name, current.ns) {
        attributes[name] = Self.text(current.children)
      }
      attribute = current.next
    }
    text = Self.text(node.children)
    guard depth < Self.greatestDepth else { return }
    var child = node.children
    while let current = child?.pointee {
      if current.type == XML_ELEMENT_NODE {
        elements.append(XMLElement(current, depth: depth + 1))
      }
      child = current.next
    }
  }

  /// The text of neighbouring nodes; references to entities are nobody's text.
  private static func text(_ first: UnsafeMutablePointer<xmlNode>?) -> String {
    var text = ""
    var node = first
    while let current = node?.pointee {
      if current.type == XML_TEXT_NODE || current.type == XML_CDATA_SECTION_NODE,
        let content = current.content
      {
        text += String(cString: content)
      }
      node = current.next
    }
    return text
  }

  private static func name(
    _ local: UnsafePointer<xmlChar>?, _ namespace: UnsafeMutablePointer<xmlNs>?
  ) -> String? {
    guard let local else { return nil }
    guard let namespace, let href = namespace.pointee.href else { return String(cString: local) }
    let uri = String(cString: href)
    if uri == Self.namespace { return "rushes:\(String(cString: local))" }
    // An MPD's own elements are in a namespace, mostly the default one; its attributes are not.
    return namespace.pointee.prefix == nil || uri.hasPrefix("urn:mpeg:dash:schema:mpd:")
      ? String(cString: local) : "\(uri) \(String(cString: local))"
  }
}
