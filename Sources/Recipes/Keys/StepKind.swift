/// What a step may be; one row of the table for each name that recipes define.
package struct StepKind: Sendable {
  package let name: String
  /// One line, without a full stop.
  package let doc: String
  /// Empty for a kind that is not available yet.
  let keys: [Definition]
  package var isAvailable: Bool { !keys.isEmpty }
  /// For a kind that is not available yet, the keys that `defaults` may hold for it.
  let laterKeys: [String]

  private init(
    _ name: String, _ doc: String, keys: [Definition] = [], laterKeys: [String] = []
  ) {
    self.name = name
    self.doc = doc
    self.keys = keys
    self.laterKeys = laterKeys
  }

  package static let all = [
    StepKind(
      "merge", "one file per uid or segment, or one of the session, by copy",
      keys: MergeKeys.all),
    StepKind(
      "transcode", "one file per uid in the codecs and size you want",
      keys: TranscodeKeys.all),
    StepKind("mix", "one audio file of all uids, or one of each", keys: MixKeys.all),
    StepKind("snapshot", "pictures at moments of the session", keys: SnapshotKeys.all),
    StepKind(
      "compose", "one picture of all uids in a layout",
      laterKeys: ["layout", "video", "audio", "background", "container"]),
    StepKind("convert", "media files to another format", keys: ConvertKeys.all),
    StepKind("record", "slices of live sources, packets as sent", keys: RecordKeys.all),
  ]

  package static func named(_ name: String) -> StepKind? { all.first { $0.name == name } }
}
