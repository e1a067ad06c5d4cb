/// A chart of block characters, one column of cells per value.
enum Sparkline {
    private static let levels: [Character] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// Returns the lines of a chart from top to bottom, the newest value at the right edge.
    ///
    /// A value of 0 shows the lowest block; a missing value shows nothing.
    static func lines(
        _ values: [Double?], width: Int, height: Int, ceiling: Double
    ) -> [String] {
        guard width > 0, height > 0 else { return [] }
        let shown = values.suffix(width)
        let padding = [Int](repeating: 0, count: width - shown.count)
        let eighths =
            padding
            + shown.map { value -> Int in
                guard let value else { return 0 }
                guard ceiling > 0 else { return 1 }
                let share = min(max(value / ceiling, 0), 1)
                return max(1, Int((share * Double(height * 8)).rounded()))
            }
        return (0..<height).map { line in
            let below = (height - 1 - line) * 8
            return String(eighths.map { levels[min(max($0 - below, 0), 8)] })
        }
    }
}
