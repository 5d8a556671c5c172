import Testing

@testable import Recipes

@Suite struct BrokenPicturesTests {
  @Test(arguments: [
    ("interval: 0", "4:17: 'interval' must be from 0.1 to 3600, found 0"),
    ("interval: 4000", "4:17: 'interval' must be from 0.1 to 3600, found 4000"),
    (
      "interval: soon", #"4:17: 'interval' must be a number of seconds, found "soon""#
    ),
    ("interval: 0.05", "4:17: 'interval' must be from 0.1 to 3600, found 0.05"),
    ("quality: 0", "4:16: 'quality' must be from 1 to 100, found 0"),
    ("quality: 101", "4:16: 'quality' must be from 1 to 100, found 101"),
    ("width: 0", "4:14: 'width' must be from 16 to 8192, found 0"),
    ("at: [1, -2]", "4:15: 'at' must be from 0 to 10000000, found -2"),
    (
      "accuracy: keyframes",
      #"4:17: 'accuracy' must be 'exact' or 'keyframe', found "keyframes" (did you mean 'keyframe'?)"#
    ),
  ])
  func badSnapshots(line: String, message: String) {
    #expect(problems("version: 1\nsteps:\n  - snapshot:\n      \(line)") == [message])
  }

  @Test func badConversions() {
    let text =
      "version: 1\nsteps:\n  - convert: {input: a.ts, format: doc}\n  - convert: {format: mp3}"
    let found = problems(text)
    #expect(found.count == 2)
    #expect(found.first?.hasPrefix("3:36: 'format' must be 'mp3', 'wav'") == true)
    #expect(found.last == "4:5: 'input' is missing in 'convert'")
    #expect(
      problems("version: 1\nsteps:\n  - convert: {input: a.ts, format: mp3, video: {fps: 5}}")
        == ["3:48: 'video' has no meaning in 'mp3'"])
  }
}
