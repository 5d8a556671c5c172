import Archive
import Basics
import Media
import Plan
import Slices

/// Makes one file of a participant's tracks: the pictures upright on one canvas.
func transcode(
  _ session: Session, _ options: TranscodeOptions, _ output: Output, at path: String,
  _ context: OperationContext
) throws(Failure) -> OutputReport {
  let person = session.participants.first { output.uids.contains($0.uid) }
  guard let person, let video = person.video else {
    throw Failure(output.path, cannot: "transcode", "there are no pictures", .data)
  }
  let pictures = try PictureEncoding(video, of: person, in: session, options, output)
  var writer = try PictureWriter(pictures, at: path, output)
  try context.parallel.ordered(
    pictures.grid.chunks.count,
    make: { index throws(Failure) in
      try context.check(output.path)
      return try pictures.encode(pictures.grid.chunks[index], context)
    },
    take: { (index, chunk) throws(Failure) in
      try context.check(output.path)
      try writer.take(chunk)
      context.progress(pictures.grid.chunks[index].wholeEnd)
    })
  return try writer.finish()
}
