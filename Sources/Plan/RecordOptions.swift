package import Basics

/// One sender to record.
package struct RecordSource: Hashable, Sendable {
  package let uid: String
  /// What libavformat opens, or a path of an SDP or media file.
  package let url: String
  /// Read at the pace of its timestamps, as files and pipes must be.
  package let realtime: Bool
  /// Options of libavformat's protocols and demuxers, by name.
  package let options: [String: String]
  /// Where the recipe names it; nil from the command line.
  package let place: Place?

  /// The URL for people's eyes: passwords and passphrases in it are covered.
  package var shownURL: String {
    var shown = url
    if let scheme = shown.firstRange(of: "://") {
      let authority = shown[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
      if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
        shown.replaceSubrange(shown.index(after: colon)..<at, with: "***")
      }
    }
    guard let mark = shown.firstIndex(of: "?") else { return shown }
    let pairs = shown[shown.index(after: mark)...].split(
      separator: "&", omittingEmptySubsequences: false
    ).map { pair in
      let name = pair.prefix { $0 != "=" }
      return ["passphrase", "password", "token"].contains(name) ? "\(name)=***" : String(pair)
    }
    return shown[...mark] + pairs.joined(separator: "&")
  }

  package init(
    uid: String, url: String, realtime: Bool = false, options: [String: String] = [:],
    place: Place? = nil
  ) {
    self.uid = uid
    self.url = url
    self.realtime = realtime
    self.options = options
    self.place = place
  }
}

/// The options of a recording; the defaults are those of recipes.
package struct RecordOptions: Hashable, Sendable {
  /// The `streamTypes` of the recording services.
  package enum StreamTypes: Int, Hashable, Sendable {
    case audio = 0, video = 1, both = 2
  }

  package var channel: String
  package var sources: [RecordSource]
  package var streamTypes: StreamTypes
  /// Seconds without any source sending after which the recording ends by itself.
  ///
  /// They count from the first connection; 5 to 2,592,000.
  package var maxIdleTime: Int
  /// Seconds after which a slice is cut, at the next key frame for video.
  package var slice: Double
  /// nil lists mean everybody; `"#allstream#"` in a list too.
  package var subscribeAudioUids: [String]?
  package var unsubscribeAudioUids: [String]?
  package var subscribeVideoUids: [String]?
  package var unsubscribeVideoUids: [String]?

  package init(
    channel: String, sources: [RecordSource], streamTypes: StreamTypes = .both,
    maxIdleTime: Int = 30, slice: Double = 15, subscribeAudioUids: [String]? = nil,
    unsubscribeAudioUids: [String]? = nil, subscribeVideoUids: [String]? = nil,
    unsubscribeVideoUids: [String]? = nil
  ) {
    self.channel = channel
    self.sources = sources
    self.streamTypes = streamTypes
    self.maxIdleTime = maxIdleTime
    self.slice = slice
    self.subscribeAudioUids = subscribeAudioUids
    self.unsubscribeAudioUids = unsubscribeAudioUids
    self.subscribeVideoUids = subscribeVideoUids
    self.unsubscribeVideoUids = unsubscribeVideoUids
  }
}
