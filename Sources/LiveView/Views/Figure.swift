import CgroupModel

/// A number that a view shows, or the reason why there is none.
enum Figure: Hashable, Sendable {
    case value(Double)
    case without(Reading)

    /// Takes a reading as it is.
    init(_ reading: Reading) {
        self = reading.value.map { .value(Double($0)) } ?? .without(reading)
    }

    /// Takes something computed from `basis`; without a number, the reason is that of the basis.
    init(_ number: Double?, from basis: Reading) {
        self = number.map { .value($0) } ?? .without(basis.value == nil ? basis : .absent)
    }

    /// The number, nil where there is none.
    var number: Double? {
        if case .value(let number) = self { number } else { nil }
    }

    /// The other one, where this has no number.
    func orElse(_ other: @autoclosure () -> Figure) -> Figure {
        number == nil && self != .without(.unlimited) ? other() : self
    }

    /// The text of a cell; `format` writes the number.
    func text(_ format: (Double) -> String) -> String {
        switch self {
        case .value(let number): format(number)
        case .without(.unlimited): "max"
        case .without(.notPermitted): "?"
        case .without(.malformed): "bad"
        case .without: "-"
        }
    }
}
