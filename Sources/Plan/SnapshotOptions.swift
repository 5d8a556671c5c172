package import Basics

/// Which picture stands for a moment.
package enum SnapshotAccuracy: String, Hashable, Sendable, CaseIterable {
  /// The one that shows then.
  case exact
  /// The key frame at or before the moment, unless it is long before.
  case keyframe
}

/// What is taken in a gap of the video.
package enum SnapshotFill: String, Hashable, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// The last picture before the gap.
  case hold
}

/// The options of a `snapshot` step; the defaults are those of recipes.
package struct SnapshotOptions: Hashable, Sendable {
  /// Seconds from one picture to the next, from session zero on; 0.1 to 3600.
  package var interval: Double
  /// Seconds of the session clock at which pictures are taken; nil is every `interval`.
  package var at: [Double]?
  package var accuracy: SnapshotAccuracy
  /// As JPEG programs count: 1 is worst, 100 best.
  package var quality: Int
  /// The size of all pictures; with one of them the other follows from the picture's shape, with
  /// none pictures keep their own.
  package var width: Int?
  package var height: Int?
  package var fit: Fit
  package var fill: SnapshotFill
  /// Contact sheets, WebVTT files and a list beside the pictures.
  package var thumbnails: Bool

  /// A picture that begins so soon after a moment at which nothing is shown stands for it: a picture
  /// of thirty a second, which is more than stamps are off, and than AAC comes before its film.
  package static let slack = MediaTime(milliseconds: 34)

  package init(
    interval: Double = 10, at: [Double]? = nil, accuracy: SnapshotAccuracy = .exact,
    quality: Int = 85, width: Int? = nil, height: Int? = nil, fit: Fit = .contain,
    fill: SnapshotFill = .none, thumbnails: Bool = false
  ) {
    self.interval = interval
    self.at = at
    self.accuracy = accuracy
    self.quality = quality
    self.width = width
    self.height = height
    self.fit = fit
    self.fill = fill
    self.thumbnails = thumbnails
  }

  /// The size of the JPEG of an upright picture.
  package func canvas(for picture: PixelSize) -> PixelSize {
    func side(_ length: Double) -> Int { max(2, min(16_384, Int(length.rounded()))) }
    let shape = Double(max(1, picture.width)) / Double(max(1, picture.height))
    switch (width, height) {
    case (let width?, let height?):
      return PixelSize(width: side(Double(width)), height: side(Double(height)))
    case (let width?, nil):
      return PixelSize(width: side(Double(width)), height: side(Double(width) / shape))
    case (nil, let height?):
      return PixelSize(width: side(Double(height) * shape), height: side(Double(height)))
    case (nil, nil):
      return PixelSize(width: side(Double(picture.width)), height: side(Double(picture.height)))
    }
  }
}

/// All that a `snapshot` step takes of one session.
package struct SnapshotWork: Hashable, Sendable {
  package let options: SnapshotOptions
  package let series: [PictureSeries]
  /// The JSON list of the pictures; nil for none.
  package let list: String?

  package init(options: SnapshotOptions, series: [PictureSeries], list: String?) {
    self.options = options
    self.series = series
    self.list = list
  }
}

/// The pictures to be taken of one participant.
package struct PictureSeries: Hashable, Sendable, CustomStringConvertible {
  /// One of them.
  package struct Picture: Hashable, Sendable {
    /// On the session clock.
    package let time: MediaTime
    /// The JPEG file; absolute.
    package let path: String

    package init(time: MediaTime, path: String) {
      self.time = time
      self.path = path
    }
  }

  package let uid: String
  /// In the order of time.
  package let pictures: [Picture]
  package let thumbnails: ThumbnailFiles?

  package init(uid: String, pictures: [Picture], thumbnails: ThumbnailFiles?) {
    self.uid = uid
    self.pictures = pictures
    self.thumbnails = thumbnails
  }

  /// Short, as there may be very many pictures.
  package var description: String {
    let pictures = pictures.map { "\($0.time.flicks) \($0.path)" }.joined(separator: "\n")
    return "\(uid) \(thumbnails.map { "\($0)" } ?? "")\n\(pictures)"
  }
}

/// What players show while somebody looks for a place in a video.
package struct ThumbnailFiles: Hashable, Sendable {
  /// Tiles in a row of a contact sheet, and rows.
  package static let columns = 10
  package static let rows = 10

  /// The WebVTT file; absolute.
  package let index: String
  /// The contact sheets in their order; absolute.
  package let sheets: [String]
  /// The size of each tile; even in both numbers.
  package let tile: PixelSize

  package init(index: String, sheets: [String], tile: PixelSize) {
    self.index = index
    self.sheets = sheets
    self.tile = tile
  }

  /// Where the `number`th picture of all lies.
  package func place(of number: Int) -> (sheet: Int, rect: Rect) {
    let perSheet = Self.columns * Self.rows
    let inSheet = number % perSheet
    return (
      number / perSheet,
      Rect(
        x: inSheet % Self.columns * tile.width, y: inSheet / Self.columns * tile.height,
        width: tile.width, height: tile.height)
    )
  }

  /// The size of a sheet of so many tiles.
  package func size(ofSheetWith tiles: Int) -> PixelSize {
    let rows = (tiles + Self.columns - 1) / Self.columns
    return PixelSize(
      width: min(tiles, Self.columns) * tile.width, height: max(1, rows) * tile.height)
  }
}
