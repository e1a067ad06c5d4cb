public import CgroupModel

/// Where one value of an interface file goes.
public struct FieldLayout: Hashable, Sendable {
    /// How the text of a value is to be understood.
    public enum Grammar: Hashable, Sendable {
        /// A whole number; a negative one is a kernel quirk and becomes 0.
        case number
        /// A whole number, or unlimited: `max`, a negative number, or 2^62 and more (v1).
        case limit
        /// A decimal number with up to two places, or `max`.
        case hundredths
        /// A whole number that may be negative, zigzag-coded.
        case signed
        /// Text, held as a ``Word``.
        case word
    }

    /// The key in the file, empty for the one value of the file.
    public let key: [UInt8]
    /// The catalog row.
    public let metric: MetricID
    /// The column in the row of a cgroup; nil for a metric with a dimension.
    public let column: Int?
    /// How to read the text.
    public let grammar: Grammar
    /// What to do with the number.
    public let conversion: Conversion

    /// Derives the field from the catalog row.
    public init(_ metric: Metric, source: Source, column: Int?) {
        key = Array((source.key ?? "").utf8)
        self.metric = metric.id
        self.column = column
        conversion = source.conversion
        grammar =
            switch (metric.kind, metric.unit) {
            case (.text, _): .word
            case (_, .percentHundredths): .hundredths
            case (_, .signed): .signed
            case (.limit, _): .limit
            default: .number
            }
    }
}

extension FieldLayout {
    /// The fields that a metric is read from: the key of its source, and what older kernels call it.
    public static func fields(
        of metric: Metric, source: Source, column: Int?
    ) -> [FieldLayout] {
        let older = source == metric.v2 ? metric.olderV2Key : nil
        let sources = [source] + (older.map { [Source("\(source.file) \($0)")] } ?? [])
        return sources.map { FieldLayout(metric, source: $0, column: column) }
    }
}

/// What the hot path needs of a ``FieldLayout``: plain bits, so that copying costs nothing.
struct FieldRule {
    let metric: MetricID
    /// The column, -1 for a metric with a dimension.
    let column: Int
    let grammar: FieldLayout.Grammar
    let conversion: Conversion
    /// Whether the value before matters, for a rate.
    let isCounter: Bool
}

extension FieldLayout {
    var rule: FieldRule {
        FieldRule(
            metric: metric, column: column ?? -1, grammar: grammar, conversion: conversion,
            isCounter: MetricCatalog[metric].kind == .counter)
    }
}

/// What is to be taken from one interface file.
public struct FileLayout: Hashable, Sendable {
    /// The file's name inside the cgroup's directory.
    public let name: [UInt8]
    /// How the file is laid out.
    public let format: InterfaceFormat
    /// The wanted values.
    public let fields: [FieldLayout]
    /// The key of all values, where the file's name says it (`2MB` of `hugetlb.2MB.current`).
    public let instance: InstanceKey?

    /// Joins the parts.
    public init(
        name: [UInt8], format: InterfaceFormat, fields: [FieldLayout], instance: InstanceKey? = nil
    ) {
        self.name = name
        self.format = format
        self.fields = fields
        self.instance = instance
    }
}
