/// Lines of columns that stand below each other, two spaces apart; numbers to the right.
func table(_ header: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
  let all = [header] + rows.map { $0.map(printable) }
  let widths = header.indices.map { column in
    all.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
  }
  return all.map { row in
    var line = row.enumerated().map { column, cell in
      let padding = String(repeating: " ", count: max(0, widths[column] - cell.count))
      return right.contains(column) ? padding + cell : cell + padding
    }.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }.joined()
}
