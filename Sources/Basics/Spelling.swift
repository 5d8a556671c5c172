/// The known name that `word` was most likely meant to be, or nil when none is near.
///
/// Near is a third of the word's letters or fewer inserted, deleted, replaced or swapped with a
/// neighbour (restricted Damerau-Levenshtein distance). Nothing is near a word of over 60 bytes.
package func nearestName(to word: String, in names: some Sequence<String>) -> String? {
  guard word.utf8.count <= 60 else { return nil }
  let limit = max(1, word.count / 3)
  return names.map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    .filter { $0.distance <= limit }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
}

private func editDistance(_ a: String, _ b: String) -> Int {
  let a = Array(a), b = Array(b)
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var best = min(
        rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        best = min(best, rows[i - 1][j - 1] + 1)
      }
      row.append(best)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}

/// `text` as a message quotes it: on one line, cut after 40 characters.
package func excerpt(_ text: String) -> String {
  let shown = text.prefix(40)
  let line = String(
    shown.map { character in
      character.unicodeScalars.contains { $0.properties.generalCategory == .control }
        ? " " : character
    })
  return shown.endIndex < text.endIndex ? line + "…" : line
}
