/// A number in a policy: `avg(cpu.usage, 10s)`, `20% of memory.max`, `1.5cpus`.
package indirect enum Expression: Hashable, Sendable {
    /// A number in the base unit of ``PolicyUnit``.
    case literal(Double, PolicyUnit)
    /// A share of the machine (0 to 1): of its memory beside bytes, of its CPUs beside CPUs.
    case hostShare(Double, PolicyUnit)
    /// The last value of a gauge, or a counter's rate over the default window.
    case metric(MetricTerm)
    /// A value over a window.
    case call(WindowFunction, MetricTerm, Duration)
    /// A share (0 to 1) of a metric.
    case share(Double, MetricTerm)
    case arithmetic(Expression, ArithmeticOperator, Expression)
}

/// What a policy can do with two numbers.
package enum ArithmeticOperator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
}

/// A statement that is true, false or unknown.
package indirect enum Condition: Hashable, Sendable {
    case comparison(Expression, ComparisonOperator, Expression)
    /// Whether a counter grew within the window.
    case increased(MetricTerm, Duration)
    /// Whether a metric has no value now.
    case missing(MetricTerm)
    /// Whether a flag is set (`group.populated`, `group.frozen`).
    case flag(MetricTerm)
    case all([Condition])
    case any([Condition])
    case not(Condition)
}

/// How two numbers are compared.
package enum ComparisonOperator: String, Hashable, Sendable, CaseIterable {
    case less = "<"
    case atMost = "<="
    case equal = "=="
    case notEqual = "!="
    case atLeast = ">="
    case greater = ">"
}

/// What is made of a window of samples.
package enum WindowFunction: String, Hashable, Sendable, CaseIterable {
    case avg, min, max, p95, slope
    case rate, delta
}

/// A metric and whose it is.
package struct MetricTerm: Hashable, Sendable {
    /// Whose value it is.
    package enum Scope: Hashable, Sendable {
        /// The cgroup that the rule looks at.
        case own
        /// The machine (`host.`).
        case host
        /// Another group as a whole (`group("NAME").`).
        case group(String)
    }

    /// Whose value it is.
    package var scope: Scope
    /// The name in ``PolicyVocabulary``, without its scope.
    package var name: String
    /// The disk of a metric that has one for each (`io.write_rate[/dev/vda]`); nil for the sum.
    package var instance: String?

    package init(_ name: String, of scope: Scope = .own, instance: String? = nil) {
        self.name = name
        self.scope = scope
        self.instance = instance
    }
}

/// What a number in a policy counts; two sides of a comparison share one.
package enum PolicyUnit: String, Hashable, Sendable, CaseIterable {
    case bytes
    case cpus
    case seconds
    /// 0 to 100.
    case percent
    /// Processes, events, weights.
    case count
    case bytesPerSecond
    case perSecond
    /// CPUs a second, the slope of a CPU usage.
    case cpusPerSecond
    /// Percentage points a second.
    case percentPerSecond
    /// Yes or no.
    case flag
}
