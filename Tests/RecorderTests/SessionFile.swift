import Foundation
import TestSupport

/// `session.json`, read by somebody else's reader.
struct SessionFile: Decodable {
  struct Track: Decodable {
    let uid: String
    let type: String
    let start: Double?
    let codec: String
    let width: Int?
    let height: Int?
    let sampleRate: Int?
    let channels: Int?
  }

  struct Event: Decodable {
    let time: Double
    let event: String
    let uid: String
  }

  let version: Int
  let sid: String
  let cname: String
  let start: String
  let tracks: [Track]
  let events: [Event]

  init(_ archive: String) throws {
    let text = try Files.text("\(archive)/session.json")
    self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
  }

  func events(of uid: String) -> [String] { events.filter { $0.uid == uid }.map(\.event) }
}
