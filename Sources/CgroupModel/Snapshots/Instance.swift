/// The key of an instance value: a device, a CPU, a node, or a name stored as a ``Word``.
package struct InstanceKey: Hashable, Sendable, Comparable {
    /// A device number with 12 bits of major and 20 bits of minor, an index, or a word.
    package let rawValue: UInt32

    /// Creates a key from its raw value.
    @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The key of a reading about the metric as a whole.
    ///
    /// It holds the reason why the file has no values, or why the instance of a line is unknown.
    package static let whole = InstanceKey(rawValue: .max)

    /// Creates a key from a device number, packed as in the kernel.
    package init(major: UInt32, minor: UInt32) { rawValue = major << 20 | minor & 0xfffff }

    /// Creates a key from the parts of a device number; nil if the kernel has no such number.
    @inlinable package init?(device major: UInt64, _ minor: UInt64) {
        guard major < 1 << 12, minor < 1 << 20 else { return nil }
        self.init(rawValue: UInt32(major) << 20 | UInt32(minor))
    }

    /// Parses a device number as the kernel writes it, `8:0`; nil for anything else.
    package init?(device text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let major = UInt64(digits: parts[0]),
            let minor = UInt64(digits: parts[1])
        else { return nil }
        self.init(device: major, minor)
    }

    /// Orders keys by number.
    package static func < (left: InstanceKey, right: InstanceKey) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The key as text: `254:0`, `3`, `2MB`.
    package func text(_ dimension: Dimension) -> String {
        switch dimension {
        case .device: "\(rawValue >> 20):\(rawValue & 0xfffff)"
        case .cpu, .node: "\(rawValue)"
        case .pageSize, .pageSizeAndNode, .resource, .interface: Word.text(UInt64(rawValue))
        }
    }
}

/// A value of a metric with a dimension.
package struct InstanceReading: Hashable, Sendable {
    /// The metric.
    package let metric: MetricID
    /// The device, CPU, node, page size, resource or interface.
    package let key: InstanceKey
    /// The current value.
    package var reading: Reading
    /// The value at the previous read; absent at the first read and for metrics that are not
    /// counters.
    package var previous: Reading

    /// Creates a reading from its metric, key and values.
    package init(
        metric: MetricID, key: InstanceKey, reading: Reading, previous: Reading = .absent
    ) {
        self.metric = metric
        self.key = key
        self.reading = reading
        self.previous = previous
    }

    /// The metric with its instance, as in messages and `unavailable`: `io.rbytes[8:0]`.
    ///
    /// For ``InstanceKey/whole`` it is the metric alone. `device` returns a name to append to a
    /// device number.
    package func name(device: (InstanceKey) -> String? = { _ in nil }) -> String {
        let row = MetricCatalog[metric]
        guard key != .whole, let dimension = row.dimension else { return row.name }
        let name = dimension == .device ? device(key).map { " \($0)" } : nil
        return "\(row.name)[\(key.text(dimension))\(name ?? "")]"
    }
}
