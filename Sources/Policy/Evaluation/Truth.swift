/// What a statement can be: Kleene's three values, in an order in which `and` is the least and `or`
/// the greatest of two.
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

/// Numbers of a policy are doubles, so that a column of them is eight bytes each; these two stand
/// for the reasons why there is none.
extension Double {
    /// It should exist, but cannot be read now.
    static let unknown = Double(bitPattern: 0x7ff8_0000_0000_0001)
    /// It does not exist here: no quota, no such file, a controller that is off.
    static let notApplicable = Double(bitPattern: 0x7ff8_0000_0000_0002)

    var isNotApplicable: Bool { bitPattern == Double.notApplicable.bitPattern }

    /// What comes of two numbers of which at least one is none: what does not exist here will not
    /// come, so it counts more than what is unknown for now.
    static func none(of left: Double, _ right: Double) -> Double {
        left.isNotApplicable || right.isNotApplicable ? .notApplicable : .unknown
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
