import Basics
import Documents
import Plan
import Slices

extension RecipeReader {
  /// What a checked step does.
  mutating func work(_ kind: StepKind, _ values: Values, at place: Place?) -> RecipeStep.Work {
    switch kind.name {
    case "record": .record(recording(values))
    case "convert": .convert(converting(values))
    case "mix": .mix(mixing(values))
    case "snapshot": .snapshot(snapshots(values))
    case "transcode": .transcode(transcoding(values, at: place))
    default: .merge(merging(values, at: place), format: values.located(MergeKeys.format))
    }
  }

  private mutating func merging(_ values: Values, at place: Place?) -> MergeOptions {
    MergeOptions(
      by: values[MergeKeys.by], align: values[MergeKeys.align], tracks: values[MergeKeys.tracks],
      fill: fill(values, at: place))
  }

  private func snapshots(_ values: Values) -> SnapshotOptions {
    typealias Keys = SnapshotKeys
    return SnapshotOptions(
      interval: values[Keys.interval], at: values[Keys.at], accuracy: values[Keys.accuracy],
      quality: values[Keys.quality], width: values[Keys.width], height: values[Keys.height],
      fit: values[Keys.fit], fill: values[Keys.fill], thumbnails: values[Keys.thumbnails])
  }

  private mutating func recording(_ values: Values) -> RecordOptions {
    typealias Keys = RecordKeys
    for (taken, left) in [
      (Keys.subscribeAudio, Keys.unsubscribeAudio), (Keys.subscribeVideo, Keys.unsubscribeVideo),
    ] where values[taken] != nil && values[left] != nil {
      let node = values.node[left.definition.name]
      checker.problems.add(
        at: node?.place,
        "\(label([taken.definition.name], at: node?.place)) and "
          + "\(label([left.definition.name], at: node?.place)) exclude each other")
    }
    let channel = values.located(Keys.channel)
    if let channel {
      let isLong = channel.value.utf8.count > 63 ? "it is longer than 63 bytes" : nil
      if let problem = SliceName.problem(cname: channel.value) ?? isLong {
        checker.problems.add(
          at: channel.place,
          "\(label(["channel"], at: channel.place)) cannot be \"\(excerpt(channel.value))\": "
            + problem)
      }
    }
    func uids(_ key: Key<[Located<String>]?>) -> [String]? { values[key]?.map(\.value) }
    return RecordOptions(
      channel: channel?.value ?? "",
      sources: values[Keys.sources].compactMap { source in
        guard let uid = source[Keys.Source.uid], let url = source[Keys.Source.url] else {
          return nil
        }
        return RecordSource(
          uid: uid, url: url, realtime: source[Keys.Source.realtime],
          options: source[Keys.Source.options], place: source.node.place)
      },
      streamTypes: RecordOptions.StreamTypes(rawValue: values[Keys.streamTypes]) ?? .both,
      maxIdleTime: values[Keys.maxIdleTime], slice: values[Keys.slice],
      subscribeAudioUids: uids(Keys.subscribeAudio),
      unsubscribeAudioUids: uids(Keys.unsubscribeAudio),
      subscribeVideoUids: uids(Keys.subscribeVideo),
      unsubscribeVideoUids: uids(Keys.unsubscribeVideo))
  }
}
