import Basics
import Slices

/// Where the positions of the session clock lie in a file that leaves some of them out.
struct FileClock {
  /// What is in the file, in order and apart from each other.
  let kept: [Stretch]
  /// Where each of `kept` begins in the file.
  private let begins: [MediaTime]
  /// How long the file lasts.
  let duration: MediaTime

  init(_ kept: [Stretch]) {
    self.kept = kept
    var begins: [MediaTime] = []
    var end = MediaTime.zero
    for stretch in kept {
      begins.append(end)
      end += stretch.duration
    }
    self.begins = begins
    duration = end
  }

  /// All of `stretch`.
  init(whole stretch: Stretch) { self.init([stretch]) }

  /// The parts of `stretch` in which one of the tracks at least has something.
  init(presenceOf tracks: [Track], in stretch: Stretch) {
    var kept: [Stretch] = []
    let runs = tracks.flatMap(\.runs).sorted { $0.start < $1.start }
    for run in runs {
      let part = Stretch(start: max(run.start, stretch.start), end: min(run.end, stretch.end))
      guard part.start < part.end else { continue }
      if let last = kept.last, part.start <= last.end {
        kept[kept.count - 1].end = max(last.end, part.end)
      } else {
        kept.append(part)
      }
    }
    self.init(kept)
  }

  /// The position that a time of the file shows.
  func moment(at time: MediaTime) -> MediaTime {
    let index = begins.lastIndex { $0 <= time } ?? 0
    return index < kept.count ? kept[index].start + (time - begins[index]) : time
  }

  /// The place of a position in the file; what is left out lies where its stretch was cut, what
  /// comes before everything below zero.
  func position(of time: MediaTime) -> MediaTime {
    // Packets come in order, but there are few stretches: a search costs nothing beside a packet.
    var (lower, upper) = (0, kept.count)
    while lower < upper {
      let middle = (lower + upper) / 2
      if kept[middle].start <= time { lower = middle + 1 } else { upper = middle }
    }
    guard lower > 0 else { return kept.first.map { time - $0.start } ?? .zero }
    let stretch = kept[lower - 1]
    return begins[lower - 1] + min(time - stretch.start, stretch.duration)
  }
}
