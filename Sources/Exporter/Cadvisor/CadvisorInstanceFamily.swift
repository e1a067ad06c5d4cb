import CgroupModel

/// A cAdvisor metric of a cgroup and a block device, a page size or a memory node.
struct CadvisorInstanceFamily: Sendable {
    /// A catalog row, and the labels that distinguish it from the family's other rows.
    typealias Part = (metric: MetricID, labels: String)

    let family: Family
    /// Whether the labels include the device's major and minor number.
    let numbersDevices: Bool
    let parts: [Part]
    /// The collector that the family belongs to.
    let collector: Collector
    private let dimension: Dimension
    /// The number of the rows' units in one unit of the family.
    private let divisor: UInt64

    /// Creates a family that shows one catalog row.
    init(_ name: String, _ kind: Family.Kind, _ metric: String, _ help: String) {
        self.init(name, kind, help, parts: [(metric, "")])
    }

    /// Creates a family from rows of one dimension.
    init(
        _ name: String, _ kind: Family.Kind, numbersDevices: Bool = false,
        divisor: UInt64 = 1, _ help: String, parts: [(metric: String, labels: String)]
    ) {
        family = Family(cadvisor: name, kind, help)
        self.numbersDevices = numbersDevices
        self.divisor = divisor
        self.parts = parts.map { (MetricCatalog.id($0.metric), $0.labels) }
        let first = MetricCatalog[self.parts[0].metric]
        collector = first.collector
        dimension = first.dimension ?? .device
    }

    /// Converts a row's number to the family's unit.
    func value(_ number: UInt64) -> UInt64 { number / divisor }

    /// The rest of a label block, starting at the device, the page size or the node.
    ///
    /// A device without a name gets its path under /dev/block.
    func labels(
        _ part: Part, _ key: InstanceKey, deviceName: (InstanceKey) -> String?
    ) -> [UInt8] {
        let text = key.text(dimension)
        var labels: [UInt8] = []
        switch dimension {
        case .pageSize: labels.append(label: "pagesize", text)
        case .node: labels.append(label: "node", text)
        default: labels.append(label: "device", "/dev/\(deviceName(key) ?? "block/\(text)")")
        }
        if numbersDevices {
            let halves = text.split(separator: ":")
            labels.append(",major=\"\(halves[0])\",minor=\"\(halves[1])\"")
        }
        labels.append(part.labels.isEmpty ? "}" : ",\(part.labels)}")
        return labels
    }
}
