import CgroupModel

/// One of cAdvisor's metrics about a cgroup and a block device, a page size or a memory node.
struct CadvisorInstanceFamily: Sendable {
    /// What is counted, and what tells it apart from the family's other counts.
    typealias Part = (metric: MetricID, labels: String)

    let family: Family
    /// Whether the device's number stands beside its name.
    let numbersDevices: Bool
    let parts: [Part]
    /// The part of an exposition that it belongs to.
    let collector: Collector
    private let dimension: Dimension
    /// How many of the rows' units are one of the family's.
    private let divisor: UInt64

    /// A family that shows one row of the catalog as it is.
    init(_ name: String, _ kind: Family.Kind, _ metric: String, _ help: String) {
        self.init(name, kind, help, parts: [(metric, "")])
    }

    /// All parts are rows of one dimension.
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

    /// What a row's number is in the family's unit.
    func value(_ number: UInt64) -> UInt64 { number / divisor }

    /// The rest of a label block, from the device, the page size or the node on.
    ///
    /// A device without a name has the one under /dev/block.
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
