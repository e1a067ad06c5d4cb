/// One number of one cgroup, or the reason why there is none: eight bytes.
///
/// A kernel that gives no number is not the same as a kernel that gives 0, so the reasons live in
/// the topmost raw values, which no kernel counter reaches. A number that would collide with them
/// is stored as the largest that does not.
public struct Reading: Hashable, Sendable {
    /// The stored bits; a frame in the history holds these.
    public let rawValue: UInt64

    /// Takes bits that another reading gave out.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Holds a number.
    public init(_ value: UInt64) { rawValue = min(value, Self.largestValue) }

    /// The largest number that a reading can hold.
    public static let largestValue: UInt64 = .max - 16

    /// The file or the key does not exist for this cgroup on this kernel.
    public static let absent = Reading(rawValue: .max)
    /// A limit that is not set: `max` on v2, `-1` or about 2^63 on v1.
    public static let unlimited = Reading(rawValue: .max - 1)
    /// The kernel has the file but not the feature (EOPNOTSUPP), such as PSI switched off.
    public static let unsupported = Reading(rawValue: .max - 2)
    /// The file may not be read by this process (EACCES, EPERM).
    public static let notPermitted = Reading(rawValue: .max - 3)
    /// The cgroup vanished while it was read (ENODEV, ENOENT).
    public static let gone = Reading(rawValue: .max - 4)
    /// The file could not be understood, or reading it failed in another way.
    public static let malformed = Reading(rawValue: .max - 5)
    /// Another file system is mounted on the cgroup's directory, so its files are out of reach.
    public static let covered = Reading(rawValue: .max - 6)
    /// The row is about a device without a name, which the kernel calls `(unknown)`: a hidden path of
    /// native NVMe multipath, whose I/O the row of the disk has, too.
    public static let unnamed = Reading(rawValue: .max - 7)

    /// The number, or nil where there is none for whatever reason.
    public var value: UInt64? { rawValue <= Self.largestValue ? rawValue : nil }

    /// Whether the kernel said something: a number or "unlimited".
    public var isKnown: Bool { rawValue <= Self.largestValue || self == .unlimited }

    /// A number that may be negative, back from its zigzag code (``MetricUnit/signed``).
    public var signedValue: Int64? {
        value.map { $0 & 1 == 1 ? -Int64(($0 + 1) / 2) : Int64($0 / 2) }
    }

    /// The word that stands for a reading without a number, nil for a number.
    public var word: String? {
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
