/// A number that a view shows, or the reason why there is none.
package enum Figure: Hashable, Sendable {
    case value(Double)
    case without(Reading)

    /// Creates a figure from a reading.
    package init(_ reading: Reading) {
        self = reading.value.map { .value(Double($0)) } ?? .without(reading)
    }

    /// Creates a figure computed from `basis`, whose reason applies if there is no number.
    package init(_ number: Double?, from basis: Reading) {
        self = number.map { .value($0) } ?? .without(basis.value == nil ? basis : .absent)
    }

    /// The number; nil if there is none.
    package var number: Double? {
        if case .value(let number) = self { number } else { nil }
    }

    /// Falls back to another figure if this one has no number and the other is not absent.
    ///
    /// An unlimited figure stays.
    package func orElse(_ other: @autoclosure () -> Figure) -> Figure {
        guard number == nil, self != .without(.unlimited) else { return self }
        let other = other()
        return other == .without(.absent) ? self : other
    }

    /// The figure in another unit.
    package func scaled(by factor: Double) -> Figure {
        number.map { .value($0 * factor) } ?? self
    }
}
