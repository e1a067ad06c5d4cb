package import CgroupModel

/// The source and destination of one value of an interface file.
package struct FieldLayout: Hashable, Sendable {
    /// The syntax of a value.
    package enum Grammar: Hashable, Sendable {
        /// A whole number or `max`; a negative number is a kernel quirk and becomes 0.
        case number
        /// A whole number, or unlimited: `max`, a negative number, or 2^62 and more (v1).
        case limit
        /// A decimal number with up to two places, or `max`.
        case hundredths
        /// A whole number below 2^32 that may be negative, zigzag-encoded.
        case signed
        /// Text, stored as a ``Word``.
        case word
    }

    /// The key in the file, empty if the file has a single value.
    package let key: [UInt8]
    /// The catalog row.
    package let metric: MetricID
    /// The column in a cgroup's row; nil for a metric with a dimension.
    package let column: Int?
    /// The syntax of the value.
    package let grammar: Grammar
    /// The unit conversion of the number.
    package let conversion: Conversion
    /// Whether the value only sets a flag that another file has stored, and never clears it.
    package let raises: Bool

    /// Derives the field from a catalog row.
    package init(_ metric: Metric, source: Source, column: Int?, raises: Bool = false) {
        key = Array((source.key ?? "").utf8)
        self.metric = metric.id
        self.column = column
        conversion = source.conversion
        self.raises = raises
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
    /// The fields that a metric is read from: the key of its source, and its key in older kernels.
    package static func fields(
        of metric: Metric, source: Source, column: Int?, raises: Bool = false
    ) -> [FieldLayout] {
        let older = source == metric.v2 ? metric.olderV2Key : nil
        let sources = [source] + (older.map { [Source("\(source.file) \($0)")] } ?? [])
        return sources.map { FieldLayout(metric, source: $0, column: column, raises: raises) }
    }
}

/// The part of a ``FieldLayout`` that the hot path needs: trivial types, which are cheap to copy.
struct FieldRule {
    let metric: MetricID
    /// The column; -1 for a metric with a dimension.
    let column: Int
    let grammar: FieldLayout.Grammar
    let conversion: Conversion
    /// Whether the previous value is kept, to compute a rate.
    let isCounter: Bool
    /// See ``FieldLayout/raises``.
    let raises: Bool
}

extension FieldLayout {
    var rule: FieldRule {
        FieldRule(
            metric: metric, column: column ?? -1, grammar: grammar, conversion: conversion,
            isCounter: MetricCatalog[metric].kind == .counter, raises: raises)
    }
}

/// The values to read from one interface file.
package struct FileLayout: Hashable, Sendable {
    /// The file name in the cgroup's directory.
    package let name: [UInt8]
    /// The format of the file.
    package let format: InterfaceFormat
    /// The values to read.
    package let fields: [FieldLayout]
    /// The key of all values, if the file's name contains it (`2MB` in `hugetlb.2MB.current`).
    package let instance: InstanceKey?

    /// Creates a layout from a file name, its format and the values to read.
    package init(
        name: [UInt8], format: InterfaceFormat, fields: [FieldLayout], instance: InstanceKey? = nil
    ) {
        self.name = name
        self.format = format
        self.fields = fields
        self.instance = instance
    }
}
