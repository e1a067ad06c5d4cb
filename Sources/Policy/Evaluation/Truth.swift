import PolicyLanguage

/// A truth value of Kleene's three-valued logic, ordered so that `and` is the minimum and `or` the
/// maximum.
enum Truth: Int8, Hashable, Sendable, Comparable {
    case no = -1
    case unknown = 0
    case yes = 1

    init(_ value: Bool) { self = value ? .yes : .no }

    static func < (left: Truth, right: Truth) -> Bool { left.rawValue < right.rawValue }

    static prefix func ! (value: Truth) -> Truth {
        switch value {
        case .no: .yes
        case .unknown: .unknown
        case .yes: .no
        }
    }
}

/// Why a metric has no number, for reports.
enum NumberLack: UInt64, CaseIterable {
    case other, noLimit, noFile, noFeature, noInstance, nobody, notCounted, severalMembers
    case notPermitted, malformed, covered, tooFewSamples
    case lateSamples

    /// The reason in words; nil if there are no details.
    var text: String? {
        switch self {
        case .other: nil
        case .noLimit: "no limit is set"
        case .noFile: "no such file: this kernel lacks it, or its controller is off"
        case .noFeature: "disabled in the kernel"
        case .noInstance: "no such instance on this host"
        case .nobody: "no cgroup is in the group"
        case .notCounted: "v1 counts I/O on a disk only once some cgroup has an I/O limit on it"
        case .severalMembers: "undefined for several cgroups"
        case .notPermitted: "the file may not be read"
        case .malformed: "the file is malformed"
        case .covered: "another file system is mounted there"
        case .tooFewSamples: "too few samples yet"
        case .lateSamples: "the last samples are more than 2.5 intervals apart"
        }
    }
}

/// Numbers of a policy are doubles, which keeps columns compact; a missing number is a NaN with the
/// reason in its payload.
extension Double {
    private static let unknownBits: UInt64 = 0x7ff8_0000_0000_0001
    private static let absentBits: UInt64 = 0x7ff8_0000_0000_0002

    /// A number that should exist but cannot be read now.
    static let unknown = Double(bitPattern: unknownBits)
    /// A number that does not exist here: no quota, no such file, or a controller that is off.
    static let notApplicable = Double(bitPattern: absentBits)

    static func unknown(_ lack: NumberLack) -> Double {
        Double(bitPattern: unknownBits | lack.rawValue << 8)
    }

    static func notApplicable(_ lack: NumberLack) -> Double {
        Double(bitPattern: absentBits | lack.rawValue << 8)
    }

    var isNotApplicable: Bool { isNaN && bitPattern & 0xff == Double.absentBits & 0xff }

    /// Why there is no number; nil for a number.
    var lack: NumberLack? { isNaN ? NumberLack(rawValue: bitPattern >> 8 & 0xff) : nil }

    /// Combines two numbers of which at least one is missing; "not applicable" takes precedence,
    /// because it is not temporary.
    static func none(of left: Double, _ right: Double) -> Double {
        if left.isNotApplicable || !right.isNaN { return left }
        return right.isNotApplicable || !left.isNaN ? right : left
    }
}

extension ArithmeticOperator {
    func callAsFunction(_ left: Double, _ right: Double) -> Double {
        guard !left.isNaN, !right.isNaN else { return .none(of: left, right) }
        switch self {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide: return right == 0 ? .notApplicable : left / right
        }
    }
}

extension ComparisonOperator {
    func callAsFunction(_ left: Double, _ right: Double) -> Truth {
        guard !left.isNaN, !right.isNaN else {
            return left.isNotApplicable || right.isNotApplicable ? .no : .unknown
        }
        return switch self {
        case .less: Truth(left < right)
        case .atMost: Truth(left <= right)
        case .equal: Truth(left == right)
        case .notEqual: Truth(left != right)
        case .atLeast: Truth(left >= right)
        case .greater: Truth(left > right)
        }
    }
}
