extension Expression: CustomStringConvertible {
    /// The text as in a policy; it parses as the same expression.
    package var description: String {
        switch self {
        case .literal(let number, let unit): unit.text(number)
        case .hostShare(let share, _): "\(PlainNumber.text(share, shiftedBy: 2))%host"
        case .metric(let term): "\(term)"
        case .call(let function, let term, let window):
            "\(function.rawValue)(\(term), \(DurationText.text(window)))"
        case .share(let share, let term): "\(PlainNumber.text(share, shiftedBy: 2))% of \(term)"
        case .arithmetic(let left, let operation, let right):
            "\(left) \(operation.rawValue) \(right)"
        }
    }

    /// The metrics in it, from left to right.
    package var terms: [MetricTerm] {
        switch self {
        case .literal, .hostShare: []
        case .metric(let term), .call(_, let term, _), .share(_, let term): [term]
        case .arithmetic(let left, _, let right): left.terms + right.terms
        }
    }
}

extension Condition: CustomStringConvertible {
    /// The text as in a policy; it parses as the same condition, except for events, which
    /// `on_event` describes.
    package var description: String {
        switch self {
        case .comparison(let left, let comparison, let right):
            "\(left) \(comparison.rawValue) \(right)"
        case .increased(let term, let window): "increased(\(term), \(DurationText.text(window)))"
        case .missing(let term): "missing(\(term))"
        case .flag(let term): "\(term)"
        case .happened(let trigger): "\(trigger)"
        case .all(let parts):
            parts.map { $0.isList ? "(\($0))" : "\($0)" }.joined(separator: " and ")
        case .any(let parts):
            parts.map { $0.isChoice ? "(\($0))" : "\($0)" }.joined(separator: " or ")
        case .not(let part): part.isSimple ? "not \(part)" : "not (\(part))"
        }
    }

    /// The metrics in it, from left to right.
    package var terms: [MetricTerm] {
        switch self {
        case .comparison(let left, _, let right): left.terms + right.terms
        case .increased(let term, _), .missing(let term), .flag(let term): [term]
        case .happened: []
        case .all(let parts), .any(let parts): parts.flatMap(\.terms)
        case .not(let part): part.terms
        }
    }

    private var isChoice: Bool {
        if case .any = self { true } else { false }
    }

    private var isList: Bool {
        if case .all = self { true } else { isChoice }
    }

    private var isSimple: Bool {
        if case .not = self { false } else { !isList }
    }
}

extension MetricTerm: CustomStringConvertible {
    /// `host.load`, `group("db").memory.current`, `io.wbytes.rate[/dev/vda]`.
    package var description: String {
        let owner =
            switch scope {
            case .own: ""
            case .host: "host."
            case .group(let name): "group(\"\(name)\")."
            }
        return owner + name + (instance.map { "[\($0)]" } ?? "")
    }
}

extension PolicyUnit {
    /// A number in this unit, as in a policy.
    func text(_ number: Double) -> String {
        switch self {
        case .bytes: Self.bytes(number)
        case .bytesPerSecond: "\(Self.bytes(number))/s"
        case .cpus: "\(PlainNumber.text(number))cpus"
        case .cpusPerSecond: "\(PlainNumber.text(number))cpus/s"
        case .seconds: "\(PlainNumber.text(number))s"
        case .percent: "\(PlainNumber.text(number))%"
        case .percentPerSecond: "\(PlainNumber.text(number))%/s"
        case .perSecond: "\(PlainNumber.text(number))/s"
        case .count, .flag: PlainNumber.text(number)
        }
    }

    /// The shortest text; dividing by a power of two is exact.
    private static func bytes(_ number: Double) -> String {
        var unit = 1.0
        var best = "\(PlainNumber.text(number))B"
        for name in ["KiB", "MiB", "GiB", "TiB"] {
            unit *= 1024
            let text = PlainNumber.text(number / unit) + name
            if text.count <= best.count { best = text }
        }
        return best
    }

    /// The name of the unit in messages.
    var noun: String {
        switch self {
        case .bytes: "bytes"
        case .cpus: "CPUs"
        case .seconds: "seconds"
        case .percent: "percent"
        case .count: "plain numbers"
        case .bytesPerSecond: "bytes per second"
        case .perSecond: "events per second"
        case .cpusPerSecond: "CPUs per second"
        case .percentPerSecond: "percent per second"
        case .flag: "yes or no"
        }
    }

    /// A number with its unit, for messages.
    var example: String {
        switch self {
        case .bytes: "512MiB"
        case .cpus: "1.5cpus"
        case .seconds: "10s"
        case .percent: "20%"
        case .count: "100"
        case .bytesPerSecond: "20MiB/s"
        case .perSecond: "50/s"
        case .cpusPerSecond: "0.5cpus/s"
        case .percentPerSecond: "5%/s"
        case .flag: "the name alone"
        }
    }

    /// The unit of the slope of a level; nil if it has none.
    var slope: PolicyUnit? {
        switch self {
        case .bytes: .bytesPerSecond
        case .cpus: .cpusPerSecond
        case .percent: .percentPerSecond
        case .count: .perSecond
        default: nil
        }
    }
}
