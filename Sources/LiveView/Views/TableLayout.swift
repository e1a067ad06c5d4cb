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

    /// Fits the wanted columns, and leaves out the most expendable ones first.
    init(width: Int, wanted: Set<Column>) {
        var columns = Column.allCases.filter { $0 != .cgroup && wanted.contains($0) }
        // Other columns are removed before names get narrower than this.
        let narrowest = min(28, max(18, width * 7 / 20))
        let room = max(0, width - narrowest)
        func needed() -> Int { columns.reduce(0) { $0 + $1.facts.width + 1 } }
        while needed() > room {
            guard
                let worst = columns.indices.max(by: {
                    columns[$0].facts.expendability < columns[$1].facts.expendability
                })
            else { break }
            columns.remove(at: worst)
        }
        // A third of the spare width extends the bar; names get the rest.
        let spare = max(0, room - needed())
        let bar = min(Self.widestBar, Column.memoryShare.facts.width + spare / 3)
        let rest = columns.reduce(width) {
            $0 - ($1 == .memoryShare ? bar : $1.facts.width) - 1
        }
        var places = [Place(column: .cgroup, start: 0, width: max(0, rest))]
        var start = max(0, rest)
        for column in columns {
            let own = column == .memoryShare ? bar : column.facts.width
            places.append(Place(column: column, start: start + 1, width: own))
            start += own + 1
        }
        self.places = places
    }
}
