import Basics
import Media
import Plan
import Posix
import Slices

/// The text of the index over the segments of an output.
///
/// `duration`: of the output.
/// `shift`: the timestamp of its beginning.
func segmentIndex(
  of files: [StreamFile], lasting duration: MediaTime, shift: MediaTime
) -> String {
  if let file = files.first, let place = file.place, place.container == .hls {
    return MediaPlaylist(
      entries: file.segments.map { segment in
        MediaPlaylist.Entry(
          media: reference(segment.path), duration: segment.end - segment.start,
          utc: place.utc(segment.start))
      }, type: "VOD"
    ).text
  }
  return MPD(
    duration: duration,
    representations: files.enumerated().compactMap { $1.representation(set: $0, shift: shift) }
  ).text
}

private func reference(_ path: String) -> IndexReference {
  IndexReference(uri: splitPath(path).name)
}

extension StreamFile {
  fileprivate func representation(set: Int, shift: MediaTime) -> MPD.Representation? {
    guard let place, let kind = place.kind, let parameters = streams.first?.parameters else {
      return nil
    }
    let rates = segments.map { Double($0.bytes) * 8 / max(0.1, ($0.end - $0.start).seconds) }
    return MPD.Representation(
      id: kind.rawValue, set: set, kind: kind, mimeType: "\(kind.rawValue)/mp4",
      codecs: parameters.codecString, width: parameters.width, height: parameters.height,
      sampleRate: parameters.sampleRate, channels: parameters.channels,
      bandwidth: Int(rates.max() ?? 0), initialization: place.initialization.map(reference),
      presentationTimeOffset: shift, timescale: 90_000,
      segments: segments.map { segment in
        MPD.Segment(
          media: reference(segment.path), start: segment.start,
          duration: segment.end - segment.start, utc: place.utc(segment.start))
      })
  }
}
