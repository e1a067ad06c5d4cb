import CgroupModel

/// Order, selection and columns of the table.
extension LiveModel {
    mutating func sort(by key: SortKey) {
        layout.sort = key
        startOver()
    }

    /// Rebuilds the rows in a new order and shows the first ones, unless a row is followed.
    mutating func startOver() {
        if !isFollowing { select(0) }
        rebuild()
    }

    /// Sorts by the column to the left or right of the present one.
    mutating func sortByNeighbor(_ step: Int) {
        let columns = [.cgroup] + layout.shown
        let place = columns.firstIndex { layout.sort.columns.contains($0) }
        let next = place.map { ($0 + step + columns.count) % columns.count } ?? 0
        sort(by: SortKey(of: columns[next]))
        message = "sorted by \(layout.sort.rawValue)"
    }

    mutating func scrollSideways(by step: Int) {
        let all = layout.shown
        skippedColumns = min(max(skippedColumns + step, 0), max(all.count - 1, 0))
        let shown = table.places.dropFirst().map(\.column)
        message =
            skippedColumns == 0
            ? "\(shown.count) of \(all.count) columns, the most important ones"
            : "columns \(skippedColumns + 1) to \(skippedColumns + shown.count) of \(all.count)"
    }

    mutating func hideMore() {
        let all = Visibility.allCases
        let place = all.firstIndex(of: visibility) ?? 0
        visibility = all[(place + 1) % all.count]
        message = visibility.message
        rebuild()
    }

    mutating func follow() {
        guard let row = selectedRow else { return }
        isFollowing.toggle()
        message =
            isFollowing
            ? "following \(label(of: row)); moving the cursor ends it" : "no longer following"
        rebuild()
    }

    // MARK: Marks

    /// Marks the selected row or removes its mark, and goes to the next row.
    mutating func mark() {
        guard let row = selectedRow else { return }
        marked.formSymmetricDifference([row.id])
        move(to: cursor + 1)
    }

    mutating func unmark() {
        message = marked.isEmpty ? "no row is marked; . marks one" : "no row is marked now"
        marked = []
    }

    // MARK: Mouse

    /// Selects the clicked row, or sorts by the clicked head; a second click reverses the order.
    mutating func click(_ line: Int, _ column: Int) {
        let geometry = geometry
        if line == geometry.headRow {
            guard let place = table.places.last(where: { $0.start <= column + 1 }) else { return }
            let key = SortKey(of: place.column)
            if layout.sort == key {
                layout.reverse.toggle()
                startOver()
            } else {
                layout.reverse = false
                sort(by: key)
            }
        } else if (geometry.tableTop..<geometry.tableTop + geometry.tableHeight).contains(line) {
            let row = top + line - geometry.tableTop
            if rows.indices.contains(row) { move(to: row) }
        } else if line == geometry.statusRow {
            mode = .help(top: 0)
        }
    }
}
