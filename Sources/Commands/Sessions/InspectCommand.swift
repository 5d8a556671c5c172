import Archive
import Basics
import Recorder
import Slices

extension Command {
  /// Tells what an archive holds.
  static let inspect = Command(
    "inspect", "tells what a session holds: uids, tracks, gaps, codecs, problems",
    usage: "SESSION [options]", operands: 1...1,
    options: [
      Option("--json", nil, nil, "writes JSON, for scripts ('rushes schema inspect')"),
      Option("--slices", nil, nil, "lists every slice too"),
      Option("--strict", nil, nil, "takes missing or damaged media as an error (65)"),
    ]
  ) { arguments, console throws(Ending) in
    let path = arguments.operands[0]
    let session = try failing { () throws(Failure) in try openSession(at: path) }
    let slices = arguments.has("--slices")
    if arguments.has("--json") {
      console.out(session.json(slices: slices).pretty)
    } else {
      console.out(session.text(slices: slices, console))
    }
    return arguments.has("--strict") && session.problems.contains(where: \.isLoss) ? .data : .done
  }

  /// Brings in what a recorder that was killed left behind.
  static let repair = Command(
    "repair", "brings in what a recorder that crashed left unfinished", usage: "SESSION",
    operands: 1...1
  ) { arguments, console throws(Ending) in
    let path = arguments.operands[0]
    let repaired = try failing { () throws(Failure) in try Recorder.repair(path) }
    for line in repaired { console.out(line) }
    if repaired.isEmpty { console.note("\(path): nothing to repair") }
    return .done
  }
}

extension Session {
  /// The session for people.
  func text(slices: Bool, _ console: Console) -> String {
    let title = [sid, cname].filter { !$0.isEmpty }.joined(separator: " ")
    var text = "\(title.isEmpty ? name : title)  \(start)  \(clock(duration))\n\n"
    text += table(
      ["UID", "TRACK", "CODECS", "SIZE", "SLICES", "START", "LENGTH", "GAPS", "DRIFT"],
      participants.flatMap { person in
        person.tracks.map { [person.uid, $0.kind.rawValue] + $0.cells }
      }, right: [4, 5, 6, 7, 8])
    let drawing = drawing(width: console.drawingWidth, isPlain: !console.isTerminal)
    if !drawing.isEmpty { text += "\n" + drawing.joined(separator: "\n") + "\n" }
    if slices {
      text +=
        "\n"
        + table(
          ["START", "LENGTH", "SLICE"],
          self.slices.map {
            [$0.start.description, ($0.end - $0.start).description, $0.slice.resource.path]
          }, right: [0, 1])
    }
    if !problems.isEmpty {
      text += "\n" + problems.map { "\($0.path): \($0.message)\n" }.joined()
    }
    return text
  }

  /// The session for scripts, in the shape of `Schemas.inspect`.
  func json(slices: Bool) -> JSONValue {
    [
      "sid": .string(sid), "cname": .string(cname), "start": .string(start.description),
      "duration": .seconds(duration),
      "uids": .array(
        participants.map { person in
          [
            "uid": .string(person.uid),
            "tracks": .array(person.tracks.map { $0.json(turns: turns(of: $0), slices: slices) }),
          ]
        }),
      "problems": .array(
        problems.map { ["path": .string($0.path), "message": .string($0.message)] }),
    ]
  }
}

extension Track {
  private var codecs: [String] {
    formats.map(\.codec).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// The largest picture, by area.
  private var size: (width: Int, height: Int)? {
    formats.compactMap { format in
      guard let width = format.width, let height = format.height else { return nil }
      return (width, height)
    }.max { a, b in
      a.width.multipliedReportingOverflow(by: a.height).partialValue
        < b.width.multipliedReportingOverflow(by: b.height).partialValue
    }
  }

  fileprivate var cells: [String] {
    let count = slices.count
    let lost = gaps.reduce(MediaTime.zero) { $0 + $1.duration }
    return [
      codecs.joined(separator: ","), size.map { "\($0.width)x\($0.height)" } ?? "",
      "\(count)", start.description, clock(end - start),
      gaps.isEmpty ? "0" : "\(gaps.count) (\(decimal(lost.seconds)) s)",
      "\(decimal(driftPpm)) ppm",
    ]
  }

  fileprivate func json(turns: [Turn], slices listed: Bool) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("type", .string(kind.rawValue)),
      .init("codecs", .array(codecs.map { .string($0) })),
      .init("slices", .integer(Int64(slices.count))), .init("start", .seconds(start)),
      .init("duration", .seconds(end - start)),
    ]
    if let size {
      members += [
        .init("width", .integer(Int64(size.width))), .init("height", .integer(Int64(size.height))),
      ]
    }
    members += [
      .init(
        "changes",
        .array(
          changes.map { .object([.init("time", .seconds($0.position))] + $0.format.members) })),
      .init(
        "rotations",
        .array(
          turns.map {
            ["time": .seconds($0.position), "degrees": .integer(Int64($0.degrees))]
          })),
      .init(
        "gaps",
        .array(
          gaps.map { ["start": .seconds($0.start), "duration": .seconds($0.duration)] })),
      .init("driftPpm", .number((driftPpm * 10).rounded() / 10)),
    ]
    if listed {
      members.append(
        .init(
          "files",
          .array(
            slices.map {
              [
                "path": .string($0.slice.resource.path), "start": .seconds($0.start),
                "duration": .seconds($0.end - $0.start),
              ]
            })))
    }
    return .object(members)
  }
}
