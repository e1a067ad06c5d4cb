/// A condition on cgroups: `cpu > 50`, `state = throttled | unit ~ nginx`, `web`.
///
/// A word alone is searched for in the path, name, unit, container, pod and state.
/// Conditions side by side must all hold; `|` separates alternatives; `!` negates the next one.
package struct CgroupFilter: Hashable, Sendable {
    indirect enum Condition: Hashable, Sendable {
        case word(FilterPattern)
        case number(FilterNumber, Comparison, Double)
        case text(FilterText, FilterPattern, contains: Bool)
        case not(Condition)
        case all([Condition])
        case any([Condition])
    }

    enum Comparison: String, Sendable {
        case above = ">"
        case atLeast = ">="
        case below = "<"
        case atMost = "<="
        case equal = "="
        case different = "!="
    }

    private let condition: Condition

    /// The condition that every cgroup meets.
    package static let everything = CgroupFilter(condition: .all([]))

    /// Parses a condition; an empty text is met by every cgroup.
    package init(parsing text: String) throws(FilterError) {
        var parser = try FilterParser(text)
        condition = try parser.parse()
    }

    private init(condition: Condition) { self.condition = condition }

    /// Whether every cgroup meets it.
    package var isEmpty: Bool { condition == .all([]) }

    /// The metrics that it compares; states need those of ``CgroupFigures/metrics``.
    package var metrics: [MetricID] { Self.metrics(condition) }

    /// Whether it compares a rate, which no cgroup has in a first sample.
    package var comparesRates: Bool { Self.comparesRates(condition) }

    /// Whether a cgroup meets it; a comparison with a number that the cgroup does not have fails.
    package func matches(_ subject: FilterSubject) -> Bool { Self.holds(condition, subject) }

    private static func holds(_ condition: Condition, _ subject: FilterSubject) -> Bool {
        switch condition {
        case .word(let pattern):
            // The bytes too, because a name need not be UTF-8.
            pattern.occurs(in: subject.path.bytes)
                || FilterText.searched.contains { field in
                    field.values(of: subject).contains(where: pattern.occurs)
                }
        case .number(let number, let comparison, let amount):
            comparison.holds(number.figure(subject.snapshot, subject.index), amount)
        case .text(let field, let pattern, let contains):
            field.values(of: subject).contains {
                contains ? pattern.occurs(in: $0) : pattern.matches($0)
            }
        case .not(let inner): !holds(inner, subject)
        case .all(let parts): parts.allSatisfy { holds($0, subject) }
        case .any(let parts): parts.contains { holds($0, subject) }
        }
    }

    private static func comparesRates(_ condition: Condition) -> Bool {
        switch condition {
        case .word, .text: false
        case .number(let number, _, _): number.isRate
        case .not(let inner): comparesRates(inner)
        case .all(let parts), .any(let parts): parts.contains(where: comparesRates)
        }
    }

    private static func metrics(_ condition: Condition) -> [MetricID] {
        switch condition {
        case .word: CgroupFigures.metrics
        case .number(let number, _, _): number.metrics
        case .text(let field, _, _): field == .state ? CgroupFigures.metrics : []
        case .not(let inner): metrics(inner)
        case .all(let parts), .any(let parts): parts.flatMap(metrics)
        }
    }
}

extension CgroupFilter.Comparison {
    /// The absence of a limit exceeds any amount, and equals only `max`.
    fileprivate func holds(_ figure: Figure, _ amount: Double) -> Bool {
        let number = figure == .without(.unlimited) ? .infinity : figure.number
        guard let number else { return false }
        return switch self {
        case .above: number > amount
        case .atLeast: number >= amount
        case .below: number < amount
        case .atMost: number <= amount
        case .equal: number == amount
        case .different: number != amount
        }
    }
}

/// The reason why a filter cannot be parsed, in one line with a remedy.
package struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message.
    package let description: String

    init(_ description: String) { self.description = description.onOneLine }
}
