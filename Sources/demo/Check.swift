import Basics
import Posix
import TestSupport

/// A file that the recipe made and that is as it should be.
struct Made {
  let path: String
  let duration: Double
  let codecs: String
  /// How many flashes have a beep.
  let pairs: Int
  /// In seconds.
  let largestOffset: Double
  let remark: String
}

/// What the file of one participant must show.
struct Check {
  let uid: String
  /// How long the participant sent, absences included.
  let seconds: Double
  /// Seconds after the participant's first packet.
  let absence: (start: Double, length: Double)?

  /// A live start and end: connecting, and waiting for the first key frame, which come each second.
  static let liveTolerance = 2.0
  /// Coming back: a connection is made anew, and the recorder waits for a key frame.
  static let returnTolerance = 1.6

  /// Finds the participant's file, decodes it and compares; whatever is wrong is thrown.
  func made(in folder: String) throws -> Made {
    let names = try Files.below(folder).filter {
      $0.contains("__uid_s_\(uid)__") && !$0.hasSuffix(".json")
    }
    guard let name = names.first, names.count == 1 else {
      throw failure("\(folder)", "there are \(names.count) files of uid \(uid) instead of one")
    }
    let path = "\(folder)/\(name)"
    let probe = try Probe(path)
    let content = try Content(path)
    guard let video = probe.codec("video"), let audio = probe.codec("audio") else {
      throw failure(path, "it lacks video or audio")
    }
    guard content.complaints.isEmpty else {
      throw failure(path, "it does not decode cleanly: \(content.complaints[0])")
    }
    guard abs(probe.duration - seconds) <= Self.liveTolerance else {
      throw failure(path, "it lasts \(probe.duration) s instead of \(seconds) s")
    }
    let present = seconds - (absence?.length ?? 0)
    let pairs = content.offsets.count
    guard Double(pairs) >= present - 2 * Self.liveTolerance, pairs == content.flashes.count else {
      throw failure(
        path,
        "\(content.flashes.count) flashes and \(content.beeps.count) beeps instead of \(present)")
    }
    guard let offset = content.largestOffset, offset <= Content.promisedOffset else {
      throw failure(
        path,
        "flash and beep are \(content.largestOffset ?? 0) s apart, promised is "
          + "\(Content.promisedOffset) s")
    }
    return Made(
      path: path, duration: probe.duration, codecs: "\(video) and \(audio)", pairs: pairs,
      largestOffset: offset, remark: try remark(on: content, path))
  }

  /// The absence is in both tracks, where it was and as long as it was; nothing else is missing.
  private func remark(on content: Content, _ path: String) throws -> String {
    let gaps = content.pictureGaps(longerThan: 1.5)
    let silences = content.beepGaps(longerThan: 1.5)
    guard let absence else {
      guard gaps.isEmpty, silences.isEmpty else {
        throw failure(path, "something is missing: no picture in \(gaps), no beep in \(silences)")
      }
      return ""
    }
    let begin = content.pictures.first ?? 0
    guard let gap = gaps.first, gaps.count == 1, silences.count == 1,
      abs(gap.start - begin - absence.start) <= Self.liveTolerance,
      abs(gap.length - absence.length) <= Self.returnTolerance
    else {
      throw failure(
        path,
        "an absence of \(absence.length) s after \(absence.start) s is kept as \(gaps) "
          + "in video and \(silences) in audio")
    }
    return "; absent for \(MediaTime(seconds: gap.length)) s after "
      + "\(MediaTime(seconds: gap.start - begin)) s"
  }

  private func failure(_ path: String, _ reason: String) -> Failure {
    Failure(path, cannot: "be shown", reason, .software)
  }
}
