import CgroupModel
import Glibc

/// Converts a v2 weight to v1 shares.
enum CPUShares {
    /// The shares that runc and crun would turn into this weight; absent for an idle cgroup, whose
    /// weight is 0.
    ///
    /// For shares of 2^l they set a weight of 10^((l² + 125·l)/612 − 7/34), rounded up. 2, 1024 and
    /// 262144 thus become 1, 100 and 10000. If several shares have the same weight, this is the
    /// largest.
    static func reading(_ weight: Reading) -> Reading {
        guard let number = weight.value else { return weight }
        guard number > 0 else { return .absent }
        let exponent = log10(Double(number)) + 7.0 / 34.0
        let logarithm = ((125.0 * 125.0 + 4.0 * 612.0 * exponent).squareRoot() - 125.0) / 2.0
        // Rounding errors can leave a whole number slightly too small.
        let shares = exp2(logarithm) + 1e-6
        return Reading(UInt64(min(max(shares, 2), 262_144)))
    }
}
