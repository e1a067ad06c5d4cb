/// The index of a metric in ``MetricCatalog``.
package struct MetricID: Hashable, Sendable, Comparable {
    /// The index into ``MetricCatalog/all``.
    package let index: Int

    /// Creates an ID, which may refer to another program's catalog while its recording is read.
    package init(index: Int) { self.index = index }

    /// Orders IDs as in the catalog.
    package static func < (left: MetricID, right: MetricID) -> Bool { left.index < right.index }
}

/// The behavior of a metric over time.
package enum MetricKind: Sendable {
    /// Only grows while the cgroup exists; a decrease is a reset.
    case counter
    /// A level that goes up and down.
    case gauge
    /// The highest value so far.
    case peak
    /// A configured maximum or minimum; may be unlimited.
    case limit
    /// Any other configured value.
    case setting
    /// A word or a list, stored as a ``Word``.
    case text
}

/// The unit of a metric, after conversion.
package enum MetricUnit: Sendable {
    case bytes, microseconds, count, weight, flag
    /// Hundredths of a percent as the kernel prints them (`12.34` is 1234).
    case percentHundredths
    case bytesPerSecond, operationsPerSecond
    /// A whole number that may be negative, zigzag-encoded.
    case signed
    /// A packed device number, or a word.
    case none
}

/// The property that distinguishes a metric's instances in one cgroup.
package enum Dimension: Sendable {
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
package enum Tier: Int, CaseIterable, Sendable, Comparable {
    /// Every tick.
    case tick
    /// Expensive files, and those that the kernel updates only every 2 s.
    case costly
    /// Limits, weights and other settings, at their own interval.
    case settings
    /// With the costly tier, and only if the metric is requested explicitly.
    case detail

    /// Orders tiers as they are declared.
    package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

/// The conversion of a number in a file to the metric's unit.
package enum Conversion: Sendable {
    case none
    /// Nanoseconds to microseconds.
    case nanoseconds
    /// USER_HZ ticks to microseconds.
    case ticks
    /// Pages to bytes.
    case pages
    /// v1 CPU shares to a v2 weight.
    case shares
    /// `FROZEN` is 1, `THAWED` and `FREEZING` are 0.
    case frozenState
}

/// The file, and optionally the key in it, that a metric is read from: `"memory.stat anon"`.
package struct Source: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The interface file; `*` stands for a page size in hugetlb names.
    package let file: String
    /// The key in the file; nil if the file holds a single value.
    package let key: String?
    /// The conversion of the number.
    package let conversion: Conversion

    /// Creates a source from a file name, or a file name and a key separated by a blank.
    package init(_ text: String, _ conversion: Conversion = .none) {
        let parts = text.split(separator: " ", maxSplits: 1)
        file = parts.first.map(String.init) ?? text
        key = parts.count > 1 ? String(parts[1]) : nil
        self.conversion = conversion
    }

    /// Creates a source from a file name, or a file name and a key separated by a blank.
    package init(stringLiteral value: String) { self.init(value) }

    /// A v1 source in nanoseconds.
    package static func nanoseconds(_ text: String) -> Source { Source(text, .nanoseconds) }

    /// A v1 source in clock ticks.
    package static func ticks(_ text: String) -> Source { Source(text, .ticks) }

    /// A v1 source in pages.
    package static func pages(_ text: String) -> Source { Source(text, .pages) }

    /// A v1 source in CPU shares.
    package static func shares(_ text: String) -> Source { Source(text, .shares) }
}

/// A label that all series of a row share.
package struct FamilyLabel: Hashable, Sendable {
    /// The label's name and value.
    package let name: String, value: String

    /// Creates a label from its name and value.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A row of the catalog: everything that the program knows about a metric.
package struct Metric: Sendable {
    /// The index in the catalog.
    package let id: MetricID
    /// The canonical name, which is v2's if v2 has the metric: `memory.anon`.
    package let name: String
    /// The former names.
    package let aliases: [String]
    /// The former names of the rate; empty unless it is a counter.
    package let rateAliases: [String]
    /// The controller that accounts for it.
    package let controller: Controller
    /// The behavior over time.
    package let kind: MetricKind
    /// The unit.
    package let unit: MetricUnit
    /// The dimension of its instances; nil if a cgroup has a single value.
    package let dimension: Dimension?
    /// How often its file is read.
    package let tier: Tier
    /// The source in v2.
    package let v2: Source?
    /// The key in older kernels, in the same file as ``v2``.
    package let olderV2Key: String?
    /// The source in v1.
    package let v1: Source?
    /// The sources in kernels that lack ``v1``; the first file that exists is used.
    ///
    /// They count a cgroup without its descendants.
    package let olderV1: [Source]
    /// Whether v1 and v2 each have this state; the cgroup has it if either hierarchy does.
    ///
    /// On a hybrid host a process is in both hierarchies, and either can freeze it.
    package let isEither: Bool
    /// The Prometheus metric family; nil if it is not exported.
    package let family: String?
    /// The condition under which the family is exported.
    package let exportGroup: ExportGroup
    /// The labels that distinguish the rows of a family, in output order.
    package let familyLabels: [FamilyLabel]
    /// A sentence about the whole Prometheus family, if several rows share it; nil for ``help``.
    package let familyHelp: String?
    /// A description in one sentence.
    package let help: String

    /// The JSON object that contains its instance values: `io` for `io.rbytes`.
    ///
    /// A metric per device has an object of its own if the cgroup as a whole has a value, too:
    /// `io.weight.device`.
    package var group: String {
        name.hasSuffix(".device")
            ? name : String(name[..<(name.lastIndex(of: ".") ?? name.endIndex)])
    }

    /// The key in that object: `rbytes` for `io.rbytes`, `weight` for `io.weight.device`.
    package var field: String {
        let parts = name.split(separator: ".")
        return String(parts.last { $0 != "device" } ?? name[...])
    }
}
