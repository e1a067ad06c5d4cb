/// How a person writes a limit, and what its number counts.
public enum LimitGrammar: Hashable, Sendable {
    /// `512MiB`, `1.5GB`, `20%host`, `max`.
    case bytes
    /// `1.5cpus`, `150%cpu`, `25%host`, `max`; the number counts millionths of a CPU.
    case cpus
    /// `500ms`; the number counts microseconds within the bounds.
    case time(ClosedRange<UInt64>, unlimited: Bool)
    /// A plain number within the bounds.
    case weight(ClosedRange<UInt64>)
    /// A plain number within the bounds, or `max`.
    case count(ClosedRange<UInt64>)
    /// `20MiB/s`, `max`.
    case bytesPerSecond
    /// `500/s`, `max`.
    case operationsPerSecond
    /// `12.5%`, `max`; the number counts hundredths of a percent, and all of it is `max`.
    case percent
    /// `0` or `1`.
    case flag
    /// `0-3,8`, `all`, `node:1`.
    case cpuList
    /// `0-1`, `all`.
    case nodeList
    /// One of the words.
    case word([String])
    /// `c 1:3 rwm`, `b *:* r`, `a`.
    case deviceRule
    /// `0x10001`, `1:1`, or a plain number of 32 bits.
    case classID

    /// What to type, for messages.
    public var example: String {
        switch self {
        case .bytes: "512MiB, 1.5GB, 20%host or max"
        case .cpus: "1.5cpus, 150%cpu, 25%host or max"
        case .time(_, let unlimited): unlimited ? "500us, 10ms or max" : "500us or 10ms"
        case .weight(let bounds):
            "a number from \(bounds.lowerBound) to \(bounds.upperBound)"
        case .count(let bounds):
            "a number from \(bounds.lowerBound) to \(bounds.upperBound), or max"
        case .bytesPerSecond: "20MiB/s or max"
        case .operationsPerSecond: "500/s or max"
        case .percent: "50%, 12.5% or max"
        case .flag: "0 or 1"
        case .cpuList: "0-3,8, all or node:0"
        case .nodeList: "0-1 or all"
        case .word(let words): words.joined(separator: ", ")
        case .deviceRule: "\"c 1:3 rwm\", \"b 8:* r\" or a"
        case .classID: "0x10001 or 1:1 (hexadecimal, as tc writes it)"
        }
    }
}

/// What a limit is set to, in the unit of its grammar.
public enum LimitValue: Hashable, Sendable {
    /// No limit.
    case unlimited
    /// A number: bytes, millionths of a CPU, microseconds, weight, count or rate.
    case number(UInt64)
    /// A list, a word or a rule.
    case text(String)

    /// The number, nil where there is none.
    public var number: UInt64? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// Whether this allows more than the other; false where the two cannot be compared.
    public func isWider(than other: LimitValue) -> Bool {
        switch (self, other) {
        case (.unlimited, .unlimited): false
        case (.unlimited, .number): true
        case (.number(let left), .number(let right)): left > right
        case (.text(let left), .text(let right)):
            if let left = RangeList(left), let right = RangeList(right) {
                left != right && right.isSubset(of: left)
            } else {
                false
            }
        default: false
        }
    }
}

/// Facts of the machine that a value may refer to.
public struct HostFacts: Sendable {
    /// `MemTotal`, nil if unknown.
    public var memoryBytes: UInt64?
    /// CPUs that are online.
    public var cpus: RangeList
    /// The CPUs of each memory node.
    public var nodes: [Int: RangeList]

    /// Joins the parts.
    public init(memoryBytes: UInt64?, cpus: RangeList, nodes: [Int: RangeList]) {
        self.memoryBytes = memoryBytes
        self.cpus = cpus
        self.nodes = nodes
    }
}

/// A limit or a value that was mistyped: one sentence with what to type instead.
public struct LimitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// Takes the sentence.
    public init(_ description: String) { self.description = description.onOneLine }
}
