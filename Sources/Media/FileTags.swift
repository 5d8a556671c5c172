package import Basics
import CLibav

/// What a media file says of itself in words: its title, its artist, its chapters and so on.
package struct FileTags: Sendable {
  /// By libav's names.
  package private(set) var texts: [String: String] = [:]
  package fileprivate(set) var chapters: [Muxer.Chapter] = []

  package init() {}

  /// Those of the file at `path`; chapters are counted from its first sample.
  package static func read(_ path: String) throws(Failure) -> FileTags {
    try Demuxer.open(MediaInput(path: path), name: path).tags
  }

  /// What is of the old file and not of what it holds.
  fileprivate static let technical: Set<String> = [
    "encoder", "major_brand", "minor_version", "compatible_brands", "duration", "handler_name",
    "vendor_id", "language", "metadatacreator", "hasvideo", "hasaudio", "hasmetadata",
    "canseektoend", "datasize", "audiosize", "videosize", "lasttimestamp", "framerate",
    "videodatarate", "audiodatarate", "bps", "number_of_frames", "number_of_bytes",
  ]

  /// With the chapters as Vorbis comments (Xiph's chapter extension).
  package var withChaptersAsTexts: FileTags {
    var tags = self
    func digits(_ value: Int64, _ count: Int) -> String {
      String(String(value + 1_000_000).suffix(count))
    }
    for (index, chapter) in chapters.prefix(1000).enumerated() {
      let key = "CHAPTER\(digits(Int64(index), 3))"
      let all = chapter.start.milliseconds
      let clock = [all / 3_600_000 % 100, all / 60_000 % 60, all / 1000 % 60]
      tags.texts[key] =
        clock.map { digits($0, 2) }.joined(separator: ":") + "." + digits(all % 1000, 3)
      tags.texts["\(key)NAME"] = chapter.title
    }
    tags.chapters = []
    return tags
  }

  fileprivate mutating func add(_ dictionary: OpaquePointer?) {
    var entry: UnsafeMutablePointer<AVDictionaryEntry>?
    while let next = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX) {
      entry = next
      let key = String(cString: next.pointee.key)
      let value = String(cString: next.pointee.value)
      guard !Self.technical.contains(key.lowercased()), !key.hasPrefix("_STATISTICS"),
        !value.isEmpty, texts[key] == nil
      else { continue }
      texts[key] = value
    }
  }

}

extension Demuxer {
  /// What the open file says of itself.
  package var tags: FileTags {
    var tags = FileTags()
    tags.add(metadata)
    // Ogg has the tags of a file in its stream.
    if format == "ogg", streamCount > 0 { tags.add(metadata(of: 0)) }
    tags.chapters = chapters
    return tags
  }
}
