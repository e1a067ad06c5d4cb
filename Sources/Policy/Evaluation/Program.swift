internal import CgroupModel
internal import PolicyLanguage

/// A compiled condition or expression.
///
/// Nodes refer to each other, and to columns and series of ``Measurements``, by index.
struct Program: Sendable {
    enum Node: Sendable {
        case constant(Double)
        case hostShare(Double, PolicyUnit)
        /// The last value of a gauge.
        case level(column: Int)
        case share(Double, of: Int)
        case window(WindowFunction, series: Int, nanoseconds: UInt64, scale: Double)
        case arithmetic(ArithmeticOperator, Int, Int)

        /// `ifAbsent` is the result if one of the numbers is not applicable.
        case comparison(ComparisonOperator, Int, Int, ifAbsent: Truth)
        case increased(series: Int, nanoseconds: UInt64)
        case missing(Int)
        case flag(Int)
        /// The events of a trigger, by its index in ``Measurements``.
        case happened(Int)
        case and(Int, Int)
        case or(Int, Int)
        case not(Int)
        case always(Truth)
    }

    /// One term of the text, for the audit log.
    struct Leaf: Sendable {
        let text: String
        let node: Int
        let unit: PolicyUnit
    }

    fileprivate(set) var nodes: [Node] = []
    fileprivate(set) var leaves: [Leaf] = []
    fileprivate(set) var text = ""
    /// The texts of conditions other than `and` and `or`, by node.
    fileprivate(set) var parts: [Int: String] = [:]

    /// The node of the whole program, which is the last one.
    var root: Int { nodes.count - 1 }
}

/// A name in an expression that the vocabulary does not contain.
struct UnknownTerm: Error, Hashable {
    let name: String
}

/// Compiles conditions and expressions, and adds the columns and series that they use.
struct ProgramCompiler {
    var measurements: Measurements
    let defaults: PolicyDefaults
    /// The group whose combined values replace the cgroup's own metrics; nil unless the rule is
    /// aggregate.
    var aggregate: String?
    private var program = Program()
    private var isEnding = false
    /// The result of a comparison with a number that is not applicable.
    private var ifAbsent = Truth.no

    init(measurements: Measurements, defaults: PolicyDefaults) {
        self.measurements = measurements
        self.defaults = defaults
    }

    /// Compiles a condition.
    ///
    /// A condition that ends something is true if a number is not applicable, because there is
    /// nothing left to wait for: a limit was lifted, or a group is empty.
    mutating func compile(
        _ condition: Condition, isEnding: Bool = false
    ) throws(UnknownTerm) -> Program {
        program = Program()
        self.isEnding = isEnding
        ifAbsent = isEnding ? .yes : .no
        _ = try add(condition)
        program.text = condition.description
        return program
    }

    mutating func compile(_ expression: Expression) throws(UnknownTerm) -> Program {
        program = Program()
        _ = try add(expression)
        program.text = expression.description
        return program
    }

    private mutating func append(_ node: Program.Node) -> Int {
        program.nodes.append(node)
        return program.nodes.count - 1
    }

    private mutating func leaf(_ text: String, _ node: Int, _ unit: PolicyUnit) -> Int {
        if !program.leaves.contains(where: { $0.text == text }) {
            program.leaves.append(Program.Leaf(text: text, node: node, unit: unit))
        }
        return node
    }

    private mutating func add(_ condition: Condition) throws(UnknownTerm) -> Int {
        let node = try node(of: condition)
        switch condition {
        case .all, .any: break
        default: program.parts[node] = condition.description
        }
        return node
    }

    private mutating func node(of condition: Condition) throws(UnknownTerm) -> Int {
        switch condition {
        case .comparison(let left, let comparison, let right):
            let (left, right) = (try add(left), try add(right))
            return append(.comparison(comparison, left, right, ifAbsent: ifAbsent))
        case .increased(let term, let window):
            let (column, metric) = try measurements.column(term, aggregate: aggregate)
            let series = measurements.series(of: column, window: window.nanoseconds)
            let grown = append(
                .window(
                    .delta, series: series, nanoseconds: window.nanoseconds, scale: metric.scale))
            _ = leaf("delta(\(term), \(window.policyText))", grown, metric.unit)
            return append(.increased(series: series, nanoseconds: window.nanoseconds))
        case .missing(let term): return append(.missing(try add(level: term)))
        case .flag(let term): return append(.flag(try add(level: term)))
        case .happened(let trigger):
            let place = measurements.counts(of: trigger, group: aggregate)
            return leaf("\(trigger)", append(.happened(place)), .count)
        case .all(let parts): return try join(parts, empty: .yes) { .and($0, $1) }
        case .any(let parts): return try join(parts, empty: .no) { .or($0, $1) }
        case .not(let part):
            let outer = ifAbsent
            // In an ending condition, a comparison of an absent value is false under `not`, so that
            // the whole is true. In other conditions it is false everywhere.
            if isEnding { ifAbsent = !outer }
            defer { ifAbsent = outer }
            return append(.not(try add(part)))
        }
    }

    private mutating func join(
        _ parts: [Condition], empty: Truth, _ node: (Int, Int) -> Program.Node
    ) throws(UnknownTerm) -> Int {
        guard let first = parts.first else { return append(.always(empty)) }
        var place = try add(first)
        for part in parts.dropFirst() {
            let next = try add(part)
            place = append(node(place, next))
        }
        return place
    }

    private mutating func add(_ expression: Expression) throws(UnknownTerm) -> Int {
        switch expression {
        case .literal(let number, _): return append(.constant(number))
        case .hostShare(let share, let unit): return append(.hostShare(share, unit))
        case .metric(let term): return try add(level: term)
        case .share(let share, let term): return append(.share(share, of: try add(level: term)))
        case .call(let function, let term, let window):
            let (column, metric) = try measurements.column(term, aggregate: aggregate)
            return window_(function, term, column, metric, window)
        case .arithmetic(let left, let arithmetic, let right):
            let (left, right) = (try add(left), try add(right))
            return append(.arithmetic(arithmetic, left, right))
        }
    }

    /// Adds the last value of a gauge, or the rate of a counter over `rate_window`.
    private mutating func add(level term: MetricTerm) throws(UnknownTerm) -> Int {
        let (column, metric) = try measurements.column(term, aggregate: aggregate)
        guard metric.isCounter else {
            return leaf(term.description, append(.level(column: column)), metric.unit)
        }
        return window_(.rate, term, column, metric, defaults.rateWindow)
    }

    private mutating func window_(
        _ function: WindowFunction, _ term: MetricTerm, _ column: Int, _ metric: PolicyMetric,
        _ window: Duration
    ) -> Int {
        let nanoseconds = window.nanoseconds
        let series = measurements.series(of: column, window: nanoseconds)
        let node = append(
            .window(
                function, series: series, nanoseconds: nanoseconds,
                scale: metric.isCounter ? metric.scale : 1))
        return leaf(
            "\(function.rawValue)(\(term), \(window.policyText))", node,
            function.unit(of: metric) ?? metric.unit)
    }
}
