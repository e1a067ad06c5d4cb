/// A number of a cgroup, or the reason why there is none, in eight bytes.
///
/// A missing number differs from 0, so reasons are stored as the highest raw values, which no
/// kernel counter reaches. A number that would collide with them is stored as the largest that does
/// not.
package struct Reading: Hashable, Sendable {
    /// The stored bits, as used in history frames.
    package let rawValue: UInt64

    /// Creates a reading from the bits of another one.
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Creates a reading with a number.
    package init(_ value: UInt64) { rawValue = min(value, Self.largestValue) }

    /// The largest number that a reading can hold.
    package static let largestValue: UInt64 = .max - 16

    /// This kernel or cgroup does not have the file or key.
    package static let absent = Reading(rawValue: .max)
    /// The limit is not set: `max` in v2, `-1` or about 2^63 in v1.
    package static let unlimited = Reading(rawValue: .max - 1)
    /// The kernel has the file but not the feature (EOPNOTSUPP), for example with PSI disabled.
    package static let unsupported = Reading(rawValue: .max - 2)
    /// Permission to read the file was denied (EACCES, EPERM).
    package static let notPermitted = Reading(rawValue: .max - 3)
    /// The cgroup vanished while it was read (ENODEV, ENOENT).
    package static let gone = Reading(rawValue: .max - 4)
    /// The file is malformed, or reading it failed for another reason.
    package static let malformed = Reading(rawValue: .max - 5)
    /// Another file system is mounted on the cgroup's directory, so its files are not accessible.
    package static let covered = Reading(rawValue: .max - 6)
    /// The row belongs to a device without a name, which the kernel writes as `(unknown)`.
    ///
    /// It is a hidden path of native NVMe multipath; the row of the disk includes its I/O.
    package static let unnamed = Reading(rawValue: .max - 7)

    /// The number; nil if there is none, for whatever reason.
    package var value: UInt64? { rawValue <= Self.largestValue ? rawValue : nil }

    /// Whether the kernel gave a value: a number or unlimited.
    package var isKnown: Bool { rawValue <= Self.largestValue || self == .unlimited }

    /// The number decoded from its zigzag encoding (``MetricUnit/signed``).
    package var signedValue: Int64? {
        value.map { $0 & 1 == 1 ? -Int64(($0 + 1) / 2) : Int64($0 / 2) }
    }

    /// The word for a reading without a number; nil for a number.
    package var word: String? {
        switch self {
        case .absent: "absent"
        case .unlimited: "max"
        case .unsupported: "unsupported"
        case .notPermitted: "not permitted"
        case .gone: "gone"
        case .malformed: "malformed"
        case .covered: "covered by a mount"
        case .unnamed: "device without a name"
        default: value == nil ? "malformed" : nil
        }
    }
}
