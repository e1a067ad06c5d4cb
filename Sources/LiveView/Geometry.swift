/// Which lines of the terminal belong to what.
struct Geometry: Hashable, Sendable {
    /// Below this there is only a message.
    static let smallest = ScreenSize(rows: 8, columns: 40)

    let size: ScreenSize
    /// Lines of the machine's summary, the title included.
    let headerHeight: Int
    /// Lines of the detail pane; 0 without one.
    let detailHeight: Int

    init(size: ScreenSize, hasDetail: Bool) {
        self.size = size
        headerHeight = size.rows >= 14 ? 3 : 2
        let share = min(max(size.rows * 2 / 5, 8), 18)
        detailHeight = hasDetail && size.rows >= 16 ? share : 0
    }

    var isTooSmall: Bool {
        size.rows < Self.smallest.rows || size.columns < Self.smallest.columns
    }
    /// The line with the column heads.
    var headRow: Int { headerHeight }
    /// The first line of the table.
    var tableTop: Int { headerHeight + 1 }
    /// Lines of the table.
    var tableHeight: Int { max(0, size.rows - tableTop - 1 - detailHeight) }
    /// The first line of the detail pane.
    var detailTop: Int { tableTop + tableHeight }
    /// The bottom line.
    var statusRow: Int { size.rows - 1 }
    /// Lines of a view that takes the place of table and detail.
    var wholeHeight: Int { max(0, size.rows - headerHeight - 1) }
}
