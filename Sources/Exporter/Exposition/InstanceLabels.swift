import CgroupModel

/// The label of the instance in series of one cgroup: `,device="vda"}`.
struct InstanceLabels {
    private struct Place: Hashable {
        let dimension: Dimension
        let key: InstanceKey
    }

    /// The labels used so far, each with the closing brace of the block.
    private(set) var labelEnds: [[UInt8]] = []

    private let excludedDevices: [Glob]
    private let deviceName: @Sendable (InstanceKey) -> String?
    private var known: [Place: Int?] = [:]
    /// The last lookup, because most files list all values of one device together.
    private var last: (place: Place, label: Int?)?

    init(
        _ selection: ExportSelection, deviceName: @escaping @Sendable (InstanceKey) -> String?
    ) {
        excludedDevices = selection.excludedDevices
        self.deviceName = deviceName
    }

    /// Forgets all labels, because a device number can belong to another device by the next
    /// exposition.
    mutating func restart() {
        labelEnds.removeAll(keepingCapacity: true)
        known.removeAll(keepingCapacity: true)
        last = nil
    }

    /// Returns the position in ``labelEnds``; nil for an excluded device.
    mutating func label(_ dimension: Dimension, _ key: InstanceKey) -> Int? {
        let place = Place(dimension: dimension, key: key)
        if let last, last.place == place { return last.label }
        let label = known[place] ?? make(place)
        last = (place, label)
        return label
    }

    private mutating func make(_ place: Place) -> Int? {
        let name = place.dimension == .device ? deviceName(place.key) : nil
        var label: Int?
        if name.map({ name in !excludedDevices.contains { $0.matches(name) } }) ?? true {
            var bytes: [UInt8] = []
            bytes.append(
                label: Self.label(place.dimension), name ?? place.key.text(place.dimension))
            bytes.append(UInt8(ascii: "}"))
            label = labelEnds.count
            labelEnds.append(bytes)
        }
        known[place] = .some(label)
        return label
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
