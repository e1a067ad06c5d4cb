/// The meaning of a piece of text; the screen chooses its appearance.
package enum Style: Sendable, CaseIterable {
    /// Text and numbers.
    case plain
    /// Idle or unknown values, and lines that only guide the eye.
    case dim
    /// Text that stands out without being an alarm.
    case strong
    /// Names: labels and keys.
    case label
    /// A normal level, and the filled part of a bar.
    case good
    /// A level that deserves attention.
    case warn
    /// A critical level.
    case critical
    /// The bar at the top.
    case title
    /// The heads of the columns.
    case head
    /// The head of the sort column.
    case sortedHead
    /// The selected row.
    case selected
    /// A level in the selected row that deserves attention.
    case selectedWarn
    /// A critical level in the selected row.
    case selectedCritical
    /// A marked row.
    case marked
    /// The text in the bar of key hints.
    case hint
    /// A key in the bar of key hints.
    case hintKey
    /// Charts.
    case chart

    /// The style of a cell with this style in the selected row, where warnings stay visible.
    var whenSelected: Style {
        switch self {
        case .warn: .selectedWarn
        case .critical: .selectedCritical
        default: .selected
        }
    }

    /// The style of a fill level from 0 to 1.
    static func level(_ share: Double) -> Style {
        share >= 0.9 ? .critical : share >= 0.7 ? .warn : .good
    }
}
