import Basics
import Plan
import Testing

@Suite struct FitTests {
  private let wide = PixelSize(width: 1280, height: 720)

  @Test func aPictureOfTheSameShapeFillsTheCanvas() {
    let picture = PixelSize(width: 640, height: 360)
    for fit in Fit.allCases {
      let placed = fit.place(picture, on: wide)
      #expect(placed.crop == Rect(picture), "\(fit)")
      #expect(placed.rect == Rect(wide), "\(fit)")
    }
  }

  @Test func containLeavesBarsAtTheSidesOrAboveAndBelow() {
    let tall = Fit.contain.place(PixelSize(width: 360, height: 640), on: wide)
    #expect(tall.rect == Rect(x: 436, y: 0, width: 406, height: 720))
    #expect(tall.crop == Rect(width: 360, height: 640))
    let flat = Fit.contain.place(PixelSize(width: 800, height: 200), on: wide)
    #expect(flat.rect == Rect(x: 0, y: 200, width: 1280, height: 320))
  }

  @Test func coverCutsWhatDoesNotFit() {
    let tall = Fit.cover.place(PixelSize(width: 360, height: 640), on: wide)
    #expect(tall.rect == Rect(wide))
    #expect(tall.crop == Rect(x: 0, y: 218, width: 360, height: 202))
    let flat = Fit.cover.place(PixelSize(width: 800, height: 200), on: wide)
    #expect(flat.crop == Rect(x: 222, y: 0, width: 356, height: 200))
  }

  @Test func stretchTakesAllOfBoth() {
    let placed = Fit.stretch.place(PixelSize(width: 1, height: 999), on: wide)
    #expect(placed == Fit.Placement(crop: Rect(width: 1, height: 999), rect: Rect(wide)))
  }

  @Test func everythingIsEvenAndInside() {
    for fit in Fit.allCases {
      for (width, height) in [(1, 1), (1, 4000), (4000, 1), (3, 2), (1919, 1081), (0, 7), (2, 2)] {
        let picture = PixelSize(width: width, height: height)
        let placed = fit.place(picture, on: wide)
        let rect = placed.rect
        #expect([rect.x, rect.y, rect.width, rect.height].allSatisfy { $0 % 2 == 0 })
        #expect(rect.x >= 0 && rect.x + rect.width <= 1280 && rect.width > 0)
        #expect(rect.y >= 0 && rect.y + rect.height <= 720 && rect.height > 0)
        let crop = placed.crop
        #expect(crop.x >= 0 && crop.x + crop.width <= width && crop.x % 2 == 0)
        #expect(crop.y >= 0 && crop.y + crop.height <= height && crop.y % 2 == 0)
      }
    }
  }
}
