extension Duration {
    /// Whole nanoseconds, 0 for a negative time.
    var nanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    /// As a policy writes it: `500ms`, `10s`, `5m`.
    var policyText: String {
        let milliseconds = nanoseconds / 1_000_000
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)]
        where milliseconds >= length && milliseconds % UInt64(length) == 0 {
            return "\(milliseconds / UInt64(length))\(unit)"
        }
        return "\(milliseconds)ms"
    }
}

extension Double {
    /// With three decimals, always.
    var fixedText: String {
        guard !isNaN else { return isNotApplicable ? "n/a" : "unknown" }
        let bounded = Swift.min(Swift.max(self, -9e15), 9e15)
        let thousandths = Int64((bounded.magnitude * 1000).rounded())
        let rest = String(1000 + thousandths % 1000).dropFirst()
        return "\(bounded < 0 && thousandths > 0 ? "-" : "")\(thousandths / 1000).\(rest)"
    }

    /// With its unit, as the audit log shows it.
    func text(_ unit: PolicyUnit) -> String {
        isNaN ? fixedText : fixedText + unit.suffix
    }
}

extension PolicyUnit {
    var suffix: String {
        switch self {
        case .bytes: "B"
        case .cpus: "cpus"
        case .seconds: "s"
        case .percent: "%"
        case .count, .flag: ""
        case .bytesPerSecond: "B/s"
        case .perSecond: "/s"
        case .cpusPerSecond: "cpus/s"
        case .percentPerSecond: "%/s"
        }
    }
}

extension MetricTerm: CustomStringConvertible {
    /// As a policy writes it: `host.psi.cpu.some.avg10`, `io.write_rate[8:0]`.
    public var description: String {
        let bracket = instance.map { "[\($0)]" } ?? ""
        return switch scope {
        case .own: name + bracket
        case .host: "host.\(name)\(bracket)"
        case .group(let group): "group(\"\(group)\").\(name)\(bracket)"
        }
    }
}

extension Expression: CustomStringConvertible {
    /// As a policy writes it.
    public var description: String {
        switch self {
        case .literal(let number, let unit): return number.shortText + unit.suffix
        case .hostShare(let share, _): return "\((share * 100).shortText)%host"
        case .metric(let term): return term.description
        case .call(let function, let term, let window):
            return "\(function.rawValue)(\(term), \(window.policyText))"
        case .share(let share, let term): return "\((share * 100).shortText)% of \(term)"
        case .arithmetic(let left, let arithmetic, let right):
            return "(\(left) \(arithmetic.rawValue) \(right))"
        }
    }
}

extension Condition: CustomStringConvertible {
    /// As a policy writes it.
    public var description: String {
        switch self {
        case .comparison(let left, let comparison, let right):
            return "\(left) \(comparison.rawValue) \(right)"
        case .increased(let term, let window): return "increased(\(term), \(window.policyText))"
        case .missing(let term): return "missing(\(term))"
        case .flag(let term): return term.description
        case .all(let parts): return Self.join(parts, "and", empty: "true")
        case .any(let parts): return Self.join(parts, "or", empty: "false")
        case .not(let part): return "not (\(part))"
        }
    }

    private static func join(_ parts: [Condition], _ word: String, empty: String) -> String {
        guard !parts.isEmpty else { return empty }
        return parts.map { part in
            switch part {
            case .all(let inner) where inner.count > 1, .any(let inner) where inner.count > 1:
                "(\(part))"
            default: part.description
            }
        }.joined(separator: " \(word) ")
    }
}

extension Double {
    /// With as many decimals as it has, three at most.
    fileprivate var shortText: String {
        var text = fixedText
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}
