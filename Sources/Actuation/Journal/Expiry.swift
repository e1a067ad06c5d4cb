/// When a change is undone without a command.
package enum Expiry: Hashable, Sendable {
    /// Never.
    case none
    /// After a time.
    case after(Duration)
    /// After a time, unless ``UndoJournal/confirm(_:)`` keeps the change first.
    case unlessConfirmed(Duration)

    /// The time until the change is undone; nil for never.
    package var duration: Duration? {
        switch self {
        case .none: nil
        case .after(let time), .unlessConfirmed(let time): time
        }
    }

    /// Whether a confirmation keeps the change.
    package var awaitsConfirmation: Bool {
        if case .unlessConfirmed = self { true } else { false }
    }
}
