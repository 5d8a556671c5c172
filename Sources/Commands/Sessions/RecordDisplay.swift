import Basics
import Recorder
import Slices

/// Shows how a recording goes: a line per uid that lives on a terminal, plain lines elsewhere, or JSON.
struct RecordDisplay: Sendable {
  private let console: Console

  init(_ console: Console) { self.console = console }

  func show(_ event: RecordEvent) {
    if console.isJSON { json(event) } else { text(event) }
  }

  private func text(_ event: RecordEvent) {
    switch event {
    case .started(_, let path): console.error("recording into \(path)")
    case .joined(let uid, let url): console.error("\(uid): joined from \(url)")
    case .track(let uid, let kind, let format):
      console.error("\(uid): \(kind.rawValue) \(format.text)")
    case .slice: break
    case .left(let uid, let url, let reason, let retry):
      console.error("\(uid): left \(url): \(reason)\(again(retry))")
    case .failed(let uid, let url, let reason, let retry):
      console.error("\(uid): cannot record \(url): \(reason)\(again(retry))")
    case .damaged(let uid, let url, let reason):
      console.error("\(uid): damaged \(url): \(reason)")
    case .status(let sources): console.show(lines(sources))
    case .ended: console.show([])
    }
  }

  private func again(_ retry: MediaTime?) -> String {
    guard let retry, retry > .zero else { return "" }
    return "; trying again in \(decimal(retry.seconds)) s"
  }

  private func lines(_ sources: [SourceStatus]) -> [String] {
    table(
      ["UID", "STATE", "CODECS", "KBIT/S", "SLICES", "GAPS"],
      sources.map { source in
        [
          source.uid, source.state.rawValue, source.codecs.joined(separator: ","),
          "\(source.bitsPerSecond / 1000)", "\(source.slices)", "\(source.gaps)",
        ]
      }, right: [3, 4, 5]
    ).split(separator: "\n").map(String.init)
  }

  private func json(_ event: RecordEvent) {
    switch event {
    case .started(let sid, let path):
      console.event("start", [.init("sid", .string(sid)), .init("path", .string(path))])
    case .joined(let uid, let url):
      console.event("progress", source(uid, url) + [.init("state", "joined")])
    case .track(let uid, let kind, let format):
      console.event(
        "progress",
        [
          .init("uid", .string(uid)), .init("type", .string(kind.rawValue)),
          .init("codec", .string(format.codec)),
        ])
    case .slice(let uid, let kind, let name, let start, let duration):
      console.event(
        "output",
        [
          .init("path", .string(name)), .init("duration", .seconds(duration)),
          .init("uid", .string(uid)), .init("type", .string(kind.rawValue)),
          .init("start", .string(start.description)),
        ])
    case .left(let uid, let url, let reason, let retry):
      console.event("warning", problem(uid, url, reason, retry) + [.init("state", "left")])
    case .failed(let uid, let url, let reason, let retry):
      console.event(retry == nil ? "error" : "warning", problem(uid, url, reason, retry))
    case .damaged(let uid, let url, let reason):
      console.event("warning", problem(uid, url, reason, nil) + [.init("state", "damaged")])
    case .status(let sources):
      console.event(
        "progress",
        [
          .init(
            "sources",
            .array(
              sources.map { status in
                [
                  "uid": .string(status.uid), "url": .string(status.url),
                  "state": .string(status.state.rawValue),
                  "codecs": .array(status.codecs.map { .string($0) }),
                  "bitsPerSecond": .integer(status.bitsPerSecond),
                  "slices": .integer(Int64(status.slices)), "gaps": .integer(Int64(status.gaps)),
                ]
              }))
        ])
    case .ended: break
    }
  }

  private func source(_ uid: String, _ url: String) -> [JSONValue.Member] {
    [.init("uid", .string(uid)), .init("url", .string(url))]
  }

  private func problem(_ uid: String, _ url: String, _ reason: String, _ retry: MediaTime?)
    -> [JSONValue.Member]
  {
    [.init("message", .string(reason))] + source(uid, url)
      + (retry.map { $0 > .zero ? [.init("retryIn", .seconds($0))] : [] } ?? [])
  }
}

extension Format {
  fileprivate var text: String {
    if let width, let height { return "\(codec) \(width)x\(height)" }
    let rate = sampleRate.map { " \($0) Hz" } ?? ""
    let count = channels.map { " \($0) channel\($0 == 1 ? "" : "s")" } ?? ""
    return codec + rate + count
  }
}
