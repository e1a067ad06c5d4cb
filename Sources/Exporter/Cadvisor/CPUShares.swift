import CgroupModel

/// Converts a v2 weight to v1 shares.
enum CPUShares {
    /// The shares that cAdvisor shows; absent for an idle cgroup, whose weight is 0.
    ///
    /// cAdvisor maps weights 1 to 10000 linearly to 2 to 262144, whatever formula the runtime used.
    static func reading(_ weight: Reading) -> Reading {
        guard let number = weight.value else { return weight }
        guard (1...10_000).contains(number) else { return .absent }
        return Reading(2 + (number - 1) * 262_142 / 9999)
    }
}
