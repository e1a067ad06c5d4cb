/// The division of the terminal's lines between the parts of the view.
struct Geometry: Hashable, Sendable {
    /// The smallest usable size; a smaller terminal shows only a message.
    static let smallest = ScreenSize(rows: 8, columns: 40)

    let size: ScreenSize
    /// The lines of the host summary, including the title.
    let headerHeight: Int
    /// The lines of the detail pane; 0 without one.
    let detailHeight: Int

    /// The lines of a replay's time bar: 1 or 0.
    let timeHeight: Int

    init(size: ScreenSize, hasDetail: Bool, hasTimeBar: Bool = false) {
        self.size = size
        timeHeight = hasTimeBar && size.rows >= 12 ? 1 : 0
        headerHeight = size.rows >= 14 ? 3 : 2
        let share = min(max(size.rows * 2 / 5, 8), 18)
        detailHeight = hasDetail && size.rows >= 16 ? share : 0
    }

    var isTooSmall: Bool {
        size.rows < Self.smallest.rows || size.columns < Self.smallest.columns
    }
    /// The line of the column heads.
    var headRow: Int { headerHeight }
    /// The first line of the table.
    var tableTop: Int { headerHeight + 1 }
    /// The lines of the table.
    var tableHeight: Int { max(0, size.rows - tableTop - 1 - timeHeight - detailHeight) }
    /// The first line of the detail pane.
    var detailTop: Int { tableTop + tableHeight }
    /// The line of the time bar, or the bottom line without one: panes and boxes end above it.
    var timeRow: Int { statusRow - timeHeight }
    /// The bottom line, which shows keys and messages.
    var statusRow: Int { size.rows - 1 }
    /// The lines of a view that replaces the table and the detail pane.
    var wholeHeight: Int { max(0, size.rows - headerHeight - 1 - timeHeight) }
}
