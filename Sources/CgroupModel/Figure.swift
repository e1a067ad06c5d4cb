/// A number that a view shows, or the reason why there is none.
package enum Figure: Hashable, Sendable {
    case value(Double)
    case without(Reading)

    /// Takes a reading as it is.
    package init(_ reading: Reading) {
        self = reading.value.map { .value(Double($0)) } ?? .without(reading)
    }

    /// Takes something computed from `basis`; without a number, the reason is that of the basis.
    package init(_ number: Double?, from basis: Reading) {
        self = number.map { .value($0) } ?? .without(basis.value == nil ? basis : .absent)
    }

    /// The number, nil where there is none.
    package var number: Double? {
        if case .value(let number) = self { number } else { nil }
    }

    /// The other one, where this has no number and the other exists.
    package func orElse(_ other: @autoclosure () -> Figure) -> Figure {
        guard number == nil, self != .without(.unlimited) else { return self }
        let other = other()
        return other == .without(.absent) ? self : other
    }

    /// The same in another unit.
    package func scaled(by factor: Double) -> Figure {
        number.map { .value($0 * factor) } ?? self
    }
}
