extension LimitGrammar {
    /// Parses user input; an error states what to write instead.
    package func parse(_ text: String, host: HostFacts) throws(LimitError) -> LimitValue {
        if text == "max", allowsUnlimited { return .unlimited }
        guard let value = try value(text, host) else {
            var words: [String] = []
            if case .word(let valid) = self { words = valid }
            throw LimitError(
                "\"\(text)\" is not valid; "
                    + Spelling.hint(for: text, among: words, otherwise: "write \(example)"))
        }
        return value
    }

    private var allowsUnlimited: Bool {
        switch self {
        case .bytes, .cpus, .count, .bytesPerSecond, .operationsPerSecond, .percent: true
        case .time(_, let unlimited): unlimited
        default: false
        }
    }

    private func value(_ text: String, _ host: HostFacts) throws(LimitError) -> LimitValue? {
        switch self {
        case .bytes: return try bytes(text, host)
        case .cpus: return try cpus(text, host)
        case .time(let bounds, _):
            guard let amount = Amount(text) else { return nil }
            return try within(bounds, amount, units: Self.timeUnits, text, host)
        case .weight(let bounds), .count(let bounds):
            guard let amount = Amount(text) else { return nil }
            return try within(bounds, amount, units: ["": 1], text, host)
        case .bytesPerSecond:
            guard let amount = Amount(text) else { return nil }
            return try rate(amount, LimitValue.endless, text, host) { ByteUnit($0)?.bytes }
        case .operationsPerSecond:
            guard let amount = Amount(text) else { return nil }
            return try rate(amount, UInt64(UInt32.max) - 1, text, host) { $0.isEmpty ? 1 : nil }
        case .percent: return try percent(text, host)
        case .flag: return text == "0" ? .number(0) : text == "1" ? .number(1) : nil
        case .cpuList, .nodeList: return try list(text, host).map { .text($0.description) }
        case .word(let words): return words.contains(text) ? .text(text) : nil
        case .deviceRule: return Self.deviceRule(text).map { .text($0) }
        case .classID: return Self.classID(text).map { .number($0) }
        }
    }

    static let timeUnits: [String: UInt64] = ["us": 1, "ms": 1000, "s": 1_000_000]

    private func bytes(_ text: String, _ host: HostFacts) throws(LimitError) -> LimitValue? {
        guard let amount = Amount(text) else { return nil }
        if amount.unit == "%host" {
            guard let total = host.memoryBytes else {
                throw LimitError("the host's memory size is unknown; write 512MiB")
            }
            return amount.times(total, dividedBy: 100).map { .number($0) }
        }
        if amount.unit.isEmpty, amount.isZero { return .number(0) }
        guard let unit = ByteUnit(amount.unit) else { throw unitError(text, amount.unit, host) }
        guard let number = amount.times(unit.bytes), number < LimitValue.endless else {
            throw LimitError("\"\(text)\" is too large; write max for no limit")
        }
        return .number(number)
    }

    private func cpus(_ text: String, _ host: HostFacts) throws(LimitError) -> LimitValue? {
        guard let amount = Amount(text) else { return nil }
        let number: UInt64?
        switch amount.unit {
        case "cpus", "cpu": number = amount.times(1_000_000)
        // A percentage alone is of one CPU, as in systemd's CPUQuota=.
        case "%cpu", "%": number = amount.times(1_000_000, dividedBy: 100)
        case "%host":
            number = amount.times(UInt64(host.cpus.numbers.count) * 1_000_000, dividedBy: 100)
        default:
            throw unitError(text, amount.unit, host)
        }
        guard let number, number >= 1000, number <= 65_536_000_000 else {
            throw LimitError("\"\(text)\" is not between 0.001cpus and 65536cpus")
        }
        return .number(number)
    }

    private func within(
        _ bounds: ClosedRange<UInt64>, _ amount: Amount, units: [String: UInt64], _ text: String,
        _ host: HostFacts
    ) throws(LimitError) -> LimitValue? {
        if amount.isZero, amount.unit.isEmpty, bounds.contains(0) { return .number(0) }
        guard let unit = units[amount.unit] else {
            if units.count > 1, !amount.unit.isEmpty { throw unitError(text, amount.unit, host) }
            return nil
        }
        guard let number = amount.exactly(times: unit) else { return nil }
        guard bounds.contains(number) else {
            let unit = units.count > 1 ? "us" : ""
            throw LimitError(
                "\"\(text)\" is outside \(bounds.lowerBound)\(unit) to \(bounds.upperBound)\(unit)")
        }
        return .number(number)
    }

