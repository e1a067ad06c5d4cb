/// What a piece of text means; the screen decides how that looks with its colours.
public enum Style: Sendable, CaseIterable {
    /// Text and numbers.
    case plain
    /// Idle or unknown values, and lines that only guide the eye.
    case dim
    /// Text that stands out without an alarm.
    case strong
    /// Names of things: labels, keys.
    case label
    /// A level that is fine, and the filled part of a bar.
    case good
    /// A level that deserves a look.
    case warn
    /// A level that hurts.
    case critical
    /// The bar at the top.
    case title
    /// The heads of the columns.
    case head
    /// The head of the column that sorts.
    case sortedHead
    /// The selected row.
    case selected
    /// The bar of key hints: the text.
    case hint
    /// The bar of key hints: the key.
    case hintKey
    /// Charts.
    case chart

    /// The style of a share from 0 to 1 of something that should not fill up.
    static func level(_ share: Double) -> Style {
        share >= 0.9 ? .critical : share >= 0.7 ? .warn : .good
    }
}
