/// The columns of the table and their positions at one terminal width.
struct TableLayout: Hashable, Sendable {
    /// The position of a column.
    struct Place: Hashable, Sendable {
        let column: Column
        let start: Int
        let width: Int
    }

    /// The columns from left to right; the first is the CGroup column, which takes the remaining
    /// width.
    let places: [Place]

    /// The maximum width of the memory bar.
    private static let widestBar = 20
    /// The cells that the CGroup column keeps on a wide terminal even if its names are shorter.
    private static let usualNames = 48

    /// Fits the wanted columns besides CGroup, and leaves out the most expendable ones first.
    ///
    /// The CGroup column gets at most `names` cells, so that numbers stay near the names on a wide
    /// terminal. The first `skipped` columns are scrolled out. If `skipped` is above 0, or if the
    /// columns are `ranked` by their order, the last ones are left out instead of the most
    /// expendable.
    init(
        width: Int, wanted: [Column], names: Int = .max, skipped: Int = 0, ranked: Bool = false
    ) {
        var columns = Array(wanted.dropFirst(skipped))
        // Other columns are removed before names get narrower than this.
        let narrowest = min(28, max(18, width * 7 / 20))
        let room = max(0, width - narrowest)
        func needed() -> Int { columns.reduce(0) { $0 + $1.facts.width + 1 } }
        while needed() > room, !columns.isEmpty {
            let worst = columns.indices.max {
                columns[$0].facts.expendability < columns[$1].facts.expendability
            }
            columns.remove(at: ranked || skipped > 0 ? columns.count - 1 : worst ?? 0)
        }
        // A third of the spare width extends the bar; names get the rest.
        let spare = max(0, room - needed())
        let bar = min(Self.widestBar, Column.memoryShare.facts.width + spare / 3)
        let rest = columns.reduce(width) {
            $0 - ($1 == .memoryShare ? bar : $1.facts.width) - 1
        }
        let name = max(0, min(rest, max(Self.usualNames, names)))
        var places = [Place(column: .cgroup, start: 0, width: name)]
        var start = name
        for column in columns {
            let own = column == .memoryShare ? bar : column.facts.width
            places.append(Place(column: column, start: start + 1, width: own))
            start += own + 1
        }
        self.places = places
    }
}
