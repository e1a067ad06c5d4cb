/// A row of ``LimitCatalog``: everything that the program knows about a limit.
package struct Limit: Sendable {
    /// The canonical name, which is v2's if v2 has the limit: `memory.max`.
    package let name: String
    /// The former names.
    package let aliases: [String]
    /// The controller that enforces it.
    package let controller: Controller
    /// The syntax and unit of its value.
    package let grammar: LimitGrammar
    /// The dimension of its instances; nil if a cgroup has a single value.
    package let dimension: Dimension?
    /// Its files in v2; the first one that exists is used.
    package let v2: [LimitFile]
    /// Its files in v1; the first one that exists is used.
    package let v1: [LimitFile]
    /// The metrics that show it; the first one with a value counts.
    package let metrics: [LimitMetric]
    /// The metric that it limits: a level, or a counter by its rate, in the unit of the limit.
    ///
    /// Nil if no metric is limited by it.
    package let usage: MetricID?
    /// Its position in the order of related limits of the same cgroup.
    package let nesting: Int
    /// The reason why it is never written; nil for a limit that works.
    package let refusal: String?
    /// A description in one sentence.
    package let help: String
    /// Differences between the versions, or surprises; empty if there are none.
    package let note: String

    /// Whether it reserves something for the cgroup, so that a higher value leaves less for others.
    package var isProtection: Bool {
        ["memory.low", "memory.min", "dmem.low", "dmem.min", "cpu.uclamp.min"].contains(name)
    }

    /// The unit property with which systemd sets it; nil if systemd has none.
    package var systemd: UnitProperty? { (v2 + v1).lazy.compactMap(\.systemd).first }

    /// Its files in v2 or in v1.
    package func files(unified: Bool) -> [LimitFile] { unified ? v2 : v1 }

    /// The common part of the names of limits that share a file: `io.max` in `io.max.rbps`.
    package var group: String { String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)]) }

    /// The last part of the name: `rbps` in `io.max.rbps`.
    package var field: String {
        name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
    }
}

/// The interface file of a limit.
package struct LimitFile: Hashable, Sendable {
    /// The encoding of a value in the file.
    package enum Coding: Hashable, Sendable {
        /// A number; `unlimited` is the text for no limit, nil if there always is one.
        case number(unlimited: String?)
        /// v1 `cpu.shares`, converted to and from a weight.
        case shares
        /// `bfq.weight` from 1 to 1000, converted to and from a weight from 1 to 10000.
        case bfqWeight
        /// v2 `cpu.max`: quota and period.
        case quotaAndPeriod
        /// The second number of v2 `cpu.max`.
        case periodOfQuota
        /// v1 `cpu.cfs_quota_us`, whose period is in another file.
        case quota
        /// v2 `memory.swap.max`, for a limit on memory and swap together.
        case swapBeyondMemory
        /// Hundredths of a percent as a decimal: `12.34`; `max` means 100.
        case percent
        /// Text without conversion.
        case text
        /// A write-only rule that changes another file.
        case command
    }

    /// The file name; `*` is a placeholder for a page size.
    package let name: String
    /// The encoding of the value.
    package let coding: Coding
    /// The first word of the line with the value.
    ///
    /// Nil if the file holds a single value, or if the line begins with the instance.
    package let line: String?
    /// The key in the line; nil if the line or file holds a single value.
    package let field: String?
    /// The value that a missing line means, as it would be written.
    package let missing: String
    /// The property with which systemd keeps the value in a unit's own cgroup; nil if systemd
    /// ignores the file, which may then be written directly.
    package let systemd: UnitProperty?
    /// The text in a new cgroup on every v2 kernel; nil if it varies or the file may be missing.
    package let initial: String?

    /// Creates a file from its name, the encoding, and the location of the value in it.
    package init(
        _ name: String, _ coding: Coding, line: String? = nil, field: String? = nil,
        missing: String = "", systemd: UnitProperty? = nil, initial: String? = nil
    ) {
        self.name = name
        self.coding = coding
        self.line = line
        self.field = field
        self.missing = missing
        self.systemd = systemd
        self.initial = initial
    }
}
