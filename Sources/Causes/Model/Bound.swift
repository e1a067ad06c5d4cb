/// The binding limit of a cgroup: its own or an ancestor's, whichever has the least headroom.
package struct Bound: Hashable, Sendable {
    /// The limit.
    ///
    /// If no level has a number, its reading is `unlimited` or the reason for the missing number.
    package var limit: Evidence
    /// The usage that the limit counts, at the same level; nil if unknown.
    package let usage: Evidence?
    /// The limit in the unit of its metric, CPUs for a quota; nil if there is no number.
    package let most: Double?
    /// The usage in the same unit; nil if it is not known.
    package let used: Double?
    /// The growth of the usage per second; nil for a rate, and without two samples.
    package let slope: Double?

    /// The part of the limit that is left; 0 above the limit.
    package var headroom: Double? {
        guard let most, let used else { return nil }
        return max(most - used, 0)
    }

    /// The used share, 1 at the limit; nil for a limit of 0.
    package var ratio: Double? {
        guard let most, let used, most > 0 else { return nil }
        return used / most
    }

    /// The seconds until the limit is reached at the current slope; nil if the usage does not grow.
    package var secondsLeft: Double? {
        guard let headroom, let slope, slope > 0 else { return nil }
        return headroom / slope
    }
}
