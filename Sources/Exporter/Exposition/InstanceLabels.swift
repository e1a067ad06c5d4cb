import CgroupModel

/// The labels that distinguish the instances in a cgroup's series: `,device="vda"}`.
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
            let text = name ?? place.key.text(place.dimension)
            for (label, value) in Self.labels(place.dimension, text) {
                bytes.append(label: label, value)
            }
            bytes.append(UInt8(ascii: "}"))
            label = labelEnds.count
            labelEnds.append(bytes)
        }
        known[place] = .some(label)
        return label
    }

    private static func labels(
        _ dimension: Dimension, _ text: String
    ) -> [(name: String, value: String)] {
        switch dimension {
        case .device: return [("device", text)]
        case .cpu: return [("cpu", text)]
        case .node: return [("node", text)]
        case .pageSize: return [("pagesize", text)]
        case .pageSizeAndNode:
            let end = text.lastIndex(of: " ") ?? text.endIndex
            return [
                ("pagesize", String(text[..<end])), ("node", String(text[end...].dropFirst(2))),
            ]
        case .resource: return [("resource", text)]
        case .interface: return [("interface", text)]
        }
    }
}
