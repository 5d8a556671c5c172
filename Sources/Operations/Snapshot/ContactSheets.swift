import Basics
import Media
import Plan
import Posix

/// The contact sheets of one participant, filled by several threads at once.
///
/// Each is encoded when the last of its tiles has come; a tile without a picture stays black.
final class ContactSheets: Sendable {
  private final class Sheet {
    var canvas = Frame()
    var scaler = Scaler()
    var missing: Int
    let tiles: Int

    init(tiles: Int) {
      missing = tiles
      self.tiles = tiles
    }
  }

  private let files: ThumbnailFiles
  private let sheets: [Monitor<Sheet>]

  /// `count`: of all pictures.
  init(_ files: ThumbnailFiles, pictures count: Int) {
    self.files = files
    let room = ThumbnailFiles.columns * ThumbnailFiles.rows
    sheets = files.sheets.indices.map { Monitor(Sheet(tiles: min(room, count - $0 * room))) }
  }

  /// Draws the `number`th picture's tile; nil stands for a picture that there is not.
  ///
  /// Gives the sheet's path and JPEG when no tile of it is missing any more.
  func add(
    _ picture: MomentReader.Picture?, turnedBy degrees: Int, number: Int, quality: Int
  ) throws(Failure) -> (path: String, jpeg: [UInt8])? {
    let (index, tile) = files.place(of: number)
    let path = files.sheets[index]
    let jpeg = try sheets[index].with { sheet throws(Failure) -> [UInt8]? in
      if sheet.canvas.isBlank {
        sheet.canvas = .black(files.size(ofSheetWith: sheet.tiles), isFullRange: true)
      }
      if let picture {
        let upright = picture.frame.shape.turned(by: degrees)
        let placement = Fit.contain.place(upright, on: tile.size)
        var rect = placement.rect
        (rect.x, rect.y) = (rect.x + tile.x, rect.y + tile.y)
        try sheet.scaler.draw(
          picture.frame, turnedBy: degrees, into: rect, of: &sheet.canvas,
          subject: path)
      }
      sheet.missing -= 1
      guard sheet.missing == 0 else { return nil }
      var writer = JPEGWriter(quality: quality, subject: path)
      return try writer.jpeg(of: sheet.canvas)
    }
    return jpeg.map { (path, $0) }
  }
}
