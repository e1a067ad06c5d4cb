/// The place of a metric in ``MetricCatalog``.
public struct MetricID: Hashable, Sendable, Comparable {
    /// The index into ``MetricCatalog/all``.
    public let index: Int

    /// Also stands for a row of another program's catalog while its recording is read.
    package init(index: Int) { self.index = index }

    /// Catalog order.
    public static func < (left: MetricID, right: MetricID) -> Bool { left.index < right.index }
}

/// What a number means over time.
public enum MetricKind: Sendable {
    /// Only grows while the cgroup lives; a decrease is a reset.
    case counter
    /// A level that goes up and down.
    case gauge
    /// The highest level so far.
    case peak
    /// A ceiling or floor that someone set; may be unlimited.
    case limit
    /// Any other value that someone set.
    case setting
    /// A word or a list, held as a ``Word``.
    case text
}

/// What a number counts, after the reader's conversion.
public enum MetricUnit: Sendable {
    case bytes, microseconds, count, weight, flag
    /// Hundredths of a percent as the kernel prints them (`12.34` is 1234).
    case percentHundredths
    case bytesPerSecond, operationsPerSecond
    /// Zigzag-coded whole number that may be negative.
    case signed
    /// A packed device number, or a word.
    case none
}

/// What tells the values of one metric in one cgroup apart.
public enum Dimension: Sendable {
    /// A block device, `MAJ:MIN`.
    case device
    case cpu, node
    case pageSize
    /// A page size and a memory node: `2MB N0`.
    case pageSizeAndNode
    /// A resource name of rdma or misc, or a region of dmem.
    case resource
    case interface
}

/// How often a metric's file is read.
public enum Tier: Int, CaseIterable, Sendable, Comparable {
    /// Every tick.
    case tick
    /// Costly files, and those that the kernel itself brings up to date only every 2 s.
    case costly
    /// Settings that people change: limits and weights, at their own multiple.
    case settings
    /// Only when someone asks for this one cgroup.
    case detail

    /// Cheapest first.
    public static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

/// How a number in a file becomes the metric's unit.
public enum Conversion: Sendable {
    case none
    /// Nanoseconds to microseconds.
    case nanoseconds
    /// USER_HZ ticks to microseconds.
    case ticks
    /// Pages to bytes.
    case pages
    /// `FROZEN` is 1, `THAWED` and `FREEZING` are 0.
    case frozenState
}

/// The place in the kernel that a metric comes from: `"memory.stat anon"` is a file and a key.
public struct Source: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The interface file; `*` stands for a page size in hugetlb names.
    public let file: String
    /// The key in the file, nil where the file holds the one value.
    public let key: String?
    /// What to do with the number.
    public let conversion: Conversion

    /// Names a file, or a file and a key separated by a blank.
    public init(_ text: String, _ conversion: Conversion = .none) {
        let parts = text.split(separator: " ", maxSplits: 1)
        file = parts.first.map(String.init) ?? text
        key = parts.count > 1 ? String(parts[1]) : nil
        self.conversion = conversion
    }

    /// Names a file, or a file and a key separated by a blank.
    public init(stringLiteral value: String) { self.init(value) }

    /// A v1 file that counts nanoseconds.
    public static func nanoseconds(_ text: String) -> Source { Source(text, .nanoseconds) }

    /// A v1 file that counts clock ticks.
    public static func ticks(_ text: String) -> Source { Source(text, .ticks) }

    /// A v1 file that counts pages.
    public static func pages(_ text: String) -> Source { Source(text, .pages) }
}

/// A label that all series of a row have.
public struct FamilyLabel: Hashable, Sendable {
    /// The label's name and its value.
    public let name: String, value: String

    /// Joins the parts.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// One row of the catalog: everything that any part of the program knows about a metric.
public struct Metric: Sendable {
    /// The place in the catalog.
    public let id: MetricID
    /// The unified name, v2's own where v2 has the concept: `memory.anon`.
    public let name: String
    /// The controller that accounts it.
    public let controller: Controller
    /// What the number means over time.
    public let kind: MetricKind
    /// What the number counts.
    public let unit: MetricUnit
    /// What tells several values in one cgroup apart; nil for one value a cgroup.
    public let dimension: Dimension?
    /// How often its file is read.
    public let tier: Tier
    /// Where v2 has it.
    public let v2: Source?
    /// What older kernels call the key of ``v2``, in the same file.
    public let olderV2Key: String?
    /// Where v1 has it.
    public let v1: Source?
    /// Where kernels that lack the file of ``v1`` have it, which count a cgroup without its
    /// descendants; the first file that exists counts.
    public let olderV1: [Source]
    /// The Prometheus family, nil where it is not exported.
    public let family: String?
    /// When the family is exported.
    public let exportGroup: ExportGroup
    /// Labels that tell the rows of one family apart, in the order in which they are written.
    public let familyLabels: [FamilyLabel]
    /// One sentence for people.
    public let help: String

    /// The nested object in JSON that a value with a dimension belongs to: `io` of `io.rbytes`.
    public var group: String { String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)]) }

    /// The key inside that nested object: `rbytes` of `io.rbytes`.
    public var field: String {
        name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) } ?? name
    }
}
