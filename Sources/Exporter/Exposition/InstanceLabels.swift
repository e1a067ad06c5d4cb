import CgroupModel

/// The second label of the series that a cgroup has several of: `,device="vda"}`.
struct InstanceLabels {
    private struct Place: Hashable {
        let dimension: Dimension
        let key: InstanceKey
    }

    private let deviceName: (InstanceKey) -> String?
    private var known: [Place: [UInt8]] = [:]

    init(deviceName: @escaping (InstanceKey) -> String?) { self.deviceName = deviceName }

    /// The label and the brace that ends the block.
    mutating func bytes(_ dimension: Dimension, _ key: InstanceKey) -> [UInt8] {
        let place = Place(dimension: dimension, key: key)
        if let bytes = known[place] { return bytes }
        let name = dimension == .device ? deviceName(key) : nil
        var bytes: [UInt8] = []
        bytes.append(",\(Self.label(dimension))=\"")
        bytes.append(labelValue: name ?? key.text(dimension))
        bytes.append("\"}")
        known[place] = bytes
        return bytes
    }

    private static func label(_ dimension: Dimension) -> String {
        switch dimension {
        case .device: "device"
        case .cpu: "cpu"
        case .node: "node"
        case .pageSize: "pagesize"
        case .resource: "resource"
        case .interface: "interface"
        }
    }
}
