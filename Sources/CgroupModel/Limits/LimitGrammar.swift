/// The syntax of a limit's value, and the unit of its number.
package enum LimitGrammar: Hashable, Sendable {
    /// `512MiB`, `1.5GB`, `20%host`, `max`.
    case bytes
    /// `1.5cpus`, `150%cpu`, `25%host`, `max`; in millionths of a CPU.
    case cpus
    /// `500ms`; in microseconds, within the bounds.
    case time(ClosedRange<UInt64>, unlimited: Bool)
    /// A plain number within the bounds.
    case weight(ClosedRange<UInt64>)
    /// A plain number within the bounds, or `max`.
    case count(ClosedRange<UInt64>)
    /// `20MiB/s`, `max`.
    case bytesPerSecond
    /// `500/s`, `max`.
    case operationsPerSecond
    /// `12.5%`, `max`; in hundredths of a percent, where 100% is `max`.
    case percent
    /// `0` or `1`.
    case flag
    /// `0-3,8`, `all`, `node:1`.
    case cpuList
    /// `0-1`, `all`.
    case nodeList
    /// One of the given words.
    case word([String])
    /// `c 1:3 rwm`, `b *:* r`, `a`.
    case deviceRule
    /// `0x10001`, `1:1`, or a plain 32-bit number.
    case classID

    /// One example value, for messages that show a whole assignment.
    package var firstExample: String {
        switch self {
        case .weight(let bounds), .count(let bounds):
            "\(min(max(100, bounds.lowerBound), bounds.upperBound))"
        case .flag: "1"
        case .deviceRule: "\"c 1:3 rwm\""
        default: String(example.prefix { $0 != " " }.prefix { $0 != "," })
        }
    }

    /// Examples for messages.
    package var example: String {
        switch self {
        case .bytes: "512MiB, 1.5GB, 20%host or max"
        case .cpus: "1.5cpus, 150%cpu, 25%host or max"
        case .time(let bounds, let unlimited):
            (bounds.contains(500) ? "500us" : "1500us") + (unlimited ? ", 10ms or max" : " or 10ms")
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

/// The value of a limit, in the unit of its grammar.
package enum LimitValue: Hashable, Sendable {
    /// No limit.
    case unlimited
    /// A number: bytes, millionths of a CPU, microseconds, weight, count or rate.
    case number(UInt64)
    /// A list, a word or a rule.
    case text(String)

    /// The kernel's word for no limit.
    package static let unlimitedText = "max"

    /// The least number that means unlimited; v1 shows the largest multiple of the page size.
    @inlinable package static var endless: UInt64 { 1 << 62 }

    /// The number; nil for unlimited and for text.
    package var number: UInt64? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// Whether this value allows more than another; false if the two are not comparable.
    package func isWider(than other: LimitValue) -> Bool {
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

/// Facts about the host that values may refer to.
package struct HostFacts: Sendable {
    /// The total memory in bytes; nil if unknown.
    package var memoryBytes: UInt64?
    /// The online CPUs.
    package var cpus: RangeList
    /// The CPUs of each memory node.
    package var nodes: [Int: RangeList]
    /// Whether I/O is counted on some disk; on v1, only if a cgroup has had an I/O limit on it.
    package var isIOCounted = true

    /// Creates facts from the memory, the online CPUs and the memory nodes of a host.
    package init(memoryBytes: UInt64?, cpus: RangeList, nodes: [Int: RangeList]) {
        self.memoryBytes = memoryBytes
        self.cpus = cpus
        self.nodes = nodes
    }
}

/// An invalid limit or value; the message states what to write instead.
package struct LimitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The message.
    package let description: String
    /// Whether the value is a number without its unit.
    package let isUnitMissing: Bool

    /// Creates an error from a message.
    package init(_ description: String, isUnitMissing: Bool = false) {
        self.description = description.onOneLine
        self.isUnitMissing = isUnitMissing
    }
}
