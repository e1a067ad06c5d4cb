import CgroupModel

/// v1 shares for a v2 weight.
enum CPUShares {
    /// The shares that cAdvisor shows: it spreads 1 to 10000 evenly over 2 to 262144, whatever a
    /// runtime made the weight of; absent for an idle cgroup, whose weight is 0.
    static func reading(_ weight: Reading) -> Reading {
        guard let number = weight.value else { return weight }
        guard (1...10_000).contains(number) else { return .absent }
        return Reading(2 + (number - 1) * 262_142 / 9999)
    }
}
