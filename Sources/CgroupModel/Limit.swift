/// One row of ``LimitCatalog``: everything that any part of the program knows about a limit.
public struct Limit: Sendable {
    /// The unified name, v2's own where v2 has the concept: `memory.max`.
    public let name: String
    /// The controller that enforces it.
    public let controller: Controller
    /// How a person writes it, and what its number counts.
    public let grammar: LimitGrammar
    /// What tells several values in one cgroup apart; nil for one value a cgroup.
    public let dimension: Dimension?
    /// Where v2 has it; the first file that exists counts.
    public let v2: [LimitFile]
    /// Where v1 has it; the first file that exists counts.
    public let v1: [LimitFile]
    /// The unit property with the same meaning, nil where systemd has none.
    public let systemd: SystemdProperty?
    /// How it is ordered against its neighbours in the same cgroup.
    public let nesting: Int
    /// Why it is never written, nil for a limit that works.
    public let refusal: String?
    /// One sentence for people.
    public let help: String
    /// What differs between the versions, or what a person may not expect; empty if nothing does.
    public let note: String

    /// Whether it keeps others from taking something, so that more of it is less for them.
    package var isProtection: Bool {
        ["memory.low", "memory.min", "dmem.low", "dmem.min", "cpu.uclamp.min"].contains(name)
    }

    /// The files of a hierarchy's version.
    public func files(unified: Bool) -> [LimitFile] { unified ? v2 : v1 }

    /// The part of the name that several limits of one file share: `io.max` of `io.max.rbps`.
    public var group: String { String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)]) }

    /// The last part of the name: `rbps` of `io.max.rbps`.
    public var field: String {
        name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
    }
}

/// Where the kernel keeps a limit.
public struct LimitFile: Hashable, Sendable {
    /// How the kernel writes the value.
    public enum Coding: Hashable, Sendable {
        /// A number; the text stands for unlimited, nil if it cannot be unlimited.
        case number(unlimited: String?)
        /// v1 `cpu.shares` for a weight.
        case shares
        /// `bfq.weight`, 1 to 1000, for a weight of 1 to 10000.
        case bfqWeight
        /// v2 `cpu.max`: quota and period.
        case quotaAndPeriod
        /// The second number of v2 `cpu.max`.
        case periodOfQuota
        /// v1 `cpu.cfs_quota_us`, which counts against the period of another file.
        case quota
        /// v2 `memory.swap.max` for a limit of memory and swap together.
        case swapBeyondMemory
        /// Hundredths of a percent as a decimal number: `12.34`, `max` for 100.
        case percent
        /// The text as it is.
        case text
        /// Written, never read back: a rule that changes another file.
        case command
    }

    /// The interface file; `*` stands for a page size.
    public let name: String
    /// How the kernel writes the value.
    public let coding: Coding
    /// The first word of the line that holds it; nil where the file is the value, or where the
    /// line is that of a device or another instance.
    public let line: String?
    /// The key in the line, nil where the line or the file holds the one value.
    public let field: String?
    /// What a missing line means, as it would be written.
    public let missing: String

    /// Joins the parts.
    public init(
        _ name: String, _ coding: Coding, line: String? = nil, field: String? = nil,
        missing: String = ""
    ) {
        self.name = name
        self.coding = coding
        self.line = line
        self.field = field
        self.missing = missing
    }
}

/// The property of a systemd unit that stands for a limit.
public struct SystemdProperty: Hashable, Sendable {
    /// The name on the bus: `MemoryMax`.
    public let name: String
    /// The first version of systemd that has it.
    public let since: Int

    /// Joins the parts.
    public init(_ name: String, since: Int) {
        self.name = name
        self.since = since
    }
}
