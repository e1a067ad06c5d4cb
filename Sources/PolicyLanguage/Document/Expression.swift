/// A number in a policy: `avg(cpu.usage_usec.rate, 10s)`, `20% of memory.max`, `1.5cpus`.
package indirect enum Expression: Hashable, Sendable {
    /// A number in the base unit of ``PolicyUnit``.
    case literal(Double, PolicyUnit)
    /// A share of the host (0 to 1): of its memory if the unit is bytes, of its CPUs if it is CPUs.
    case hostShare(Double, PolicyUnit)
    /// The last value of a gauge, or a counter's rate over the default window.
    case metric(MetricTerm)
    /// A function over a window of samples.
    case call(WindowFunction, MetricTerm, Duration)
    /// A share (0 to 1) of a metric.
    case share(Double, MetricTerm)
    case arithmetic(Expression, ArithmeticOperator, Expression)
}

/// The arithmetic operators.
package enum ArithmeticOperator: String, Hashable, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
}

/// A condition: true, false or unknown.
package indirect enum Condition: Hashable, Sendable {
    case comparison(Expression, ComparisonOperator, Expression)
    /// Whether a counter grew within the window.
    case increased(MetricTerm, Duration)
    /// Whether a metric has no value now.
    case missing(MetricTerm)
    /// Whether a flag is set (`cgroup.populated`, `cgroup.frozen`).
    case flag(MetricTerm)
    /// Whether the events of a trigger happened to the cgroup.
    case happened(EventTrigger)
    case all([Condition])
    case any([Condition])
    case not(Condition)
}

/// The comparison operators.
package enum ComparisonOperator: String, Hashable, Sendable, CaseIterable {
    case less = "<"
    case atMost = "<="
    case equal = "=="
    case notEqual = "!="
    case atLeast = ">="
    case greater = ">"
}

/// The functions over a window of samples.
package enum WindowFunction: String, Hashable, Sendable, CaseIterable {
    case avg, min, max, p95, slope
    case rate, delta
}

/// A metric and its scope.
package struct MetricTerm: Hashable, Sendable {
    /// What the metric is read from.
    package enum Scope: Hashable, Sendable {
        /// The cgroup that the rule evaluates.
        case own
        /// The host (`host.`).
        case host
        /// Another group as a whole (`group("NAME").`).
        case group(String)
    }

    /// What the metric is read from.
    package var scope: Scope
    /// The name in ``PolicyVocabulary``, without its scope.
    package var name: String
    /// The instance of a metric with several, such as a disk (`io.wbytes.rate[/dev/vda]`); nil for
    /// the sum.
    package var instance: String?

    package init(_ name: String, of scope: Scope = .own, instance: String? = nil) {
        self.name = name
        self.scope = scope
        self.instance = instance
    }

    /// Whether it is the pressure of a cgroup or of the host.
    var isPressure: Bool { name.contains(".pressure.") }
}

/// The unit of a number in a policy; both sides of a comparison have the same.
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
    /// CPUs per second, the slope of CPU usage.
    case cpusPerSecond
    /// Percentage points per second.
    case percentPerSecond
    /// True or false.
    case flag
}
