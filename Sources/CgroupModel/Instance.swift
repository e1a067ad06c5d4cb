/// What tells the values of one metric apart: a device, a CPU, a node, or a name held as a ``Word``.
public struct InstanceKey: Hashable, Sendable, Comparable {
    /// A device number as 12 bits of major and 20 of minor, an index, or a word.
    public let rawValue: UInt32

    /// Takes a packed number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Stands for a metric as a whole: why its file gave nothing, or that the file has a line of
    /// which nobody knows what instance it is about.
    public static let whole = InstanceKey(rawValue: .max)

    /// Packs a device number as the kernel does.
    public init(major: UInt32, minor: UInt32) { rawValue = major << 20 | minor & 0xfffff }

    /// Numeric order.
    public static func < (left: InstanceKey, right: InstanceKey) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The key as people and JSON see it: `254:0`, `3`, `2MB`.
    public func text(_ dimension: Dimension) -> String {
        switch dimension {
        case .device: "\(rawValue >> 20):\(rawValue & 0xfffff)"
        case .cpu, .node: "\(rawValue)"
        case .pageSize, .pageSizeAndNode, .resource, .interface: Word.text(UInt64(rawValue))
        }
    }
}

/// One value of a metric with a dimension.
public struct InstanceReading: Hashable, Sendable {
    /// Which metric.
    public let metric: MetricID
    /// Which device, CPU, node, page size, resource or interface.
    public let key: InstanceKey
    /// The value now.
    public var reading: Reading
    /// The value when the file was read before, `absent` for the first time and for non-counters.
    public var previous: Reading

    /// Joins the parts.
    public init(
        metric: MetricID, key: InstanceKey, reading: Reading, previous: Reading = .absent
    ) {
        self.metric = metric
        self.key = key
        self.reading = reading
        self.previous = previous
    }

    /// The metric with the instance, as people and `unavailable` name it: `io.rbytes[8:0]`.
    ///
    /// For ``InstanceKey/whole`` it is the metric alone. `device` gives a name to write behind a
    /// device's number.
    package func name(device: (InstanceKey) -> String? = { _ in nil }) -> String {
        let row = MetricCatalog[metric]
        guard key != .whole, let dimension = row.dimension else { return row.name }
        let name = dimension == .device ? device(key).map { " \($0)" } : nil
        return "\(row.name)[\(key.text(dimension))\(name ?? "")]"
    }
}
