import Basics
import Plan
import Slices

extension Planner {
  /// Pictures of one session that a plan may hold: a day of 17 participants, one each second.
  private static let mostPictures = 1_500_000

  /// Plans a `snapshot` step: one output, since its list tells of all pictures.
  mutating func addSnapshots(
    _ options: SnapshotOptions, _ step: RecipeStep, of source: Source, id: String
  ) {
    let session = source.session
    let whole = Stretch(start: .zero, end: session.duration)
    let range = step.range?.value ?? whole
    let stretch = Stretch(start: range.start, end: min(range.end, whole.end))
    let people = participants(of: session, for: step, .video)
    let room = (stretch.duration.seconds / options.interval + 1) * Double(people.count)
    guard options.at != nil || room <= Double(Self.mostPictures) else {
      problems.add(
        at: step.place,
        "the interval of \(plain(options.interval)) seconds makes more than "
          + "\(Self.mostPictures) pictures; choose a longer one, or a range")
      return
    }
    var series: [PictureSeries] = []
    for person in people {
      guard let track = person.video else { continue }
      let moments = options.moments(of: track, in: stretch)
      guard !moments.isEmpty else { continue }
      guard let planned = pictures(of: person.uid, track, at: moments, options, step, source, id)
      else { return }
      series.append(planned)
    }
    guard !series.isEmpty else {
      return nothing(in: session, "take pictures of", step, isInRange: step.range != nil)
    }
    let list =
      options.thumbnails ? claim("snapshots.json", for: step, of: source, id: id) : nil
    let files =
      [list].compactMap { $0 }
      + series.flatMap { series in
        series.pictures.map(\.path) + (series.thumbnails.map { $0.sheets + [$0.index] } ?? [])
      }
    let output = Output(
      path: files[0], others: Array(files.dropFirst()), container: .jpg, uids: series.map(\.uid),
      stretch: stretch)
    let work = SnapshotWork(options: options, series: series, list: list)
    append(
      Step(
        id: id, session: session, operation: .snapshot(work), outputs: [output],
        from: source.step), from: source, named: step.id)
  }

  private mutating func pictures(
    of uid: String, _ track: Track, at moments: [MediaTime], _ options: SnapshotOptions,
    _ step: RecipeStep, _ source: Source, _ id: String
  ) -> PictureSeries? {
    let session = source.session
    func subject(_ tail: SliceName.Tail, _ index: Int, _ time: MediaTime) -> OutputSubject {
      OutputSubject(
        session: session, uid: uid, content: .video, tail: tail, index: index,
        start: session.start + time, stepId: step.id)
    }
    var pictures: [PictureSeries.Picture] = []
    for (index, time) in moments.enumerated() {
      guard
        let path = path(
          of: subject(.utc(session.start + time), index, time), ending: "jpg", for: step,
          of: source, id: id)
      else { return nil }
      pictures.append(.init(time: time, path: path))
    }
    guard options.thumbnails else {
      return PictureSeries(uid: uid, pictures: pictures, thumbnails: nil)
    }
    // The names of sheets tell their number, and those of pictures their time: a template of the
    // recipe could not do both.
    let perSheet = ThumbnailFiles.columns * ThumbnailFiles.rows
    var sheets: [String] = []
    for number in 0..<(moments.count + perSheet - 1) / perSheet {
      let name = subject(.index(number + 1), number, .zero).defaultName(ending: "jpg")
      sheets.append(claim(name, for: step, of: source, id: id))
    }
    let name = subject(.none, 0, .zero).defaultName(ending: "vtt")
    let index = claim(name, for: step, of: source, id: id)
    return PictureSeries(
      uid: uid, pictures: pictures,
      thumbnails: ThumbnailFiles(
        index: index, sheets: sheets, tile: tile(for: track, of: session)))
  }

  /// The shape of most players' thumbnails is that of their video.
  private func tile(for track: Track, of session: Session) -> PixelSize {
    let format = track.formats.first { $0.width != nil && $0.height != nil }
    let own = PixelSize(
      width: format?.width ?? 16, height: format?.height ?? 9)
    let first = session.turns(of: track).first { $0.position <= track.start }
    let upright = own.turned(by: first?.degrees ?? 0)
    let longest = 160
    let tile =
      upright.width >= upright.height
      ? SnapshotOptions(width: longest).canvas(for: upright)
      : SnapshotOptions(height: longest).canvas(for: upright)
    return PixelSize(width: tile.width & ~1, height: tile.height & ~1)
  }
}

extension SnapshotOptions {
  /// The moments of `stretch` at which `track` shows a picture.
  func moments(of track: Track, in stretch: Stretch) -> [MediaTime] {
    let shown: [Stretch] =
      switch fill {
      case .none: track.runs.map { Stretch(start: $0.start - Self.slack, end: $0.end) }
      case .hold: [Stretch(start: track.start - Self.slack, end: track.end)]
      }
    var moments: [MediaTime] = []
    for part in shown {
      let part = Stretch(start: max(part.start, stretch.start), end: min(part.end, stretch.end))
      guard part.duration > .zero else { continue }
      moments += times(in: part)
    }
    // The slack of a run may reach into the one before it.
    return moments.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  private func times(in part: Stretch) -> [MediaTime] {
    if let at {
      return Set(at.map { MediaTime(seconds: $0) }).filter { $0 >= part.start && $0 < part.end }
        .sorted()
    }
    let step = MediaTime(seconds: interval).flicks
    let first = max(0, (max(part.start, .zero).flicks + step - 1) / step)
    return (first..<max(first, (part.end.flicks + step - 1) / step))
      .map { MediaTime(flicks: $0 * step) }
  }
}