    private func percent(_ text: String, _ host: HostFacts) throws(LimitError) -> LimitValue? {
        guard let amount = Amount(text) else { return nil }
        guard amount.unit == "%" || amount.isZero && amount.unit.isEmpty else {
            throw unitError(text, amount.unit, host)
        }
        guard let number = amount.exactly(times: 100) else { return nil }
        guard number <= 10_000 else { throw LimitError("\"\(text)\" is above 100%") }
        return number == 10_000 ? .unlimited : .number(number)
    }

    private func rate(
        _ amount: Amount, _ maximum: UInt64, _ text: String, _ host: HostFacts,
        unitSize: (Substring) -> UInt64?
    ) throws(LimitError) -> LimitValue? {
        guard amount.unit.hasSuffix("/s"), let unit = unitSize(amount.unit.dropLast(2)) else {
            throw unitError(text, amount.unit, host)
        }
        guard let number = amount.times(unit) else { return nil }
        guard number > 0, number <= maximum else {
            throw LimitError(
                "\"\(text)\" is outside 1 to \(maximum) per second; max means no limit")
        }
        return .number(number)
    }

    private func list(_ text: String, _ host: HostFacts) throws(LimitError) -> RangeList? {
        if text == "all" {
            return self == .cpuList ? host.cpus : RangeList(host.nodes.keys)
        }
        if self == .cpuList, text.hasPrefix("node:") {
            return try cpus(ofNode: text.dropFirst(5), host)
        }
        guard let list = RangeList(text), !list.isEmpty else { return nil }
        return list
    }

    private func cpus(
        ofNode text: Substring, _ host: HostFacts
    ) throws(LimitError) -> RangeList {
        let usable = RangeList(host.nodes.filter { !$1.isEmpty }.keys)
        guard let node = Int(digits: text), let cpus = host.nodes[node] else {
            throw LimitError("no memory node \(text); nodes with CPUs: \(usable)")
        }
        guard !cpus.isEmpty else {
            throw LimitError("memory node \(node) has no CPUs; nodes with CPUs: \(usable)")
        }
        return cpus
    }

    private static func deviceRule(_ text: String) -> String? {
        if text == "a" { return text }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "b" || parts[0] == "c" else { return nil }
        let numbers = parts[1].split(separator: ":", omittingEmptySubsequences: false)
        guard numbers.count == 2, numbers.allSatisfy({ $0 == "*" || isPlain($0) }),
            !parts[2].isEmpty, parts[2].allSatisfy({ "rwm".contains($0) }),
            Set(parts[2]).count == parts[2].count
        else { return nil }
        return text
    }

    private static func classID(_ text: String) -> UInt64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard let major = UInt16(digits: parts[0], radix: 16),
                let minor = UInt16(digits: parts[1], radix: 16)
            else { return nil }
            return UInt64(major) << 16 | UInt64(minor)
        }
        if text.hasPrefix("0x") {
            return UInt32(digits: text.dropFirst(2), radix: 16).map { UInt64($0) }
        }
        return isPlain(text[...]) ? UInt32(text).map { UInt64($0) } : nil
    }

    /// Whether the text is a number without a leading zero, which would mean octal to the kernel.
    private static func isPlain(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 20
            && text.utf8.allSatisfy(\.isDigit)
            && (text.utf8.count == 1 || text.first != "0")
    }
}

/// An exact decimal number with its unit.
private struct Amount {
    let digits: UInt128
    let scale: UInt128
    let unit: String

    init?(_ text: String) {
        let whole = text.prefix { $0.isASCII && $0.isNumber }
        guard !whole.isEmpty, whole.utf8.count <= 20, whole.count == 1 || whole.first != "0" else {
            return nil
        }
        var rest = text[whole.endIndex...]
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard !fraction.isEmpty, fraction.utf8.count <= 9 else { return nil }
            rest = rest[fraction.endIndex...]
        }
        guard let digits = UInt128(whole + fraction) else { return nil }
        self.digits = digits
        scale = fraction.reduce(1) { power, _ in power * 10 }
        unit = String(rest)
    }

    var isZero: Bool { digits == 0 }

    /// The product, rounded down; nil if it exceeds 64 bits.
    func times(_ factor: UInt64, dividedBy divisor: UInt64 = 1) -> UInt64? {
        let (product, overflow) = digits.multipliedReportingOverflow(by: UInt128(factor))
        return overflow ? nil : UInt64(exactly: product / (scale * UInt128(divisor)))
    }

    /// The product; nil if it is not a whole number or exceeds 64 bits.
    func exactly(times factor: UInt64) -> UInt64? {
        let (product, overflow) = digits.multipliedReportingOverflow(by: UInt128(factor))
        guard !overflow, product % scale == 0 else { return nil }
        return UInt64(exactly: product / scale)
    }
}
