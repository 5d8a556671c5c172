import CLibav

/// What the numbers of a picture mean (ITU-T H.273); by default nobody says.
package struct Colours: Hashable, Sendable {
  var primaries = AVCOL_PRI_UNSPECIFIED
  var transfer = AVCOL_TRC_UNSPECIFIED
  var matrix = AVCOL_SPC_UNSPECIFIED

  package init() {}
}

extension Frame {
  /// What its numbers mean; RGB becomes what nobody says when it is encoded.
  package var colours: Colours {
    get {
      var colours = Colours()
      guard raw.pointee.colorspace != AVCOL_SPC_RGB else { return colours }
      colours.primaries = raw.pointee.color_primaries
      colours.transfer = raw.pointee.color_trc
      colours.matrix = raw.pointee.colorspace
      return colours
    }
    set {
      raw.pointee.color_primaries = newValue.primaries
      raw.pointee.color_trc = newValue.transfer
      raw.pointee.colorspace = newValue.matrix
    }
  }

  /// How many times as wide as high a pixel is seen.
  package var pixelAspect: Double {
    let ratio = raw.pointee.sample_aspect_ratio
    guard ratio.num > 0, ratio.den > 0 else { return 1 }
    return min(16, max(1.0 / 16, Double(ratio.num) / Double(ratio.den)))
  }

  /// Whether an encoder of 8-bit 4:2:0 pictures with these colours takes it as it is.
  package func isPlain(in colours: Colours) -> Bool {
    let matrix = raw.pointee.colorspace
    return raw.pointee.format == AV_PIX_FMT_YUV420P.rawValue
      && raw.pointee.color_range != AVCOL_RANGE_JPEG
      && (matrix == colours.matrix || matrix == AVCOL_SPC_UNSPECIFIED
        || colours.matrix == AVCOL_SPC_UNSPECIFIED)
  }
}
