/// The suggestions for the limits of one cgroup.
struct SizingFindings {
    /// The suggested values.
    private(set) var suggestions: [Suggestion] = []
    /// The limits for which nothing is suggested, with the reason.
    private(set) var unsuggested: [(limit: SizedLimit, reason: Unsuggested)] = []

    /// The share of time at a limit from which the demand counts as unknown.
    static let mostBoundShare = 0.5

    /// Adds a suggestion.
    mutating func add(_ suggestion: Suggestion) { suggestions.append(suggestion) }

    /// Adds a suggestion; only a minimum to try if the limit `bound` hid the demand for too long.
    mutating func add(_ suggestion: Suggestion, bound: UInt64, atLeast least: UInt64) {
        let share = suggestion.evidence.boundShare
        guard share < Self.mostBoundShare else {
            return add(suggestion.limit, .bound(limit: bound, share: share, atLeast: least))
        }
        add(suggestion)
    }

    /// Adds the reason why no value is suggested for a limit.
    mutating func add(_ limit: SizedLimit, _ reason: Unsuggested) {
        unsuggested.append((limit, reason))
    }
}
