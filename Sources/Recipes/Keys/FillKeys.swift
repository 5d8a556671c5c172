import Basics
import Documents
import Plan

/// The words of `fill`.
enum FillWord: String, CaseIterable {
  case hold, black, image, cut
}

/// What shows in the gaps of pictures: the same for every step that makes files with pictures.
enum FillKeys {
  static let fill = Key<FillWord>.choice(
    "fill", .hold,
    "what shows in a gap of the video: the last picture, black, or the last picture for 3.5 s and "
      + "then 'image'; 'cut' leaves out what both tracks of the uid lack")
  static let image = Key<String?>.text("image", as: .path, "the picture for 'fill: image'")
}

extension RecipeReader {
  /// What a checked step says of gaps; tells where 'image' is missing, or is there for nothing.
  mutating func fill(_ values: Values, at place: Place?) -> Fill {
    let image = values.located(FillKeys.image)
    switch values[FillKeys.fill] {
    case .hold: break
    case .black: return .black
    case .cut: return .cut
    case .image:
      if let image { return .image(image.value) }
      let place = values.node["fill"]?.place ?? place
      checker.problems.add(
        at: place, "\(label(["fill"], at: place)) needs \(label(["image"], at: place))")
    }
    return .hold
  }
}
